import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openModule } from "./module.js";
import { ROOT, compare, finished, npyValues, openExplained, saved } from "./page.js";

let tab, page;
before(async () => {
  tab = await openExplained();
  ({ page } = tab);
});
after(() => tab?.close());

const fact = (name) => page.locator("dt", { hasText: name }).locator("+ dd");
const values = async (button) => npyValues((await saved(page, button)).bytes);
const report = async () => JSON.parse((await saved(page, "Save report (JSON)")).bytes);

/** Chooses a method that may be done before a Cancel is seen, and waits for its map. */
async function choose(method, name) {
  await page.getByLabel("Method", { exact: true }).selectOption(method);
  await named(name);
}

/** Waits for the facts of a method's result. */
function named(name) {
  return fact("Method")
    .filter({ hasText: new RegExp(`^${name.replaceAll("+", "\\+")}$`) })
    .waitFor();
}

/** What the command line writes for chelsea.png. */
function commandLine(...options) {
  const out = mkdtempSync(join(tmpdir(), "scorecam-"));
  const arguments_ = ["explain", "www/samples/chelsea.png", "--out", out, "--signed", ...options];
  execFileSync(join(ROOT, "target/debug/scorecam"), arguments_, { cwd: ROOT });
  const file = (ending) => readFileSync(join(out, `chelsea.${ending}`));
  return {
    heatmap: npyValues(file("heatmap.npy")),
    signed: npyValues(file("signed.npy")),
    json: JSON.parse(file("json")),
  };
}

test("what speaks against is shown on request, in colours of its own, and saved as values", async () => {
  const bar = page.locator("#colour-bar");
  const before = await page.locator("#heat").evaluate((canvas) => canvas.toDataURL());
  await page.getByLabel("Show what speaks against, too").check();
  await page.getByText("against · for the class").waitFor();
  assert.match(await bar.getAttribute("aria-label"), /^Colours from -[\d.]+, against the class, to [\d.]+, for it$/);
  assert.notEqual(await page.locator("#heat").evaluate((canvas) => canvas.toDataURL()), before);
  const { diagnostics } = await report();
  const signed = await values("Save for and against (.npy)");
  const [low, high] = [signed.reduce((a, b) => Math.min(a, b)), signed.reduce((a, b) => Math.max(a, b))];
  // The account has the range at layer size, of which the enlarged map has the inside.
  assert.ok(low >= diagnostics.low && high <= diagnostics.high + 1e-6 && high > 0, `${low} ${high}`);
  await page.getByLabel("Show what speaks against, too").uncheck();
  await page.getByText("evidence for the class", { exact: true }).waitFor();
});

test("a window slides over the picture when Occlusion is chosen, and the map is that of the command line", async () => {
  await page.getByLabel("Method", { exact: true }).selectOption("occlusion");
  await finished(page);
  assert.equal(await fact("Method").textContent(), "Occlusion");
  assert.match(
    await fact("Options").textContent(),
    /^Window \(pixels\): 32, Step \(pixels\): 16, Covered by: mean colour, /,
  );
  assert.equal(await fact("Masked pictures").textContent(), "169 of 169 windows");
  for (const panel of ["#walkthrough", "#channels", "#layer-field", "#recipe-field", "#save-csv"])
    assert.ok(await page.locator(panel).isHidden(), panel);
  const native = commandLine("--method", "occlusion");
  assert.ok(compare(await values("Save map (.npy)"), native.heatmap).difference < 1e-3);
  const { method, window, layer, target } = await report();
  assert.deepEqual([method, window, layer, target.label], ["occlusion", 32, null, "Egyptian cat"]);
  const texts = await page.getByRole("list", { name: "Reasons to doubt" }).getByRole("listitem").allTextContents();
  assert.ok(
    texts.some((text) => text.startsWith("The heatmap is no finer than the window")),
    texts.join("\n"),
  );
  const { bytes } = await saved(page, "Save everything (HTML)");
  assert.match(String(bytes), /A window slides over the picture/);
});

test("its options are explained anew when they change, and a senseless one gets a sentence", async () => {
  const before = await values("Save map (.npy)");
  await page.getByLabel("Covered by").selectOption("black");
  await finished(page);
  const black = await values("Save map (.npy)");
  assert.ok(compare(before, black).difference > 0.01);
  await page.getByLabel("Step (pixels)").fill("64");
  await page.getByLabel("Step (pixels)").blur();
  await page.getByRole("alert").getByText("stride is 64; at most the window's 32 pixels").waitFor();
  assert.deepEqual(await values("Save map (.npy)"), black, "the earlier result still stands");
  await page.getByLabel("Method", { exact: true }).selectOption("score-cam");
  await finished(page);
  assert.ok(await page.locator("#walkthrough").isVisible());
  assert.deepEqual(tab.errors, []);
});

