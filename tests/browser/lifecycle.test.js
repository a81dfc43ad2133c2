import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { openModule } from "./module.js";

let tab, page;
before(async () => {
  tab = await openModule({
    networks: Object.fromEntries(
      ["small", "another", "breaks", "slow", "larger_than_memory", "wide_pads"].map((name) => [
        name,
        `target/breaking/${name}.onnx`,
      ]),
    ),
    pictures: { cat: "www/samples/chelsea.png", coffee: "www/samples/coffee.png" },
  });
  ({ page } = tab);
  await page.evaluate(
    () =>
      (globalThis.load = (name, more) => globalThis.cam.loadModel({ bytes: globalThis.networks[name], name, ...more })),
  );
});
after(() => tab?.close());
beforeEach(() => page.evaluate(() => globalThis.load("small").then(() => null)));

const GONE = "The scores of this result are no longer in memory.";

test("after a crash an old result says that it is gone, and never answers for another picture", async () => {
  const seen = await page.evaluate(async () => {
    const { cam, pictures, crash, failure } = globalThis;
    const first = await cam.explain(pictures.cat);
    crash(cam);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await cam.explain(pictures.coffee);
    return {
      ids: [first.id, second.id],
      old: await failure(first.forClass(1)),
      fresh: (await second.forClass(1)).target,
    };
  });
  const [first, second] = seen.ids;
  assert.ok(
    second.generation > first.generation && first.run === second.run,
    "the runs have the same number, of another generation",
  );
  assert.deepEqual([seen.old.name, seen.old.message, seen.fresh], ["ScoreCamError", GONE, 1]);
  assert.match(first.network.sha256, /^[0-9a-f]{64}$/);
});

test("calls that are made together after a crash are all answered, by one worker", async () => {
  const generations = await page.evaluate(async () => {
    const { cam, pictures, crash } = globalThis;
    await cam.explain(pictures.cat);
    crash(cam);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const results = await Promise.all([
      cam.explain(pictures.cat),
      cam.explain(pictures.coffee),
      cam.checkKernels(1).then(() => null),
    ]);
    return results.filter(Boolean).map(({ id }) => id.generation);
  });
  assert.equal(new Set(generations).size, 1);
});

test("a crash that is told twice does not reject the healthy call after it", async () => {
  const failed = await page.evaluate(async () => {
    const { cam, pictures, crash, failure } = globalThis;
    await cam.explain(pictures.cat);
    crash(cam);
    crash(cam);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return failure(cam.explain(pictures.cat));
  });
  assert.equal(failed, null);
});

test("a network that breaks while it runs is told once, and the next call works with it or another", async () => {
  const seen = await page.evaluate(async () => {
    const { cam, pictures, failure, load } = globalThis;
    await load("breaks");
    const errors = [await failure(cam.explain(pictures.cat)), await failure(cam.explain(pictures.cat))];
    await load("small");
    return { errors, after: await failure(cam.explain(pictures.cat)) };
  });
  for (const error of seen.errors) assert.match(error.message, /^The computation broke off: .*out of/);
  assert.equal(seen.after, null);
});

test("where the network cannot be fetched after a crash the call says so, and a later one tries again", async () => {
  await page.evaluate(() => globalThis.cam.loadModel({ catalog: "efficientnet_lite0" }).then(() => null));
  await page.route("**/*.onnx", (route) => route.abort());
  const ask = () =>
    page.evaluate(() =>
      globalThis.failure(
        globalThis.cam.explain(globalThis.pictures.cat, { layer: "stem.relu6", enough: AbortSignal.abort() }),
      ),
    );
  await page.evaluate(() => globalThis.crash(globalThis.cam));
  assert.equal((await ask()).kind, "network");
  await page.unroute("**/*.onnx");
  assert.equal(await ask(), null);
});

test("a result keeps the class names of its own network", async () => {
  const labels = await page.evaluate(async () => {
    const { cam, pictures, load } = globalThis;
    await load("small", { labels: ["a", "b", "c", "d", "e"] });
    const result = await cam.explain(pictures.cat);
    await load("another", { labels: ["v", "w", "x", "y", "z"] });
    const { channel } = (await result.channels()).channels.find(({ score }) => score !== null);
    const other = await result.forClass(0);
    return [result.predictions, await result.maskedPredictions(channel), other.predictions]
      .flat()
      .map(({ label }) => label);
  });
  assert.ok(labels.length >= 15 && labels.every((label) => "abcde".includes(label)), labels.join());
});

