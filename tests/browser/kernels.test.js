import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./page.js";

for (const [isolation, build] of [
  [true, "relaxed"],
  [false, "simd"],
]) {
  test(`in the ${build} build, ${isolation ? "with" : "without"} its pool, convolutions of all kinds are what tract makes of them`, async () => {
    const tab = await open({ isolation });
    try {
      const found = await tab.page.evaluate(async (build) => {
        const { ScoreCam } = await import("./scorecam.js");
        const cam = await ScoreCam.create({ threads: 2, build });
        const differences = await cam.checkKernels(240);
        const rates = await cam.measureKernels();
        await cam.dispose();
        return { differences, rates, threads: cam.threads, build: cam.build };
      }, build);
      assert.equal(found.threads, isolation ? 2 : 1);
      assert.equal(found.build, build);
      assert.equal(found.differences.length, 240);
      for (const { case: name, difference, allowed } of found.differences)
        assert.ok(difference <= allowed, `${name}: ${difference}`);
      assert.equal(found.rates[0].kernel, "peak");
      assert.ok(found.rates.every(({ gigaMacs }) => gigaMacs > 0));
    } finally {
      await tab.close();
    }
  });
}
