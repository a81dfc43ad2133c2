/**
 * What every method and measure takes in the tab, for the embedded network on chelsea.png, from the call to the answer.
 *
 *   node tests/bench/methods.js [--rounds N]        after ./build.sh build; medians, seconds
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ROOT, open } from "../browser/page.js";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "3" } } });

/** Options that make the figures those of the README; the others are the defaults. */
const OPTIONS = { rise: { masks: 4000 } };

const picture = readFileSync(`${ROOT}www/samples/chelsea.png`).toString("base64");
const tab = await open();
try {
  const rows = await tab.page.evaluate(
    async ({ picture, rounds, OPTIONS }) => {
      const { ScoreCam } = await import("/scorecam.js");
      const cam = await ScoreCam.create();
      await cam.loadModel({ catalog: "efficientnet_lite0" });
      const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0)).buffer;
      const timed = async (doing) => {
        const started = performance.now();
        await doing();
        return (performance.now() - started) / 1000;
      };
      const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
      const rows = [];
      const several = async (name, doing, times = rounds) => {
        const seconds = [];
        for (let round = 0; round < times; round++) seconds.push(await timed(doing));
        rows.push([name, median(seconds)]);
      };
      // The first picture warms the program up.
      await cam.explain(bytes);
      for (const { name } of cam.methods) {
        // Score-CAM's passes, 35 and 10 times.
        if (["ss-cam", "is-cam"].includes(name)) continue;
        const long = ["score-cam", "rise", "lime", "kernel-shap", "vit-cx"].includes(name);
        await several(name, () => cam.explain(bytes, { method: name, ...OPTIONS[name] }), long ? 1 : rounds);
      }
      // After the others: only the latest explanations keep their scores.
      const first = await cam.explain(bytes);
      const gradient = await cam.explain(bytes, { method: "grad-cam" });
      await several("deletion-insertion", () => first.measure({ measures: ["deletion-insertion"] }), 1);
      await several("drop", () => first.measure({ measures: ["drop"] }));
      await several("road", () => first.measure({ measures: ["road"] }), 1);
      await several("stability, grad-cam", () => gradient.stability());
      await several("randomise, 8 stages, grad-cam", () => gradient.randomise());
      await several("randomise, 8 stages, score-cam", () => first.randomise(), 1);
      await cam.dispose();
      return rows;
    },
    { picture, rounds: Number(values.rounds), OPTIONS },
  );
  for (const [name, seconds] of rows) console.log(`${name.padEnd(34)} ${seconds.toFixed(3)} s`);
} finally {
  await tab.close();
}
