import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, compare, enter, finished, give, npyValues, openExplained, prediction, sample, saved } from "./page.js";

let tab, page;
before(async () => {
  tab = await openExplained();
  ({ page } = tab);
  await enter(page, "Compare");
});
after(() => tab?.close());

const panel = () => page.getByRole("region", { name: "Two maps beside each other" });
const side = (letter) => panel().getByRole("img", { name: new RegExp(`^${letter}: `) });
const correlation = async () =>
  Number(
    (
      await panel()
        .getByText(/^Rank correlation/)
        .textContent()
    ).match(/\(Spearman\) (-?[\d.]+)/)[1],
  );
/** What needs another mode, and back again. */
async function explaining(doing) {
  await enter(page, "Explain");
  const done = await doing();
  await enter(page, "Compare");
  return done;
}
const map = () => explaining(async () => npyValues((await saved(page, "Save map (.npy)")).bytes));

/** The place of each value in ascending order, equal ones at the mean of their places: Spearman's correlation is Pearson's of these. */
function ranks(values) {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  const result = new Float64Array(values.length);
  for (let i = 0; i < order.length;) {
    let end = i;
    while (end < order.length && values[order[end]] === values[order[i]]) end++;
    for (let j = i; j < end; j++) result[order[j]] = (i + end - 1) / 2;
    i = end;
  }
  return result;
}

test("why the first class and not the second: their maps, the difference and how alike they are", async () => {
  const first = await map();
  await panel().getByRole("button", { name: "Why “Egyptian cat” and not “tiger cat”?" }).click();
  await panel()
    .getByRole("img", { name: /^Map A less map B/ })
    .waitFor();
  assert.ok(await panel().getByLabel("difference").isChecked());
  const said = await correlation();
  await prediction(page, "tiger cat").click();
  await prediction(page, "tiger cat").and(page.locator("[aria-pressed=true]")).waitFor();
  const expected = compare(ranks(first), ranks(await map())).correlation;
  assert.ok(Math.abs(said - expected) < 1e-3, `${said}, by the saved maps ${expected}`);
  await prediction(page, "Egyptian cat").click();
  await prediction(page, "Egyptian cat").and(page.locator("[aria-pressed=true]")).waitFor();
});

test("before and after the softmax the same passes give two maps", async () => {
  await panel().getByRole("button", { name: "Before against after the softmax" }).click();
  await side("A").waitFor();
  assert.match(await side("A").getAttribute("aria-label"), /authors, scores after the softmax,/);
  assert.match(await side("B").getAttribute("aria-label"), /authors, scores before the softmax,/);
  assert.ok((await correlation()) < 1);
  assert.ok(await page.locator("#progress progress").isHidden());
});

test("the two maps stand one over the other with a slider, side by side, or as their difference", async () => {
  await panel().getByLabel("side by side").check();
  const [left, right] = [await side("A").boundingBox(), await side("B").boundingBox()];
  assert.ok(left.x + left.width <= right.x && Math.abs(left.y - right.y) < 1);
  await panel().getByLabel("one over the other").check();
  await panel().getByLabel("Where A ends and B begins").fill("25");
  const boxes = [await side("A").boundingBox(), await side("B").boundingBox()];
  assert.deepEqual(boxes[0], boxes[1]);
  assert.match(await side("B").evaluate((canvas) => getComputedStyle(canvas).clipPath), /25%\)$/);
  await panel().getByLabel("difference").check();
  assert.equal(await side("A").isVisible(), false);
});

test("a map that is kept is compared with one of another layer or recipe", async () => {
  await panel().getByRole("button", { name: "Keep this map as A" }).click();
  await panel()
    .getByText(/^Kept as A: Egyptian cat .*authors, blocks\.2\.depthwise\.relu6, EfficientNet-Lite0\./)
    .waitFor();
  await page.getByLabel("Layer", { exact: true }).selectOption("blocks.1.project");
  await finished(page);
  await panel()
    .getByText(/^B: Egyptian cat .*authors, blocks\.1\.project, EfficientNet-Lite0$/)
    .waitFor();
  const ofLayers = await correlation();
  await page.getByLabel("Recipe", { exact: true }).selectOption("torchcam");
  await finished(page);
  await panel()
    .getByText(/^B: Egyptian cat .*torchcam, blocks\.1\.project, EfficientNet-Lite0$/)
    .waitFor();
  assert.notEqual(await correlation(), ofLayers);
});

test("a map that is kept is compared with that of another network, too", async () => {
  await give(page, "drop", join(ROOT, "tests/fixtures/tiny.onnx"));
  await panel()
    .getByText(/^B: .*, tiny\.onnx$/)
    .waitFor();
  await panel()
    .getByText(/^A: Egyptian cat .*, EfficientNet-Lite0$/)
    .waitFor();
  assert.ok(Math.abs(await correlation()) <= 1);
  await page.getByLabel("Network", { exact: true }).selectOption("efficientnet_lite0");
  await finished(page);
});

test("other colours and another language change how a comparison is drawn, not what is compared", async () => {
  await panel().getByRole("button", { name: "Before against after the softmax" }).click();
  const before = /^A: Egyptian cat .*scores after the softmax/;
  await panel().getByText(before).waitFor();
  const pixels = () => side("A").evaluate((canvas) => canvas.toDataURL());
  const jet = await pixels();
  await explaining(() => page.getByLabel("Colours", { exact: true }).selectOption("viridis"));
  await page.waitForFunction((jet) => document.querySelector(".sides canvas").toDataURL() !== jet, jet);
  assert.ok(await panel().getByText(before).isVisible(), "although another map is kept");
});

test("another picture has nothing to be compared with", async () => {
  await sample(page, "A cup of coffee").click();
  await finished(page);
  await panel()
    .getByRole("button", { name: /^Why “espresso”/ })
    .waitFor();
  assert.equal(
    await panel()
      .getByText(/^Kept as A/)
      .isVisible(),
    false,
  );
  assert.equal(
    await panel()
      .getByText(/^Rank correlation/)
      .isVisible(),
    false,
  );
  assert.deepEqual(tab.errors, []);
});
