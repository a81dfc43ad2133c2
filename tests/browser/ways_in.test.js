import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, open, prediction } from "./page.js";

let tab, page;
before(async () => {
  tab = await open();
  ({ page } = tab);
});
after(() => tab?.close());

const coffee = readFileSync(join(ROOT, "www/samples/coffee.png")).toString("base64");

/** Fires a drop or a paste with a file, as the browser would. */
const give = (type) =>
  page.evaluate(
    async ([type, base64]) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "coffee.png", { type: "image/png" }));
      const name = type === "drop" ? "dataTransfer" : "clipboardData";
      const Type = type === "drop" ? DragEvent : ClipboardEvent;
      document.body.dispatchEvent(new Type(type, { [name]: data, bubbles: true, cancelable: true }));
    },
    [type, coffee],
  );

for (const way of ["drop", "paste"]) {
  test(`a picture that comes by ${way} is classified`, async () => {
    await give(way);
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
