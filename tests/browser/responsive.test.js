/** The page's own thread stays free while a run goes on: measured as its processor time, which a busy machine does not change. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { finished, open, prediction, sample, saved } from "./page.js";

/** Milliseconds of the page's thread that one interaction may take. */
const BUDGET = 100;

let tab, page, session;
before(async () => {
  tab = await open();
  ({ page } = tab);
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  await page.getByRole("region", { name: "5. The maps behind it" }).waitFor();
  // A second ScoreCam in the same page, that computes all the time.
  await page.evaluate(async () => {
    const { ScoreCam } = await import("./scorecam.js");
    const cam = await ScoreCam.create({ threads: 2 });
    await cam.loadModel({ catalog: "efficientnet_lite0" });
    const picture = await (await fetch("samples/coffee.png")).blob();
    globalThis.passes = 0;
    const again = () => cam.explain(picture, { onProgress: () => globalThis.passes++ }).then(again);
    again();
  });
  await page.waitForFunction(() => globalThis.passes > 3);
  session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
});
after(() => tab?.close());

async function taskMilliseconds() {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
}

const panel = () => page.getByRole("region", { name: "5. The maps behind it" });
const cards = () => panel().getByRole("list").getByRole("button");

const INTERACTIONS = {
  "another order of 1,280 maps": () => panel().getByLabel("Order by").selectOption("energy"),
  "a screen further down the maps": () => panel().getByRole("list").evaluate((list) => (list.scrollTop += list.clientHeight)),
  "to the last map": async () => {
    await cards().first().focus();
    await page.keyboard.press("End");
  },
  "a map is pinned": () => cards().last().click(),
  "another step": () => page.getByRole("tab", { name: "5 Cover" }).click(),
  "other colours": () => page.getByLabel("Colours", { exact: true }).selectOption("viridis"),
  "another opacity": () => page.getByLabel("Opacity").fill("30"),
  "a place of the heatmap": () => page.getByRole("application", { name: /^The heatmap/ }).hover(),
  "the picture is saved with its caption": () => saved(page, "Save picture with caption (PNG)"),
  "another class": () => prediction(page, "tabby").click(),
};

for (const [what, interact] of Object.entries(INTERACTIONS)) {
  test(`${what}: under ${BUDGET} ms of the page's thread`, async (t) => {
    const passes = await page.evaluate(() => globalThis.passes);
    const before = await taskMilliseconds();
    await interact();
    // Until it is painted.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    const spent = (await taskMilliseconds()) - before;
    t.diagnostic(`${spent.toFixed(0)} ms`);
    assert.ok(spent < BUDGET, `${spent} ms`);
    await page.waitForFunction((passes) => globalThis.passes > passes, passes);
  });
}
