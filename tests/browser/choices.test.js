import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { compare, finished, npyValues, openExplained, prediction, saved } from "./page.js";

let tab, page;
const map = async () => npyValues((await saved(page, "Save map (.npy)")).bytes);
const fact = (name) => page.locator("dt", { hasText: name }).locator("+ dd");

before(async () => {
  tab = await openExplained();
  ({ page } = tab);
});
after(() => tab?.close());

test("another layer is explained when it is chosen", async () => {
  assert.match(await fact("Layer").textContent(), /^blocks\.2\.depthwise\.relu6, 144 maps of 56 × 56$/);
  await page.getByLabel("Layer", { exact: true }).selectOption("blocks.1.project");
  await finished(page);
  assert.match(await fact("Layer").textContent(), /^blocks\.1\.project, 24 maps of 56 × 56$/);
});

test("a recipe that masks in the same way is switched to without inference", async () => {
  const authors = await map();
  await page.getByLabel("Recipe", { exact: true }).selectOption("paper");
  await page.waitForFunction(() =>
    [...document.querySelectorAll("dd")].some(({ textContent }) => textContent === "paper"),
  );
  assert.equal(await page.getByRole("progressbar").count(), 0);
  assert.ok(compare(authors, await map()).difference > 0.01, "the recipes' maps differ");
});

test("a recipe that masks in another way explains the picture again", async () => {
  await page.getByLabel("Recipe", { exact: true }).selectOption("matlab");
  await finished(page);
  assert.equal(await fact("Recipe").textContent(), "matlab");
  const byColumn = await map();
  await page.getByLabel("Scale every column by itself").uncheck();
  await finished(page);
  assert.ok(compare(byColumn, await map()).difference > 0.01, "the option changes the map");
});

test("any class can be found by a part of its name or its number, and has its own map", async () => {
  const field = page.getByLabel("Any other class");
  await field.fill("sea li");
  await page.getByRole("button", { name: "150 · sea lion" }).click();
  await prediction(page, "sea lion").waitFor();
  assert.equal(await prediction(page, "sea lion").getAttribute("aria-pressed"), "true");
  await field.fill("967");
  await page.getByRole("button", { name: "967 · espresso" }).click();
  await prediction(page, "espresso").waitFor();
  assert.equal(await prediction(page, "sea lion").count(), 0);
  await field.fill("no such thing");
  await page.getByText("No class has that in its name.").waitFor();
  assert.deepEqual(tab.errors, []);
});
