import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, give, open, prediction } from "./page.js";

let tab, page;
before(async () => {
  tab = await open();
  ({ page } = tab);
});
after(() => tab?.close());

const coffee = join(ROOT, "www/samples/coffee.png");

for (const way of ["drop", "paste"]) {
  test(`a picture that comes by ${way} is classified`, async () => {
    await give(page, way, coffee);
    await prediction(page, "espresso").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/^Cancelled after/).first().waitFor();
    await page.reload();
  });
}

test("the page speaks Japanese when it is asked to, and remembers", async () => {
  await page.getByLabel("Language").selectOption("ja");
  await page.getByRole("heading", { name: "2. 根拠のある場所" }).waitFor();
  await page.reload();
  await page.getByText("画像がこの端末の外に出ることはありません。").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "ja");
  await page.getByLabel("言語").selectOption("en");
});

for (const width of [390, 768, 1280, 1920]) {
  test(`nothing overflows at ${width} pixels`, async () => {
    await page.setViewportSize({ width, height: 900 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  });
}
