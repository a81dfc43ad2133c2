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
    await page
      .getByText(/^(Stopped after|Cancelled before)/)
      .first()
      .waitFor();
    await page.reload();
  });
}

test("where the screen is touched a picture can be taken with the camera, elsewhere there is no such button", async () => {
  assert.equal(await page.getByText("Take a picture…").isVisible(), false);
  const phone = await open({ context: { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } } });
  try {
    await phone.page.getByText("Take a picture…").waitFor();
    const camera = phone.page.getByLabel("Take a picture…");
    assert.equal(await camera.getAttribute("capture"), "environment");
    await camera.setInputFiles(coffee);
    await prediction(phone.page, "espresso").waitFor();
  } finally {
    await phone.close();
  }
});

test("large type is remembered", async () => {
  const size = () => page.evaluate(() => getComputedStyle(document.body).fontSize);
  const button = page.getByRole("button", { name: "Large type" });
  await button.click();
  assert.deepEqual([await size(), await button.getAttribute("aria-pressed")], ["22px", "true"]);
  await page.reload();
  assert.equal(await size(), "22px");
  await button.click();
  assert.equal(await size(), "16px");
});

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
