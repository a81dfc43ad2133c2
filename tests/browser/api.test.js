import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, open } from "./page.js";

const TINY = {
  model: readFileSync(join(ROOT, "tests/fixtures/tiny.onnx")).toString("base64"),
  picture: readFileSync(join(ROOT, "tests/fixtures/tiny.png")).toString("base64"),
  expected: JSON.parse(readFileSync(join(ROOT, "tests/fixtures/tiny.json"), "utf8")),
};

let tab, page;
before(async () => {
  tab = await open();
  ({ page } = tab);
  // The module as a page of somebody else's would use it, with a network that takes milliseconds.
  await page.evaluate(async ({ model, picture }) => {
    const { ScoreCam } = await import("/scorecam.js");
    const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
    const channels = [];
    const Channel = globalThis.BroadcastChannel;
    globalThis.BroadcastChannel = function (name) {
      channels.push(name);
      return new Channel(name);
    };
    const cam = await ScoreCam.create({ threads: 2 });
    globalThis.BroadcastChannel = Channel;
    const input = { range: "0..255", mean: [127, 127, 127], std: [128, 128, 128] };
    const source = { bytes: bytes(model), name: "tiny", spec: { input, defaultLayer: "first.relu" } };
    const crash = { kind: "internal", message: "The computation broke off: at the test's wish.", hint: "" };
    const panic = () => new Channel(channels[0]).postMessage(crash);
    const failure = (promise) =>
      promise.then(
        () => null,
        ({ name, kind, message, hint }) => ({ name, kind, message, hint }),
      );
    Object.assign(globalThis, { cam, source, picture: bytes(picture), panic, failure });
  }, TINY);
});
after(() => tab?.close());

test("before a network is loaded there is nothing to ask", async () => {
  const named = await page.evaluate(() => globalThis.failure(globalThis.cam.classesNamed(["cat"])));
  assert.equal(named.message, "No network is loaded.");
  const error = await page.evaluate(() => globalThis.failure(globalThis.cam.explain(globalThis.picture)));
  assert.deepEqual(error, {
    name: "ScoreCamError",
    kind: "model",
    message: "No network is loaded.",
    hint: "Call loadModel first.",
  });
});

test("a network from bytes says its input, layers and default layer", async () => {
  const model = await page.evaluate(() => globalThis.cam.loadModel(globalThis.source));
  // The size is the graph's; the order and the fit were not given and are guessed.
  const input = {
    width: 8,
    height: 8,
    resize: "stretch",
    order: "rgb",
    range: "0..255",
    mean: [127, 127, 127],
    std: [128, 128, 128],
  };
  assert.deepEqual(model.input, input);
  assert.deepEqual([model.clues, model.output, model.classes], [["nothing"], "logits", 5]);
  assert.equal(model.layers[1].operator, "Relu");
  assert.ok(model.multiplyAdds === 6 * 27 * 16 + 4 * 6 * 16 + 5 * 4 && model.memoryBytes > 0);
  assert.deepEqual(
    model.layers.map(({ name }) => name),
    ["first", "first.relu", "second", "second.relu"],
  );
  assert.equal(model.defaultLayer, "first.relu");
});

test("how pictures are resampled and cropped can be said, and a crop alone keeps their shape", async () => {
  const input = await page.evaluate(async () => {
    const { cam, source } = globalThis;
    const { resize, resample, crop } = (
      await cam.loadModel({ ...source, spec: { input: { ...source.spec.input, resample: "lanczos", crop: 0.875 } } })
    ).input;
    await cam.loadModel(source);
    return { resize, resample, crop };
  });
  assert.deepEqual(input, { resize: "crop", resample: "lanczos", crop: 0.875 });
});

test("every recipe gives the reference's map through the module", async () => {
  for (const { recipe, columnwise, target, heatmap, weights } of TINY.expected.recipes) {
    const asked = columnwise === undefined ? recipe : { name: recipe, columnwise };
    const result = await page.evaluate(
      async (options) => {
        const { heatmap, weights, target } = await globalThis.cam.explain(globalThis.picture, options);
        return { heatmap: [...heatmap], weights: [...weights], target };
      },
      { recipe: asked, target },
    );
    assert.equal(result.target, target);
    const far = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));
    assert.ok(far(result.weights, weights) < 1e-4, `weights of ${recipe}`);
    assert.ok(far(result.heatmap, heatmap) < (columnwise ? 1e-3 : 1e-4), `map of ${recipe}`);
  }
});

