import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openModule } from "./module.js";

let tab, page;
before(async () => {
  tab = await openModule({
    networks: { small: "target/breaking/small.onnx" },
    pictures: { cat: "www/samples/chelsea.png" },
  });
  ({ page } = tab);
  await page.evaluate(async () => {
    const { cam, networks, pictures } = globalThis;
    await cam.loadModel({ bytes: networks.small, name: "small" });
    globalThis.first = await cam.explain(pictures.cat);
    globalThis.second = await cam.explain(pictures.cat, { method: "rise", masks: 40, cells: 3 });
  });
});
after(() => tab?.close());

test("several maps of a picture are measured in one call, beside maps that know nothing", async () => {
  const seen = await page.evaluate(async () => {
    const { cam, first, second } = globalThis;
    const told = [];
    const { heatmap, height, width } = first;
    const own = { name: "mine", heatmap: heatmap.map((value) => 1 - value), height, width };
    const measured = await first.measure({ beside: [second, own], onProgress: (progress) => told.push(progress) });
    return { measured, told, names: cam.measures };
  });
  const { measured, told, names } = seen;
  assert.deepEqual(
    names.map(({ name }) => name),
    ["deletion-insertion", "drop", "road", "energy"],
  );
  const rows = measured.rows.map(({ name, isBaseline }) => [name, isBaseline]);
  assert.deepEqual(rows, [
    ["score-cam", false],
    ["rise", false],
    ["mine", false],
    ["random-1", true],
    ["random-2", true],
    ["random-3", true],
    ["centred", true],
  ]);
  const [mine, other] = [measured.rows[0], measured.rows[2]];
  assert.equal(mine.numbers.length, 6 + 6 + 3);
  for (const { name, value, better } of mine.numbers) {
    assert.ok(value === null || (value >= -1 && value <= 1), `${name}: ${value}`);
    assert.ok(["higher", "lower"].includes(better));
  }
  const deletion = mine.curves.find(({ name }) => name === "deletion-mean");
  assert.deepEqual([deletion.x[0], deletion.x.at(-1), deletion.x.length], [0, 1, 225]);
  assert.ok(Math.abs(deletion.y[0] - measured.score) < 1e-5, "before anything is removed it is the picture");
  // What one map names first the other names last.
  const reversed = other.curves.find(({ name }) => name === "insertion-mean");
  const difference = deletion.y.map((value, at) => Math.abs(value - reversed.y[224 - at]));
  assert.ok(Math.max(...difference) < 0.2, `${Math.max(...difference)}`);
  assert.equal(measured.agreement[0][0], 1);
  assert.ok(Math.abs(measured.agreement[0][2] + 1) < 1e-3, `${measured.agreement[0][2]}`);
  const last = told.at(-1);
  assert.ok(told.length > 1 && last.done === last.total && last.etaMs === 0, JSON.stringify(last));
});

test("what a map will cost is told before its first pass, what is still open with every preview, and passes end by themselves", async () => {
  const { told, partial, complete, apart } = await page.evaluate(async () => {
    const told = [];
    const onProgress = ({ stage, done, total, etaMs, spread }) => told.push({ stage, done, total, etaMs, spread });
    // A network with enough maps for a guess.
    const cam = await globalThis.create();
    await cam.loadModel({ catalog: "efficientnet_lite0" });
    const partial = await cam.explain(globalThis.pictures.cat, { until: 0.06, onProgress });
    const complete = await partial.continue();
    await cam.dispose();
    const squares = partial.heatmap.map((value, at) => (value - complete.heatmap[at]) ** 2);
    const apart = Math.sqrt(squares.reduce((sum, square) => sum + square) / squares.length);
    const of = ({ spread, passes, diagnostics }) => ({ spread, passes, isPartial: diagnostics.partial });
    return { told, partial: of(partial), complete: of(complete), apart };
  });
  const [first, ...others] = told;
  assert.ok(first.stage === "classified" && first.done === 0 && first.etaMs > 0, JSON.stringify(first));
  assert.ok(others.every(({ spread }) => spread === null || (spread >= 0 && spread <= 1)));
  assert.ok(others.slice(0, -1).every(({ spread }) => spread === null || spread > 0.06));
  assert.ok(
    partial.isPartial && partial.spread <= 0.06 && partial.passes.done < partial.passes.total,
    JSON.stringify(partial),
  );
  assert.ok(apart < 2 * partial.spread, `${partial.spread} is said to be open, ${apart} was`);
  assert.deepEqual([complete.spread, complete.isPartial], [0, false]);
  assert.deepEqual([complete.passes.done, complete.passes.total], [first.total, first.total]);
});

test("the share of a map in a box is told, of the box in the picture's pixels", async () => {
  const numbers = await page.evaluate(async () => {
    const { first } = globalThis;
    const { width, height } = first.picture;
    const box = { x: 0, y: 0, width, height };
    const { rows } = await first.measure({ measures: ["energy"], box, baselines: false });
    return rows.map(({ numbers }) => numbers);
  });
  assert.deepEqual(
    numbers[0].map(({ name, value }) => [name, value]),
    [
      ["energy", 1],
      ["box-share", 1],
    ],
  );
});

test("a map is explained again under small changes, and by networks that are random", async () => {
  const { steady, stages, again } = await page.evaluate(async () => {
    const { first } = globalThis;
    const steady = await first.stability();
    const stages = await first.randomise({ stages: 2, seed: 3 });
    const again = await first.randomise({ stages: 2, seed: 3 });
    const plain = (stages) => stages.map(({ heatmap, ...rest }) => ({ ...rest, heatmap: [...heatmap] }));
    return { steady, stages: plain(stages), again: plain(again) };
  });
  assert.ok(steady.stability > 0 && steady.coherency >= 0 && steady.coherency <= 1, JSON.stringify(steady));
  assert.equal(stages.length, 2);
  assert.deepEqual(stages, again);
  for (const { from, ssim, heatmap } of stages) assert.ok(from && ssim <= 1 && heatmap.length > 0, from);
});

test("a measurement can be cancelled, and what cannot be measured is refused by name", async () => {
  const refused = await page.evaluate(async () => {
    const { first, failure } = globalThis;
    const control = new AbortController();
    const cancelled = first.measure({ signal: control.signal, onProgress: () => control.abort() });
    const { heatmap } = first;
    return {
      cancelled: await cancelled.then(
        () => "done",
        ({ name }) => name,
      ),
      unknown: await failure(first.measure({ measures: ["magic"] })),
      box: await failure(first.measure({ measures: ["energy"] })),
      outside: await failure(first.measure({ box: { x: 9000, y: 0, width: 5, height: 5 } })),
      size: await failure(
        first.measure({ beside: [{ name: "small", heatmap: heatmap.slice(0, 4), height: 2, width: 2 }] }),
      ),
      nothing: await failure(first.measure({ beside: [{ name: "no map" }] })),
      stages: await failure(first.randomise({ stages: 0 })),
    };
  });
  assert.equal(refused.cancelled, "AbortError");
  assert.match(refused.unknown.message, /measures .*magic/);
  assert.match(refused.box.message, /needs a box/);
  assert.match(refused.outside.message, /has nothing of what the network sees/);
  assert.match(refused.size.message, /2 by 2/);
  assert.match(refused.nothing.message, /beside/);
  assert.match(refused.stages.message, /stages/);
  const still = await page.evaluate(async () => (await globalThis.first.measure({ measures: ["drop"] })).rows.length);
  assert.equal(still, 5);
});