test("clusters of maps are the masks when ViT-CX is chosen, and the noise is that of the command line", async () => {
  await page.getByLabel("Method", { exact: true }).selectOption("vit-cx");
  await finished(page);
  assert.match(await fact("Options").textContent(), /: 0\.1, .*: 0\.1, Seed of chance: 0$/);
  const [, done, total] = (await fact("Masked pictures").textContent()).match(/^(\d+) of (\d+), two for each cluster/);
  assert.ok(done === total && Number(done) > 20, `${done} of ${total}`);
  for (const panel of ["#walkthrough", "#channels", "#recipe-field", "#save-csv", "#compare-softmax"])
    assert.ok(await page.locator(panel).isHidden(), panel);
  assert.ok(await page.locator("#layer-field").isVisible());
  const native = commandLine("--method", "vit-cx", "--layer", (await report()).layer.name);
  const compared = compare(await values("Save map (.npy)"), native.heatmap);
  assert.ok(compared.difference < 1e-3, `${JSON.stringify(compared)}, ${total} passes`);
  const noise = page.getByLabel("Noise where a mask hides (deviation)");
  await noise.fill("0");
  await noise.blur();
  await finished(page);
  assert.match(await fact("Options").textContent(), /: 0\.1, .*: 0, Seed/);
  await noise.fill("1.5");
  await noise.blur();
  await page.getByRole("alert").getByText("noise is 1.5").waitFor();
  assert.match(await page.getByRole("alert").first().textContent(), /0 to 1/);
  assert.deepEqual(tab.errors, []);
});

test("every other method is in the menu, and its map in the tab is that of the command line", async () => {
  const METHODS = {
    "grad-cam": /^none: all [\d,]+ maps at once$/,
    "grad-cam-plus-plus": /^none: all/,
    "layer-cam": /^none: all/,
    "xgrad-cam": /^none: all/,
    "hires-cam": /^none: all/,
    "eigen-cam": /^none: all/,
    "ablation-cam": /^[\d,]+ of [\d,]+ left out in turn/,
    "recipro-cam": /^49 of 49 cells of the layer$/,
    lime: /^\d+ superpixels$/,
    "kernel-shap": /^\d+ superpixels$/,
    rise: /^60 of 60 random masks$/,
  };
  const FEWER = {
    rise: ["Masks", "masks", "60"],
    lime: ["Samples", "samples", "60"],
    "kernel-shap": ["Samples", "samples", "60"],
  };
  await page
    .locator("details", { hasText: "Network, layer and recipe" })
    .first()
    .evaluate((details) => (details.open = true));
  const layers = page.locator("#layer");
  await choose("grad-cam", "Grad-CAM");
  await layers.selectOption("head.relu6");
  await fact("Layer").filter({ hasText: "head.relu6" }).waitFor();
  const names = await page
    .getByLabel("Method", { exact: true })
    .locator("option")
    .evaluateAll((options) => Object.fromEntries(options.map(({ value, text }) => [value, text])));
  for (const [method, counts] of Object.entries(METHODS)) {
    const [label, option, count] = FEWER[method] ?? [];
    if (label) {
      await page.getByLabel("Method", { exact: true }).selectOption(method);
      await page.getByLabel(label, { exact: true }).fill(count);
      await page.getByLabel(label, { exact: true }).blur();
      // Two methods may have the same options: it is the method that tells the facts of one from those of the other.
      await named(names[method]);
      await fact("Options")
        .filter({ hasText: `${label}: ${count}` })
        .waitFor();
    } else await choose(method, names[method]);
    assert.match(await fact("Masked pictures").textContent(), counts, method);
    // What was masked is counted, not what was weighed: no method of gradients masks, and LIME has more samples than superpixels.
    const masked = { "grad-cam": /^Done in .*, without masked/, lime: /^Done: 62 masked/, rise: /^Done: 60 masked/ }[
      method
    ];
    if (masked) await page.locator("#progress").getByText(masked).waitFor();
    assert.ok(await page.locator("#walkthrough").isHidden(), method);
    // How it came about in three steps of its own: what is masked, what is asked, what is summed.
    const steps = page.locator("#steps-of-method ol.how > li");
    await steps.nth(2).getByRole("img").waitFor();
    const sentences = await steps.locator("> p").allTextContents();
    assert.ok(sentences.length === 3 && sentences.every((text) => text.length > 30), `${method}: ${sentences}`);
    const native = commandLine("--method", method, ...(option ? ["--option", `${option}=${count}`] : []));
    const compared = compare(await values("Save map (.npy)"), native.heatmap);
    assert.ok(compared.difference < 5e-3, `${method}: ${JSON.stringify(compared)}`);
    assert.equal((await report()).method, method);
    const doubts = await page.getByRole("list", { name: "Reasons to doubt" }).getByRole("listitem").allTextContents();
    assert.ok(doubts.length > 0 && doubts.every((text) => !/undefined|NaN/.test(text)), doubts.join("\n"));
  }
  assert.deepEqual(tab.errors, []);
});

