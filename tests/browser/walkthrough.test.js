import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { finished, openExplained, prediction, saved } from "./page.js";

let tab, page;
before(async () => {
  tab = await openExplained({ reducedMotion: "reduce" });
  ({ page } = tab);
});
after(() => tab?.close());

const panel = () => page.getByRole("region", { name: "4. How it came about, in eight steps" });
const tabs = () => panel().getByRole("tab");
const step = (name) => panel().getByRole("tabpanel", { name });
const numbersIn = (text) => [...text.matchAll(/-?[\d,]*\.?\d+/g)].map(([number]) => Number(number.replaceAll(",", "")));
/** The text of a step with its formula unfolded. */
async function open(name) {
  await panel().getByRole("tab", { name }).click();
  await page.waitForFunction(() => document.querySelector("#step").getAttribute("aria-busy") === "false");
  await step(name)
    .locator("details")
    .evaluate((details) => (details.open = true));
  return step(name).innerText();
}
/** What the core says of the explanation, by the file that the page saves. */
async function channels() {
  const [header, ...lines] = (await saved(page, "Save channels (CSV)")).bytes.toString().trimEnd().split("\n");
  const names = header.split(",");
  return lines.map((line) =>
    Object.fromEntries(line.split(",").map((value, i) => [names[i], value === "" ? null : Number(value)])),
  );
}

test("the eight steps are a path that the arrow keys, Back and Next walk along", async () => {
  assert.deepEqual(await tabs().allTextContents(), [
    "1 Answer",
    "2 Network",
    "3 Maps",
    "4 Mask",
    "5 Cover",
    "6 Score",
    "7 Sum",
    "8 Heatmap",
  ]);
  await tabs().first().focus();
  await page.keyboard.press("ArrowRight");
  await step("2 Network").waitFor();
  await page.keyboard.press("End");
  await step("8 Heatmap").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "8 Heatmap");
  await panel().getByRole("button", { name: "Back" }).click();
  await step("7 Sum").waitFor();
  await panel().getByRole("button", { name: "Next" }).click();
  await step("8 Heatmap").waitFor();
});

test("every step has a sentence, this picture's data and a formula", async () => {
  for (const name of await tabs().allTextContents()) {
    const text = await open(name);
    assert.ok(text.length > 80, `${name}: ${text}`);
    assert.equal(await step(name).locator("math").count(), 1, name);
    assert.ok((await step(name).getByRole("img").count()) + (await step(name).getByRole("button").count()) > 0, name);
  }
  assert.deepEqual(tab.errors, []);
});

test("the numbers of the steps are those of the core", async () => {
  const all = await channels();
  const report = JSON.parse((await saved(page, "Save report (JSON)")).bytes);
  const heaviest = all.filter(({ score }) => score !== null).sort((a, b) => b.weight - a.weight)[0];
  const near = (found, expected, digits) =>
    assert.ok(Math.abs(found - expected) <= 0.51 * 10 ** -digits, `${found} for ${expected}`);

  near(numbersIn(await open("1 Answer"))[0], 100 * report.target.probability, 1);
  const mask = numbersIn((await open("4 Mask")).split("Map ")[1]);
  assert.equal(mask[0], heaviest.channel);
  assert.match(await open("4 Mask"), new RegExp(`56 × 56, ${heaviest.low.toFixed(3)} to ${heaviest.high.toFixed(3)}`));
  const score = await open("6 Score");
  near(Number(score.match(/the score ([\d.]+);/)[1]), heaviest.score, 3);
  near(Number(score.match(/picture had ([\d.]+)\./)[1]), report.target.probability, 3);
  near(Number(score.match(/the weight ([\d.]+)\./)[1]), heaviest.weight, 4);
  const sum = await open("7 Sum");
  near(Number(sum.match(/go from [\d.]+ to ([\d.]+)\./)[1]), heaviest.weight, 4);
  near(Number(sum.match(/evenness is ([\d.]+)%/)[1]), 100 * report.diagnostics.evenness, 1);
});

test("the sum builds up from the heaviest map to all of them", async () => {
  await open("7 Sum");
  const slider = step("7 Sum").getByLabel("Maps that are summed");
  assert.equal(await slider.inputValue(), await slider.getAttribute("max"));
  const map = () => step("7 Sum").getByRole("img", { name: /^the heaviest/ });
  const pixels = () => map().evaluate((canvas) => canvas.toDataURL());
  const all = await pixels();
  await slider.fill("1");
  await step("7 Sum").getByRole("img", { name: "the heaviest 1 of" }).waitFor();
  assert.notEqual(await pixels(), all);
});

test("a map that is chosen on the way is followed from there", async () => {
  await open("3 Maps");
  const chosen = step("3 Maps").getByRole("button").nth(4);
  const [, channel] = (await chosen.getAttribute("aria-label")).match(/^Map (\d+),/);
  await chosen.click();
  await page.waitForFunction(
    (label) => document.activeElement.ariaLabel === label && document.activeElement.ariaPressed === "true",
    await chosen.getAttribute("aria-label"),
  );
  await page.getByText(`Map ${channel} (from`).waitFor(); // the panel of the maps shows it, too
  assert.match(await open("4 Mask"), new RegExp(`^Map ${channel} is enlarged`));
});

test("the layers of the network are one stop of the Tab key, the arrow keys move among them", async () => {
  await open("2 Network");
  const stops = step("2 Network").getByRole("group", { name: "Network" }).locator("[tabindex='0']");
  assert.equal(await stops.count(), 1);
  assert.equal(await stops.getAttribute("aria-label"), "blocks.2.depthwise.relu6, 144 maps of 56 × 56");
  await stops.focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), "blocks.2.depthwise, 144 maps of 56 × 56");
  await step("2 Network").getByText("blocks.2.depthwise, 144 maps of 56 × 56").waitFor();
  assert.equal(await stops.count(), 1);
});

test("it plays by itself until it is paused", async () => {
  await open("1 Answer");
  await panel().getByRole("button", { name: "Play" }).click();
  await step("2 Network").waitFor();
  await panel().getByRole("button", { name: "Pause" }).click();
  assert.equal(await panel().getByRole("button", { name: "Play" }).getAttribute("aria-pressed"), "false");
});

test("a layer is chosen in the strip of the network, and the focus stays there", async () => {
  await open("2 Network");
  const layer = step("2 Network").getByRole("button", { name: "blocks.1.project, 24 maps of 56 × 56" });
  await layer.click();
  await finished(page);
  await page.waitForFunction(() => document.activeElement.ariaLabel === "blocks.1.project, 24 maps of 56 × 56");
  assert.equal(await page.getByLabel("Layer", { exact: true }).inputValue(), "blocks.1.project");
  assert.equal(await prediction(page, "Egyptian cat").getAttribute("aria-pressed"), "true");
  assert.deepEqual(tab.errors, []);
});
