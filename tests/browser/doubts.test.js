import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { finished, openExplained, prediction, sample, saved, started } from "./page.js";

let tab, page;
before(async () => {
  tab = await openExplained();
  ({ page } = tab);
});
after(() => tab?.close());

const doubts = () => page.getByRole("list", { name: "Reasons to doubt" });
const report = async () => JSON.parse((await saved(page, "Save report (JSON)")).bytes);

test("a coarse layer is said, and no doubt that does not hold: three maps of 144 that are constant are none", async () => {
  assert.deepEqual(await doubts().getByRole("listitem").allTextContents(), [
    "The layer has 56 × 56 positions only; finer edges in the heatmap are interpolated.",
  ]);
});

test("a class that the network hardly believes in is doubted", async () => {
  await page.getByLabel("Any other class").fill("967");
  await page.getByRole("button", { name: "967 · espresso" }).click();
  await doubts()
    .getByText(/^The network does not see “espresso” here: it finds it 0\.0+[1-9]\d?% probable/)
    .waitFor();
  await prediction(page, "Egyptian cat").click();
  await doubts()
    .getByText(/does not see/)
    .waitFor({ state: "detached" });
});

test("weights that are nearly even are doubted, by the number that the report has", async () => {
  await page.getByLabel("Recipe", { exact: true }).selectOption("matlab");
  await finished(page);
  const { diagnostics } = await report();
  assert.ok(diagnostics.nearUniformWeights && diagnostics.evenness > 0.9, JSON.stringify(diagnostics));
  await doubts()
    .getByText(`The maps weigh nearly the same (evenness ${Math.round(100 * diagnostics.evenness)}%)`)
    .waitFor();
  await page.getByLabel("Recipe", { exact: true }).selectOption("authors");
  await finished(page);
});

test("a heatmap that rests on few of the layer's maps is doubted, with the reason", async () => {
  await page.getByLabel("Layer", { exact: true }).selectOption("head.relu6");
  await finished(page);
  await doubts()
    .getByText("Only 529 of the layer’s 1,280 maps vary over this picture, so the heatmap rests on those alone.")
    .waitFor();
});

test("where the evidence lies is said in words, by the shares that the report has", async () => {
  await page.getByLabel("Layer", { exact: true }).selectOption("blocks.15.project");
  await finished(page);
  const { ninths } = await report();
  assert.ok(Math.abs(ninths.reduce((sum, share) => sum + share) - 1) < 1e-5);
  const names = [
    "upper left",
    "upper middle",
    "upper right",
    "middle left",
    "centre",
    "middle right",
    "lower left",
    "lower middle",
    "lower right",
  ];
  const largest = ninths.indexOf(Math.max(...ninths));
  await page
    .getByText(`Most evidence for “Egyptian cat” lies in the ${names[largest]} (${Math.round(100 * ninths[largest])}%)`)
    .waitFor();
});

test("on one thread that is said where the answer is", async () => {
  await page.goto(`${tab.address}?threads=1#layer=blocks.1.project`);
  await page.reload();
  await started(page);
  await page.waitForFunction(() => document.querySelector("#layer").value === "blocks.1.project");
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  await doubts().getByText("Computing on one thread: the address asks for one.").waitFor();
  assert.deepEqual(tab.errors, []);
});