const WRONG = [
  { what: "a layer", options: { layer: "frist.relu" }, kind: "layer", says: /no layer called "frist.relu"/ },
  { what: "a class", options: { target: 5 }, kind: "class", says: /There is no class 5: the network has 5/ },
  { what: "a recipe", options: { recipe: "grad-cam" }, kind: "option", says: /no recipe called "grad-cam"/ },
  { what: "an option", options: { lyaer: "first.relu" }, kind: "option", says: /^There is no option "lyaer"\.$/ },
  { what: "a class that is no number", options: { target: "cat" }, kind: "option", says: /^target is "cat"\.$/ },
];
for (const { what, options, kind, says } of WRONG) {
  test(`${what} that does not exist is refused with a sentence`, async () => {
    const error = await page.evaluate(
      (o) => globalThis.failure(globalThis.cam.explain(globalThis.picture, o)),
      options,
    );
    assert.equal(error.name, "ScoreCamError");
    assert.equal(error.kind, kind);
    assert.match(error.message, says);
  });
}

test("a file that is no network is refused, and the one before stays in use", async () => {
  const error = await page.evaluate(() =>
    globalThis.failure(globalThis.cam.loadModel({ bytes: new ArrayBuffer(100), name: "zeros" })),
  );
  assert.equal(error.kind, "model");
  const top = await page.evaluate(async () => (await globalThis.cam.explain(globalThis.picture)).predictions[0].index);
  assert.equal(top, TINY.expected.probabilities.indexOf(Math.max(...TINY.expected.probabilities)));
});

test("aborting rejects with the signal's own reason", async () => {
  const message = await page.evaluate(() => {
    const controller = new AbortController();
    const result = globalThis.cam.explain(globalThis.picture, { signal: controller.signal });
    controller.abort(new Error("enough"));
    return result.catch((error) => error.message);
  });
  assert.equal(message, "enough");
});

test("a thread that panics is reported, and the next call works on a new worker with the same network", async () => {
  const error = await page.evaluate(() => {
    const answer = globalThis.failure(
      globalThis.cam.explain(globalThis.picture, { onProgress: () => new Promise(() => {}) }),
    );
    globalThis.panic();
    return answer;
  });
  // The tiny network may have been faster than the panic.
  if (error) assert.match(error.message, /broke off: at the test's wish/);
  const count = await page.evaluate(async () => (await globalThis.cam.explain(globalThis.picture)).heatmap.length);
  assert.equal(count, 64);
});

test("a picture is a line of a table, with what was measured of its map; folders' names are classes", async () => {
  const told = await page.evaluate(async () => {
    const { cam, source, picture } = globalThis;
    await cam.loadModel({ ...source, labels: ["ant", "bee", "sea cow, manatee", "dog", "dog"] });
    const result = await cam.explain(picture, { method: "score-cam" });
    const measured = await result.measure({ measures: ["drop"], baselines: false });
    const record = await result.record({ image: "a/1.png", measured });
    const classes = await cam.classesNamed(["1", "Sea_Cow", "manatee", "dog", "yeti", "9"]);
    const bare = await result.record();
    return { result: { predictions: result.predictions, layer: result.layer.name }, measured, record, classes, bare };
  });
  const { result, measured, record, classes, bare } = told;
  assert.deepEqual(classes, [1, 2, 2, null, null, null]);
  assert.equal(record.image, "a/1.png");
  assert.deepEqual(
    [record.class, record.layer, record.method],
    [result.predictions[0].index, result.layer, "score-cam"],
  );
  assert.equal(record.predictions.length, 5);
  const numbers = Object.fromEntries(measured.rows[0].numbers.map(({ name, value }) => [name, value]));
  assert.deepEqual(record.measures, numbers);
  assert.deepEqual([bare.image, bare.measures], ["picture", {}]);
  assert.equal(record.diagnostics.partial, false);
});

test("after dispose every call says so", async () => {
  await page.evaluate(() => globalThis.cam.dispose());
  const error = await page.evaluate(() => globalThis.failure(globalThis.cam.explain(globalThis.picture)));
  assert.equal(error.kind, "disposed");
});
