import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { finished, npyValues, openExplained, prediction, sample, saved } from "./page.js";

let tab, page;
before(async () => {
  tab = await openExplained();
  ({ page } = tab);
});
after(() => tab?.close());

const panel = () => page.getByRole("region", { name: "5. The maps behind it" });
const cards = () => panel().getByRole("list").getByRole("button");
const weightOf = (label) => Number(label.match(/weight ([\d.]+)/)?.[1] ?? 0);

test("every map has a card, though only those in sight exist; they come by descending weight, or in any other order", async () => {
  await panel().getByText("The layer has 144 activation maps").waitFor();
  assert.equal(await panel().getByRole("listitem").first().getAttribute("aria-setsize"), "144");
  assert.ok((await cards().count()) < 144);
  await cards().first().focus();
  const seen = new Map();
  const note = async () => {
    for (const [place, label] of await panel()
      .getByRole("listitem")
      .evaluateAll((items) => items.map((item) => [Number(item.ariaPosInSet), item.textContent])))
      seen.set(place, label);
  };
  for (let rows = 0; seen.size < 144 && rows < 144; rows++) {
    await note();
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("End");
  await note();
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^Map \d+, (weight|constant)/);
  assert.equal(seen.size, 144);
  const weights = [...seen].sort(([a], [b]) => a - b).map(([, label]) => weightOf(label));
  assert.deepEqual(
    weights,
    weights.toSorted((a, b) => b - a),
  );
  await panel().getByLabel("Order by").selectOption("index");
  assert.match(await cards().first().textContent(), /^Map 0,/);
  // Scrolled by wheel or finger, the grid can still be reached with the Tab key.
  await panel()
    .getByRole("list")
    .evaluate((list) => (list.scrollTop = list.scrollHeight));
  await cards()
    .filter({ hasText: /^Map 143,/ })
    .waitFor();
  assert.equal(await panel().getByRole("list").locator("[tabindex='0']").count(), 1);
});

test("a card shows the map, its mask, what that left of the picture, its score and its weight", async () => {
  await panel().getByLabel("Order by").selectOption("weight");
  await page.waitForFunction(
    () => document.querySelector(".virtual-entry canvas.pair").getContext("2d").getImageData(150, 40, 1, 1).data[3] > 0,
  );
  const painted = await cards()
    .first()
    .evaluate((card) =>
      [...card.querySelectorAll("canvas")].map(
        (canvas) => new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).size,
      ),
    );
  assert.equal(painted.length, 2);
  assert.ok(
    painted.every((colours) => colours > 8),
    String(painted),
  );
  assert.match(await cards().first().textContent(), /^Map \d+, weight [\d.]+ score [\d.]+$/);
});

test("twelve masked pictures are saved as one PNG, those that weigh most among them if that is asked", async () => {
  await panel().getByLabel("Twelve masked pictures").selectOption("top");
  await panel().getByRole("button", { name: "Show them" }).click();
  const montage = panel().getByRole("img", { name: /^The picture under the masks of maps (\d+, ){11}\d+,/ });
  const first = (await cards().first().textContent()).match(/^Map (\d+)/)[1];
  assert.match(await montage.getAttribute("aria-label"), new RegExp(`maps ${first},`));
  const { name, bytes } = await saved(page, "Save them (PNG)");
  assert.equal(name, "chelsea.montage.png");
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [4 * 232 + 8, 3 * 252 + 8]);
});