test("CAM is refused with a sentence where no linear layer reads the maps' means, and the page goes on", async () => {
  await choose("cam", "CAM");
  const before = await values("Save map (.npy)");
  await page.locator("#layer").selectOption("blocks.2.depthwise.relu6");
  await page.getByRole("alert").getByText("CAM needs a layer behind which").waitFor();
  assert.deepEqual(await values("Save map (.npy)"), before, "the earlier result still stands");
  assert.deepEqual(tab.errors, []);
});

test("a link carries the method with its options", async () => {
  await page.evaluate(() => (location.hash = "#method=occlusion&method.window=56&method.stride=28"));
  await finished(page);
  assert.match(await fact("Options").textContent(), /: 56, .*: 28,/);
});

test("targets are asked from the same passes: groups, differences, Finer-CAM's contrast", async () => {
  const module = await openModule({
    networks: { small: "target/breaking/small.onnx" },
    pictures: { cat: "www/samples/chelsea.png" },
  });
  try {
    const seen = await module.page.evaluate(async () => {
      const { cam, networks, pictures, failure } = globalThis;
      await cam.loadModel({ bytes: networks.small, name: "small" });
      const first = await cam.explain(pictures.cat, { recipe: { name: "authors", score: "logit" } });
      const all = first.predictions;
      const at = (index) => all.find((prediction) => prediction.index === index).probability;
      const [a, b, c] = all.map(({ index }) => index);
      const score = async (target) => (await (await first.forTarget(target)).channels()).pictureScore;
      const scores = { a: await score(a), b: await score(b), difference: await score({ difference: [a, b] }) };
      scores.group = await score({ group: [a, b] });
      scores.finer = await score({ finer: null, against: [b, c] });
      scores.c = await score(c);
      const group = await first.forTarget({ group: [b, a] });
      const contrast = await cam.explain(pictures.cat, { target: { finer: a } });
      const occluded = await cam.explain(pictures.cat, { method: "occlusion", window: 4, stride: 2 });
      const signed = await (await first.forTarget({ difference: [c, a] })).signed();
      return {
        scores,
        odds: [at(a), at(b), at(c)],
        group: { target: group.target, class: group.class, probability: group.probability },
        contrast: contrast.target,
        occluded: {
          layer: occluded.layer,
          recipe: occluded.recipe,
          part: occluded.part,
          weights: occluded.weights.length,
        },
        refused: await failure(occluded.channels()),
        signed: [signed.values.length, signed.low, Math.min(...signed.values)],
        methods: cam.methods.map(({ name, options }) => [name, options.map((option) => option.name)]),
      };
    });
    const { scores, odds } = seen;
    const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-4, `${found} is not ${expected}`);
    near(scores.difference, scores.a - scores.b);
    near(scores.group, Math.log(Math.exp(scores.a) + Math.exp(scores.b)));
    const [, b, c] = odds;
    near(scores.finer, (b * (scores.a - scores.b) + c * (scores.a - scores.c)) / (b + c));
    near(seen.group.probability, odds[0] + odds[1]);
    assert.equal(seen.group.class, null);
    assert.equal(seen.group.target.group.length, 2);
    assert.equal(seen.contrast.against.length, 3);
    assert.deepEqual(seen.occluded, { layer: null, recipe: null, part: "window", weights: 9 });
    assert.equal(seen.refused.message, 'The masks of the method "occlusion" are not the maps of a layer.');
    assert.deepEqual([seen.signed[0], seen.signed[1]], [64, seen.signed[2]]);
    assert.deepEqual(seen.methods[0], ["score-cam", ["recipe", "columnwise", "score"]]);
    const optionsOf = Object.fromEntries(seen.methods);
    assert.deepEqual(optionsOf["vit-cx"], ["distance", "noise", "seed"]);
    assert.deepEqual(optionsOf.occlusion, ["window", "stride", "fill", "score"]);
    assert.deepEqual(optionsOf.cam, []);
    assert.equal(seen.methods.length, 17);
  } finally {
    await module.close();
  }
});
