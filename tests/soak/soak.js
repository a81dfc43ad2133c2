/**
 * Endurance: one browser, two tabs, hundreds of explanations by every method and four networks, in whose middle tabs are reloaded and
 * hidden, explanations cancelled and workers crashed. Every result has to be the one that came of the same question first, and after the
 * first fifty the browser's memory must not grow by more than five per cent.
 *
 *   node tests/soak/soak.js [--browser chromium|firefox] [--explanations 500] [--minutes 30]
 *
 * It ends when both are reached, or at a SIGTERM, and reports. build.sh makes what it needs.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import puppeteer from "puppeteer-core";
import { serve } from "../../tools/serve.js";
import { ROOT } from "../browser/page.js";
import { memoryOf } from "./memory.js";
import { METHODS, NETWORKS, SAMPLES, questions } from "./questions.js";
import { Tab } from "./tab.js";

const { values: asked } = parseArgs({
  options: {
    browser: { type: "string", default: "chromium" },
    explanations: { type: "string", default: "500" },
    minutes: { type: "string", default: "30" },
  },
});
const [least, minutes] = [Number(asked.explanations), Number(asked.minutes)];
/** Explanations that a look at the memory is the median over. */
const WINDOW = 50;
/** What the memory may grow by. */
const MOST_GROWTH = 0.05;

/** After how many steps, of one or two explanations, each comes again. */
const EVERY = { cancel: 7, hide: 6, reload: 20, crash: 30, other: 5 };

const networks = NETWORKS.filter(({ file }) => !file || existsSync(join(ROOT, file)));
if (networks.length < NETWORKS.length) throw new Error("Networks are missing: ./build.sh soak makes them.");

async function launch() {
  if (asked.browser === "firefox") {
    const executablePath = process.env.FIREFOX ?? "/usr/bin/firefox-esr";
    return puppeteer.launch({
      browser: "firefox",
      executablePath,
      headless: true,
      protocolTimeout: 180_000,
      handleSIGTERM: false,
    });
  }
  const executablePath = process.env.CHROME ?? "/usr/bin/chromium";
  return puppeteer.launch({
    executablePath,
    headless: true,
    protocolTimeout: 180_000,
    handleSIGTERM: false,
    args: ["--no-sandbox", "--disable-gpu"],
  });
}

const server = await serve({ isolation: true });
const browser = await launch();
const tabs = [await Tab.open(browser, server.address), await Tab.open(browser, server.address)];
/** What came of each question first. @type {Map<string, string>} */
const first = new Map();
/** Where it was not the same later. @type {string[]} */
const differences = [];
/** Bytes after each explanation. @type {number[]} */
const memory = [];
const counts = { explanations: 0, checked: 0, cancels: 0, hidden: 0, reloads: 0, crashes: 0, inOther: 0 };
const began = Date.now();

let step = -1;
let isStopped = false;
process.once("SIGTERM", () => (isStopped = true));

/** Whether it is time for something. @param {number} every */
const isTime = (every) => step % every === every - 1;

try {
  for (const question of questions(networks)) {
    const elapsed = (Date.now() - began) / 60_000;
    if (isStopped || (counts.explanations >= least && elapsed >= minutes)) break;
    step++;
    const isOther = isTime(EVERY.other);
    const [tab, rest] = isOther ? [tabs[1], tabs[0]] : tabs;
    await tab.page.bringToFront();
    if (isTime(EVERY.reload)) {
      await tab.reload();
      counts.reloads++;
    }
    if (isTime(EVERY.crash)) {
      await tab.crash(join(ROOT, "target/breaking/breaks.onnx"));
      counts.crashes++;
    }
    const cancel = isTime(EVERY.cancel);
    const hide = isTime(EVERY.hide);
    const found = await tab.explain(question, { cancel, whileItGoes: hide ? () => rest.page.bringToFront() : null });
    for (const [about, shown] of found) {
      const key = JSON.stringify(about);
      const before = first.get(key);
      if (before === undefined) first.set(key, shown);
      else if (before === shown) counts.checked++;
      else differences.push(`${key}: ${shown} is not ${before}`);
      counts.explanations++;
    }
    counts.cancels += Number(cancel);
    counts.hidden += Number(hide);
    counts.inOther += Number(isOther);
    const bytes = memoryOf(browser.process().pid);
    memory.push(...found.map(() => bytes));
    if (counts.explanations % WINDOW < found.length) {
      const megabytes = (median(memory.slice(-WINDOW)) / 1e6).toFixed(0);
      console.log(`${counts.explanations} explanations, ${elapsed.toFixed(1)} min, ${megabytes} MB`);
    }
  }
} finally {
  await browser.close();
  server.close();
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

console.log(
  JSON.stringify({
    browser: asked.browser,
    networks: networks.length,
    methods: METHODS.length,
    samples: SAMPLES,
    ...counts,
  }),
);
console.log(`questions: ${first.size}, of which asked again and found the same: ${counts.checked}`);
const isLong = memory.length >= 2 * WINDOW;
const [early, late] = [memory.slice(WINDOW, 2 * WINDOW), memory.slice(-WINDOW)].map(median);
const growth = isLong ? late / early - 1 : 0;
const said = `${(early / 1e6).toFixed(0)} MB after the first fifty, ${(late / 1e6).toFixed(0)} MB in the end: ${(100 * growth).toFixed(1)} %`;
console.log(`memory: ${isLong ? said : "too few explanations to say"}`);
for (const difference of differences) console.error(difference);
if (growth > MOST_GROWTH) console.error("The memory has grown by more than five per cent.");
if (differences.length || growth > MOST_GROWTH) process.exitCode = 1;
