import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PATIENCE, open, prediction, sample } from "./page.js";

let tab;
before(async () => (tab = await open()));
after(() => tab?.close());

test("the two builds make the same map to 0.00001", async () => {
  const difference = await tab.page.evaluate(async () => {
    const { ScoreCam } = await import("./scorecam.js");
    const picture = await (await fetch("samples/chelsea.png")).blob();
    const maps = [];
    for (const build of ["relaxed", "simd"]) {
      const cam = await ScoreCam.create({ build });
      await cam.loadModel({ catalog: "efficientnet_lite0" });
      maps.push((await cam.explain(picture)).heatmap);
      await cam.dispose();
    }
    return Math.max(...maps[0].map((value, at) => Math.abs(value - maps[1][at])));
  });
  assert.ok(difference <= 1e-5, `${difference}`);
});

/** A browser that differs from this one: `patch` stands before the worker's script. */
async function inBrowser(patch, doing) {
  const prepare = (page) =>
    page.route("**/assets/worker-*.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${patch}\n${await response.text()}` });
    });
  const other = await open({ prepare }).catch((error) => error);
  if (other instanceof Error) return doing(null, other.message);
  try {
    await doing(other.page, await other.page.locator("#engine").textContent());
  } finally {
    await other.close();
  }
}

/** A browser that sets at most `pages` of memory aside, as iOS does. */
const withMemory = (pages) => `
  const Memory = WebAssembly.Memory;
  WebAssembly.Memory = function (wanted) {
    if (wanted.maximum > ${pages}) throw new RangeError("could not allocate memory");
    return new Memory(wanted);
  };`;

/** A browser without an instruction: the module that probes it is invalid. */
const without = (length) => `
  const validate = WebAssembly.validate;
  WebAssembly.validate = (bytes) => bytes.length !== ${length} && validate(bytes);`;

test("a browser without relaxed SIMD gets the other build, and its threads", () =>
  inBrowser(without(35), async (page, said) => {
    assert.match(said, /^Computing on \d+ threads\. Build: plain SIMD, because this browser has no relaxed SIMD/);
    await sample(page, "Chelsea the cat").click();
    await prediction(page, "Egyptian cat").waitFor();
  }));

test("a browser without SIMD or without WebAssembly gets a plain sentence", async () => {
  await inBrowser(without(31), async (_, said) => assert.match(said, /This browser has no WebAssembly SIMD\./));
  await inBrowser("globalThis.WebAssembly = undefined;", async (_, said) =>
    assert.match(said, /This browser runs no WebAssembly; Lockdown Mode/),
  );
});

test("a browser that starts no threads computes on one and says so", () =>
  inBrowser("globalThis.Worker = function () { throw new Error('no more'); };", async (page, said) => {
    assert.match(said, /^Computing on one thread: this browser refuses to start more/);
    await sample(page, "Chelsea the cat").click();
    await prediction(page, "Egyptian cat").waitFor();
  }));

test("with a gigabyte EfficientNet-Lite0 works, and VGG-16 is refused before a byte of it is fetched", () =>
  inBrowser(withMemory(16_384), async (page, said) => {
    assert.match(said, /The browser allows at most 1,074 MB of memory\./);
    const requests = [];
    page.on("request", (request) => requests.push(request.url()));
    const refused = await page.evaluate(async () => {
      const { ScoreCam } = await import("./scorecam.js");
      const cam = await ScoreCam.create({ threads: 1 });
      const { message, kind } = await cam.loadModel({ catalog: "vgg16" }).catch((error) => error);
      return { message, kind, limit: cam.memoryLimit };
    });
    assert.equal(refused.limit, 2 ** 30);
    assert.match(refused.message, /^VGG-16 needs about 1386 MB of memory; this browser allows 1074 MB\./);
    assert.ok(!requests.some((url) => url.includes("vgg")));
    await page.evaluate(() => (location.hash = "#layer=blocks.2.depthwise.relu6"));
    await sample(page, "Chelsea the cat").click();
    await page
      .getByText(/^Done: \d+ masked pictures/)
      .first()
      .waitFor({ timeout: PATIENCE });
  }));