test("a chosen map shows what its mask left of the picture and the score that became its weight", async () => {
  await panel().getByLabel("Order by").selectOption("weight");
  await cards().first().click();
  assert.equal(await cards().first().getAttribute("aria-pressed"), "true");
  const sentence = await panel()
    .getByText(/^Map \d+ \(from/)
    .textContent();
  const [, score, weight] = sentence.match(/the score ([\d.]+); .* is ([\d.]+)\.$/);
  assert.ok(Math.abs(score - weight) < 6e-4, `by the recipe "authors" the score is the weight: ${sentence}`);
  const masked = panel().getByRole("img", { name: /^The picture under the mask that/ });
  assert.deepEqual(await masked.evaluate(({ width, height }) => [width, height]), [224, 224]);
});

test("another class has other weights for the same maps", async () => {
  const labels = () => cards().evaluateAll((buttons) => buttons.map((button) => button.textContent));
  const cat = await labels();
  await page
    .getByRole("button", { name: /: show the evidence$/ })
    .nth(1)
    .click();
  await panel().getByText("The heatmap for “tiger cat”").waitFor();
  assert.notDeepEqual(await labels(), cat);
  await prediction(page, "Egyptian cat").click();
  await panel().getByText("The heatmap for “Egyptian cat”").waitFor();
  assert.deepEqual(await labels(), cat);
});

test("a place of the heatmap says its value and the maps that made it, by pointer and by keys", async () => {
  const map = npyValues((await saved(page, "Save map (.npy)")).bytes);
  const heat = page.getByRole("application", { name: /^The heatmap/ });
  await heat.hover(); // at its centre
  const said = page.getByText(/^Here the heatmap is/);
  await said.waitFor();
  const value = Number((await said.textContent()).match(/is ([\d.]+)/)[1]);
  // The pointer is at whole pixels of the screen, so somewhere within two of the map's.
  const around = [-2, -1, 0, 1, 2].flatMap((row) => [...map.slice((112 + row) * 224 + 110, (112 + row) * 224 + 115)]);
  const range = `${value} between ${Math.min(...around)} and ${Math.max(...around)}`;
  assert.ok(value >= Math.min(...around) - 0.01 && value <= Math.max(...around) + 0.01, range);
  const percents = [...(await said.textContent()).matchAll(/([\d.]+)%/g)].map(([, number]) => Number(number));
  assert.equal(percents.length, 4);
  assert.ok(Math.abs(percents.reduce((sum, share) => sum + share) - 100) < 0.3, await said.textContent());
  await heat.focus();
  const before = await said.textContent();
  for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowDown");
  await page.waitForFunction((before) => document.querySelector("#provenance").textContent !== before, before);
  assert.deepEqual(tab.errors, []);
});

test("every channel is saved as CSV and the whole account as JSON, with the same weights", async () => {
  const csv = await saved(page, "Save channels (CSV)");
  assert.equal(csv.name, "chelsea.channels.csv");
  const [header, ...lines] = csv.bytes.toString().trimEnd().split("\n");
  assert.equal(header, "channel,score,weight,low,high,energy");
  const report = JSON.parse((await saved(page, "Save report (JSON)")).bytes);
  // In 32 bits, as they are made.
  assert.deepEqual(
    lines.map((line) => Math.fround(line.split(",")[2])),
    report.weights.map(Math.fround),
  );
  assert.equal(report.weights.length, 144);
  assert.equal(report.layer.name, "blocks.2.depthwise.relu6");
  assert.deepEqual([report.target.index, report.target.label, report.recipe.name], [285, "Egyptian cat", "authors"]);
  assert.deepEqual(report.input.mean, [127, 127, 127]);
});

test("the shares of all maps in a place sum to one, through the module", async () => {
  const sums = await page.evaluate(async () => {
    const { ScoreCam } = await import("./scorecam.js");
    const cam = await ScoreCam.create({ threads: 2 });
    await cam.loadModel({ catalog: "efficientnet_lite0" });
    const picture = await (await fetch("samples/chelsea.png")).blob();
    const sums = [];
    for (const recipe of ["authors", "torchcam", "matlab"]) {
      const result = await cam.explain(picture, { layer: "blocks.1.project", recipe });
      const shares = await result.provenance(100, 120);
      sums.push(shares.reduce((sum, { share }) => sum + share, 0));
    }
    await cam.dispose();
    return sums;
  });
  for (const sum of sums) assert.ok(Math.abs(sum - 1) < 1e-4, String(sums));
});

test("a link brings back the settings and the class, and carries no picture", async () => {
  await page.getByLabel("Colours", { exact: true }).selectOption("viridis");
  await prediction(page, "tiger cat").click();
  await prediction(page, "tiger cat").and(page.locator("[aria-pressed=true]")).waitFor();
  await page.getByRole("button", { name: "Copy a link to these settings" }).click();
  await page
    .getByRole("alert")
    .getByText(/It carries the settings, never the picture\.$/)
    .waitFor();
  assert.equal(new URL(page.url()).hash.includes("chelsea"), false);
  await page.reload();
  await page.waitForFunction(() => document.querySelector("#layer").value === "blocks.2.depthwise.relu6");
  await page.waitForFunction(() => document.querySelector("#colour-map").value === "viridis");
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  assert.equal(await prediction(page, "tiger cat").getAttribute("aria-pressed"), "true");
});