test("twelve explanations at once are all answered, each for its own picture", async () => {
  const maps = await page.evaluate(async () => {
    const { cam, pictures } = globalThis;
    const asked = Array.from({ length: 12 }, (_, i) => cam.explain(i % 2 ? pictures.cat : pictures.coffee));
    return (await Promise.all(asked)).map(({ heatmap }) => heatmap.join());
  });
  assert.equal(maps.length, 12);
  assert.deepEqual(
    [new Set(maps.filter((_, i) => i % 2)).size, new Set(maps.filter((_, i) => i % 2 === 0)).size],
    [1, 1],
  );
  assert.notEqual(maps[0], maps[1]);
});

test("of two networks that are chosen quickly the last one counts, and the earlier load is aborted", async () => {
  const seen = await page.evaluate(async () => {
    const { cam, pictures, failure, load } = globalThis;
    const first = failure(cam.loadModel({ catalog: "efficientnet_lite0" }));
    const second = load("another");
    return { first: await first, second: (await second).name, used: (await cam.explain(pictures.cat)).id.network.name };
  });
  assert.deepEqual([seen.first.kind, seen.second, seen.used], ["superseded", "another", "another"]);
});

test("what a layer needs is worked out before anything is allocated", async () => {
  const seen = await page.evaluate(async () => {
    const { cam, pictures, failure, load } = globalThis;
    const model = await load("larger_than_memory");
    const error = await failure(cam.explain(pictures.cat));
    const again = await load("small");
    return { error, before: model.memoryBytes, after: again.memoryBytes };
  });
  assert.equal(seen.error.kind, "memory");
  assert.match(
    seen.error.message,
    /^The layer "maps" of 256 maps of 1024 x 1024 needs about [4-9]\.\d GB of memory; there are 4\.3 GB\.$/,
  );
  assert.ok(seen.after < 1e9, `${seen.after} bytes`);
});

test("paddings whose sizes 32 bits do not hold are refused with a sentence", async () => {
  const error = await page.evaluate(() => globalThis.failure(globalThis.load("wide_pads")));
  assert.match(
    error.message,
    /^wide_pads cannot be computed: its tensor "last" of shape \[64, 8212, 8212\] needs 17\.3 GB\.$/,
  );
});

test("a worker that computes on after a cancel is replaced, and what it took is given back", async () => {
  const seen = await page.evaluate(async () => {
    const { cam, pictures, failure, load } = globalThis;
    const before = (await cam.explain(pictures.cat)).id.generation;
    await load("slow");
    const stop = new AbortController();
    const answer = failure(cam.explain(pictures.cat, { signal: stop.signal }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    stop.abort(new Error("not any more"));
    const error = await answer;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { memoryBytes } = await load("small");
    return { error, before, after: (await cam.explain(pictures.cat)).id.generation, memoryBytes };
  });
  assert.equal(seen.error.message, "not any more");
  assert.ok(seen.after > seen.before, "another worker");
  assert.ok(seen.memoryBytes < 5e8, `${seen.memoryBytes} bytes`);
});

test("an explanation that was stopped goes on where it stopped, to the map that it would have had", async () => {
  const seen = await page.evaluate(async () => {
    const { cam, pictures } = globalThis;
    await cam.loadModel({ catalog: "efficientnet_lite0" });
    const options = { layer: "blocks.2.depthwise.relu6" };
    const enough = new AbortController();
    const partial = await cam.explain(pictures.cat, {
      ...options,
      enough: enough.signal,
      onProgress: ({ done }) => done > 0 && enough.abort(),
    });
    const firsts = [];
    const whole = await partial.continue({ onProgress: ({ done }) => firsts.push(done) });
    const straight = await cam.explain(pictures.cat, options);
    return {
      partial: partial.diagnostics,
      whole: whole.diagnostics,
      began: firsts[0],
      same: whole.heatmap.join() === straight.heatmap.join(),
    };
  });
  assert.ok(
    seen.partial.partial && !seen.whole.partial && seen.began === seen.partial.scoredChannels && seen.same,
    JSON.stringify(seen),
  );
});
