/** The page in Firefox ESR and WebKitGTK, as Debian has them, on a host that knows nothing of headers. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { serve } from "../../tools/serve.js";
import { ENGINES, until } from "./engines.js";
import { ROOT, compare, npyValues } from "./page.js";

/** A layer of few channels, so that a run takes seconds. */
const FEW = "#layer=blocks.2.depthwise.relu6";
const base64 = (path) => readFileSync(`${ROOT}${path}`).toString("base64");
const reference = npyValues(readFileSync(`${ROOT}tests/fixtures/chelsea.authors.npy`));

for (const name of ["firefox", "webkit"]) {
  describe(name, () => {
    let server, page;
    before(async () => {
      server = await serve({ bare: true });
      page = await ENGINES[name]();
      await page.goto(server.address + FEW);
    });
    after(async () => {
      await page?.close();
      server?.close();
    });

    const text = (selector) => page.evaluate((selector) => document.querySelector(selector).textContent, selector);
    const says = (selector, pattern) =>
      until(page, ([selector, pattern]) => new RegExp(pattern).test(document.querySelector(selector).textContent), [
        selector,
        pattern.source,
      ]).catch(async (error) => {
        throw new Error(`${selector} says “${await text(selector)}”`, { cause: error });
      });
    const press = (selector) => page.evaluate((selector) => document.querySelector(selector).click(), selector);
    const drop = (path, as = path.split("/").at(-1)) =>
      page.evaluate(
        ([name, base64]) => {
          const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        },
        [as, path.includes("/") ? base64(path) : Buffer.from(path).toString("base64")],
      );

    test("is isolated by the service worker, and computes on several threads with the build that it can run", async () => {
      await says("#engine", /^Computing on \d+ threads/);
      assert.equal(await page.evaluate(() => crossOriginIsolated), true);
      const build = name === "firefox" ? /Build: relaxed SIMD/ : /Build: plain SIMD, because this browser has no/;
      assert.match(await text("#engine"), build);
    });

    test("explains a picture, for another class too, and is cancelled at once", async () => {
      await press("#samples button");
      await says("#progress-text", /^Done: \d+ masked pictures/);
      await says("#predictions", /^Egyptian cat/);
      // The result is complete a moment after the last pass.
      await until(page, () => document.querySelector("#predictions li:nth-child(2) button").ariaDisabled === "false");
      await press("#predictions li:nth-child(2) button");
      await says("#predictions [aria-pressed=true]", /^tiger cat|^tabby/);
      await press("#samples li:nth-child(3) button");
      await until(page, () => !document.querySelector("#cancel").hidden && !document.querySelector("#progress").hidden);
      await press("#cancel");
      await says("#progress-text", /^(Stopped after|Cancelled before|Done)/);
    });

    test("compares methods, answers while one paints, and takes the picture apart in the map's order", async () => {
      await press("#samples button");
      await says("#progress-text", /^Done: \d+ masked pictures/);
      await press(".modes [data-mode=compare]");
      await until(page, () => document.querySelectorAll(".tile[data-phase=done]").length > 6);
      await until(page, () => !document.querySelector(".tile[data-phase=waiting], .tile[data-phase=running]"));
      await press(".modes [data-mode=test]");
      await says("#hand-said", /^Nothing is covered: Egyptian cat/);
      await page.evaluate(() =>
        document
          .querySelector("#hand-picture")
          .dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true, cancelable: true })),
      );
      await says("#hand-said", /^You cover [\d.]+%/);
      await press("#film-run");
      await says("#film-verdict", /^Hiding the hottest tenth takes Egyptian cat/);
      await press(".modes [data-mode=explain]");
    });

    test("explains several pictures that are dropped, shows their mean and hands out their maps", async () => {
      await page.evaluate((base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const data = new DataTransfer();
        for (const file of ["a.png", "b.png"]) data.items.add(new File([bytes], file, { type: "image/png" }));
        data.items.add(new File(["no picture"], "c.png", { type: "image/png" }));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
      }, base64("www/samples/chelsea.png"));
      await says("#folder-said", /^3 pictures are in the list/);
      await until(page, () => !document.querySelector("#folder-start").disabled);
      await press("#folder-start");
      await says("#folder-said", /^All pictures are done/);
      await says("#folder-progress", /^3 of 3, 1 failed/);
      await says(".row-body", /Egyptian cat/);
      await until(page, () => document.querySelectorAll(".row-map:not([hidden])").length === 2);
      await until(page, () => document.querySelector("#folder-class").options.length === 2);
      await page.evaluate(() => {
        const menu = document.querySelector("#folder-class");
        menu.selectedIndex = 1;
        menu.dispatchEvent(new Event("change"));
      });
      await says("#folder-mean-said", /^The mean of the maps of 2 pictures/);
      const archive = await page.evaluate(async () => {
        const make = URL.createObjectURL;
        const kept = HTMLAnchorElement.prototype.click;
        const made = new Promise((resolve) => (URL.createObjectURL = (blob) => (resolve(blob), make(blob))));
        HTMLAnchorElement.prototype.click = () => {};
        try {
          document.querySelector("#folder-npz").click();
          const blob = await made;
          return [blob.size, await blob.slice(0, 2).text()];
        } finally {
          URL.createObjectURL = make;
          HTMLAnchorElement.prototype.click = kept;
        }
      });
      // Two maps of 224 by 224, float32, each behind 128 bytes of its own, in a zip that packs nothing.
      assert.ok(
        archive[0] > 2 * (4 * 224 * 224 + 128) && archive[0] < 2 * (4 * 224 * 224 + 128) + 1000,
        archive.join(),
      );
      assert.equal(archive[1], "PK");
      await press(".modes [data-mode=explain]");
    });

    test("says what is wrong with a bad picture, takes a network of the visitor's, and goes on", async () => {
      await drop("Dear diary", "notes.png");
      await says("#notices", /This file is not a picture that can be read/);
      await drop("tests/fixtures/tiny.onnx");
      await until(page, () => document.querySelector("#network").value === "tiny.onnx");
      await drop("www/samples/coffee.png");
      await says("#progress-text", /^Done: \d+ masked pictures/);
    });

    test("saves the map, the report and the picture", async () => {
      // The result is complete a moment after the last pass, and can be saved only then.
      await until(page, () => !document.querySelector("#save-npy").closest("[hidden]"));
      const saved = await page.evaluate(async () => {
        const blobs = [];
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => (blobs.push(blob), make(blob));
        const kept = HTMLAnchorElement.prototype.click;
        HTMLAnchorElement.prototype.click = () => {};
        try {
          for (const id of ["save-npy", "save-report", "save-png", "save-json"]) {
            const before = blobs.length;
            document.getElementById(id).click();
            for (let wait = 0; blobs.length === before && wait < 1200; wait++)
              await new Promise((resolve) => setTimeout(resolve, 50));
          }
        } finally {
          URL.createObjectURL = make;
          HTMLAnchorElement.prototype.click = kept;
        }
        return Promise.all(blobs.map(async (blob) => [blob.type, (await blob.slice(0, 64).text()).slice(0, 8)]));
      });
      assert.equal(saved.length, 4);
      assert.match(saved[0][1], /NUMPY/);
      assert.match(saved[1][1], /^<!doctyp/i);
      assert.match(saved[2][1], /PNG/);
      assert.match(saved[3][1], /^\{/);
    });

    test("its map of chelsea.png is NumPy's, and Chromium's, to 0.001", async () => {
      const values = await page.evaluate(async (picture) => {
        const { ScoreCam } = await import(new URL("scorecam.js", document.baseURI).href);
        const cam = await ScoreCam.create();
        await cam.loadModel({ catalog: "efficientnet_lite0" });
        const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
        const { heatmap } = await cam.explain(new Blob([bytes]));
        await cam.dispose();
        return [...heatmap];
      }, base64("www/samples/chelsea.png"));
      const { correlation, difference } = compare(values, reference);
      assert.ok(correlation > 0.99999 && difference < 1e-3, `Pearson ${correlation}, largest difference ${difference}`);
    });

    test("opens and explains with the server gone", async () => {
      await until(page, async () =>
        (await (await caches.open("scorecam")).keys()).some(({ url }) => /onnx$/.test(url)),
      );
      await says("#offline", /Kept on this device/);
      server.close();
      await page.goto(`${server.address}?again${FEW}`);
      await says("#engine", /^Computing on \d+ threads/);
      await press("#samples button");
      await says("#progress-text", /^Done: \d+ masked pictures/);
    });
  });
}

test("WebKit without shared memory, as its port is by default, computes on one thread and says why", async () => {
  const server = await serve({ bare: true });
  const page = await ENGINES.webkit({ threads: false });
  try {
    await page.goto(server.address + FEW);
    await until(page, () => /^Computing on|./.test(document.querySelector("#engine").textContent));
    assert.match(
      await page.evaluate(() => document.querySelector("#engine").textContent),
      /^Computing on one thread: this browser refuses to start more|^Computing on one thread: the page is not isolated/,
    );
    await page.evaluate(() => document.querySelector("#samples button").click());
    await until(page, () => /^Done/.test(document.querySelector("#progress-text").textContent));
  } finally {
    await page.close();
    server.close();
  }
});
