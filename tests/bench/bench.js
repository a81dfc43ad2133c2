/**
 * Times masked passes in headless Chromium, scorecam and onnxruntime-web by turns in one page, on the same files.
 *
 *   ./build.sh bench [--networks NAME,...]   networks of the catalogue; all if left out
 *                    [--files PATH,...]      networks of your own besides, as ONNX files
 *                    [--profile]             no comparison: milliseconds and share of the peak by step, one thread
 *                    [--threads N]           of both; 2 if left out
 *                    [--rounds N]            of A B A B after a warm-up; 5
 *                    [--passes N]            masked passes of a round; 48
 *                    [--no-peer]             scorecam alone
 *                    [--no-whole]            no whole explanations
 *                    [--json FILE]           everything that was measured
 *
 * A pass of ours has all that belongs to it: mask, masked picture, scores, and the map drawn from them so far. A pass of
 * onnxruntime-web is session.run alone on a tensor that is there, in its best batch. Figures are medians.
 */

import { execFileSync, execSync } from "node:child_process";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { cpus } from "node:os";
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import sirv from "sirv";
import { serve as serveDist } from "../../tools/serve.js";
import { ROOT, launch } from "../browser/page.js";

const BATCHES = [1, 4, 16];
const SAMPLES = [
  "chelsea.png",
  "cat_and_coffee.jpg",
  "coffee.png",
  "camera.png",
  "astronaut.png",
  "grace_hopper.jpg",
  "rocket.jpg",
];

const { values: options } = parseArgs({
  options: {
    networks: { type: "string" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    passes: { type: "string", default: "48" },
    files: { type: "string" },
    profile: { type: "boolean", default: false },
    "no-peer": { type: "boolean", default: false },
    "no-whole": { type: "boolean", default: false },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(
    readFileSync(fileURLToPath(import.meta.url), "utf8")
      .match(/\/\*\*\n([^]*?)\n \*\//)[1]
      .replace(/^ \* ?/gm, ""),
  );
  process.exit();
}
const threads = Number(options.threads);
/** The build that is measured beside the one that this browser takes. */
const OTHER = "simd";
const catalog = JSON.parse(readFileSync(`${ROOT}models/catalog.json`, "utf8")).models;
/** By name, networks that are no part of the catalogue. */
const files = new Map((options.files?.split(",") ?? []).map((path) => [basename(path, ".onnx"), path]));
const known = options.networks?.split(",") ?? (files.size ? [] : catalog.map(({ name }) => name));
const wanted = [...known, ...files.keys()];

const { address, close } = await serve();
const browser = await launch();
const report = {
  machine: machine(),
  chromium: browser.version(),
  threads,
  download: downloads(),
  kernels: [],
  rows: [],
};
console.log(`${report.machine.cpu}, ${report.machine.cores} cores, Chromium ${report.chromium}, ${threads} threads`);
for (const { file, brotli } of report.download) console.log(`${file}: ${(brotli / 1e6).toFixed(2)} MB with Brotli`);
try {
  if (!options.profile) {
    report.visit = await visit();
    console.log(visitLine(report.visit));
  }
  report.kernels = await kernels();
  for (const { kernel, gigaMacs } of report.kernels)
    console.log(`kernel ${kernel}: ${gigaMacs.toFixed(1)} GMAC/s on one thread`);
  for (const name of wanted) {
    const entry = files.has(name) ? { name } : catalog.find((entry) => entry.name === name);
    if (!entry) fail(`There is no network "${name}".`);
    if (options.profile) {
      await profile(entry);
      continue;
    }
    const row = await bench(entry);
    report.rows.push(row);
    console.log(line(row));
  }
  const compared = report.rows.filter(({ peer }) => peer);
  const mean = (ratios) => Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length).toFixed(2);
  const of = (which) => mean(compared.map((row) => row.peer.median / row[which].median));
  if (compared.length) console.log(`geometric mean of the ratios: ${of("ours")}, build ${OTHER} ${of("other")}`);
} finally {
  await browser.close();
  close();
}
if (process.env.SCORECAM_PYTHON) report.native = native();
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);

/** First visits, each by a browser that knows nothing yet: what comes, and when the page can be used and shows a first map. */
async function visit() {
  const server = await serveDist();
  const visits = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    const context = await browser.newContext({ serviceWorkers: "block" });
    const page = await context.newPage();
    let [requests, bytes] = [0, 0];
    page.on("requestfinished", async (request) => {
      requests++;
      bytes += (await request.sizes()).responseBodySize;
    });
    const started = performance.now();
    await page.goto(server.address);
    await page.waitForFunction(() => globalThis.document.querySelector("#layer").options.length > 0, null, {
      polling: 20,
    });
    const interactiveMs = performance.now() - started;
    const seen = { requests, bytes };
    const clicked = performance.now();
    await page.locator("#samples button").first().click();
    await page.waitForFunction(() => !globalThis.document.querySelector("#heat").hidden, null, { polling: 20 });
    visits.push({ ...seen, interactiveMs, firstMapMs: performance.now() - clicked });
    await context.close();
  }
  server.close();
  const of = (field) => summary(visits.map((one) => one[field]));
  return {
    requests: of("requests"),
    bytes: of("bytes"),
    interactiveMs: of("interactiveMs"),
    firstMapMs: of("firstMapMs"),
  };
}

function visitLine({ requests, bytes, interactiveMs, firstMapMs }) {
  return `a first visit: ${requests.median} requests, ${(bytes.median / 1e6).toFixed(2)} MB, ${interactiveMs.median.toFixed(0)} ms until the page can be used, ${firstMapMs.median.toFixed(0)} ms from the click to the first map`;
}

/** Rates of the kernels by themselves, in a page of their own. */
async function kernels() {
  const page = await browser.newPage();
  await page.goto(`${address}bench/`);
  const rates = await page.evaluate(async () => {
    const { ScoreCam } = await import("/scorecam.js");
    const cam = await ScoreCam.create({ threads: 1 });
    await cam.measureKernels(); // compiles them
    return cam.measureKernels();
  });
  await page.close();
  return rates;
}

/** What a visitor downloads of WebAssembly: one of the builds. */
function downloads() {
  const folder = `${ROOT}dist/assets/`;
  const files = readdirSync(folder).filter((name) => name.endsWith(".wasm"));
  const size = (name) => statSync(`${folder}${name}`).size;
  return files.map((file) => ({ file, bytes: size(file), brotli: size(`${file}.br`) }));
}

/** Native peers on the same machine, after the browser is gone. */
function native() {
  const output = execFileSync(
    process.env.SCORECAM_PYTHON,
    [`${ROOT}tests/bench/native_peers.py`, String(threads), ...wanted],
    { encoding: "utf8" },
  );
  const found = JSON.parse(output);
  for (const { network, peer, ms } of found) console.log(`${network}: ${peer} ${ms.toFixed(1)} ms a pass, native`);
  return found;
}

/** Prints the steps of a network, those that take longest first. */
async function profile({ name, ...entry }) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(`${address}bench/`);
  const steps = await page.evaluate(
    async ([model, entry]) => {
      const bench = await import("/bench/page.js");
      await bench.load({ model, entry, threads: 1 });
      return bench.steps();
    },
    [modelOf(name), { name, ...entry }],
  );
  await page.close();
  const peak = report.kernels[0].gigaMacs;
  const all = steps.reduce((sum, { ms }) => sum + ms, 0);
  const share = (ms) => `${((ms / all) * 100).toFixed(1).padStart(5)} %`;
  console.log(`${name}: ${all.toFixed(1)} ms a pass on one thread`);
  for (const { name, operator, kind, ms, multiplyAdds } of steps.toSorted((a, b) => b.ms - a.ms)) {
    const ofPeak = multiplyAdds ? `${((multiplyAdds / ms / 1e6 / peak) * 100).toFixed(0)} % of the peak` : "";
    console.log(`${ms.toFixed(2).padStart(8)} ms ${share(ms)} ${ofPeak.padStart(17)}  ${kind}: ${operator} ${name}`);
  }
  const fallen = steps.filter(({ fallsBack }) => fallsBack).reduce((sum, { ms }) => sum + ms, 0);
  console.log(`${share(fallen)} by tract's operators`);
}

/** Where a network is served. */
function modelOf(name) {
  return files.has(name) ? `/files/${name}.onnx` : `/networks/${name}.onnx`;
}

/** One network in a page of its own: warm-up, then rounds of A B A B. */
async function bench(entry) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(`${address}bench/`);
  const call = (name, argument) =>
    page.evaluate(async ([name, argument]) => (await import("/bench/page.js"))[name](argument), [name, argument]);
  const model = modelOf(entry.name);
  const loaded = await call("load", { model, entry, threads });
  await call("load", { model, entry, threads, build: OTHER });
  const side = loaded.side;
  const passes = Number(options.passes);
  const peer = (name, argument) =>
    page.evaluate(
      async ([name, argument]) => (await import("/bench/page.js")).callPeer(name, argument),
      [name, argument],
    );
  let batch = 0;
  if (!options["no-peer"]) {
    const times = [];
    for (const size of BATCHES) {
      try {
        await peer("load", { model, threads, batch: size, side });
        await peer("time", { passes: size });
        times.push([await peer("time", { passes: Math.max(8, size) }), size]);
      } catch (error) {
        console.error(`onnxruntime-web, ${entry.name}, batch ${size}: ${error.message.split("\n")[0]}`);
      }
    }
    batch = times.sort(([a], [b]) => a - b)[0][1];
    await peer("load", { model, threads, batch, side });
    await peer("time", { passes: batch });
  }
  for (const build of [undefined, OTHER]) await call("timeOurs", { passes, build });
  const [ours, others, theirs] = [[], [], []];
  for (let round = 0; round < Number(options.rounds); round++) {
    ours.push(await call("timeOurs", { passes }));
    others.push(await call("timeOurs", { passes, build: OTHER }));
    if (batch) theirs.push(await peer("time", { passes }));
  }
  await call("endPeer");
  await call("end", { build: OTHER });
  const row = {
    name: entry.name,
    loadMs: loaded.loadMs,
    multiplyAdds: loaded.multiplyAdds,
    ours: summary(ours),
    other: summary(others),
    peer: batch ? { ...summary(theirs), batch } : null,
  };
  if (!options["no-whole"]) {
    row.whole = [];
    for (const sample of entry === catalog[0] ? SAMPLES : SAMPLES.slice(0, 1)) {
      row.whole.push({ sample, ...(await call("explain", { url: `/samples/${sample}` })) });
    }
  }
  row.memoryBytes = await call("memory");
  await page.close();
  return row;
}

function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], min: sorted[0], max: sorted.at(-1) };
}

function line({ name, multiplyAdds, ours, other, peer, memoryBytes, whole }) {
  const ms = ({ median, min, max }) => `${median.toFixed(1)} ms (${min.toFixed(1)} to ${max.toFixed(1)})`;
  const compared = peer
    ? `, onnxruntime-web ${ms(peer)} in batches of ${peer.batch}, ratio ${(peer.median / ours.median).toFixed(2)}`
    : "";
  const second = `, build ${OTHER} ${ms(other)}${peer ? `, ratio ${(peer.median / other.median).toFixed(2)}` : ""}`;
  const wholes = (whole ?? []).map(
    ({ sample, firstMs, totalMs, channels, tenth }) =>
      `\n  ${sample}: first map ${firstMs.toFixed(0)} ms, whole ${(totalMs / 1000).toFixed(1)} s, ${channels} passes, ${tenth ? `Spearman ${tenth.spearman.toFixed(3)} after ${(tenth.share * 100).toFixed(0)} %` : "no preview between"}`,
  );
  // By the definition of the convolution: Winograd's algorithm multiplies less and may exceed the peak.
  const share = multiplyAdds / 1e6 / ours.median / (report.kernels[0].gigaMacs * threads);
  return `${name}: ${ms(ours)} a pass, ${(share * 100).toFixed(0)} % of the peak${compared}${second}, memory ${(memoryBytes / 1e6).toFixed(0)} MB${wholes.join("")}`;
}

/** dist/ with the benchmark, its networks and its peer beside it. */
async function serve() {
  const isolate = {
    setHeaders: (response) => {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    },
    dev: true,
  };
  const roots = {
    "/bench": `${ROOT}tests/bench`,
    "/samples": `${ROOT}www/samples`,
    "/networks": `${ROOT}target/networks/bench`,
    "/peer": `${ROOT}node_modules/onnxruntime-web/dist`,
  };
  const folders = Object.entries(roots).map(([path, folder]) => [path, sirv(folder, isolate)]);
  const dist = sirv(`${ROOT}dist`, isolate);
  const server = createServer((request, response) => {
    const notFound = () => response.writeHead(404).end();
    const own = /^\/files\/(.+)\.onnx$/.exec(request.url)?.[1];
    if (own && files.has(own)) {
      isolate.setHeaders(response);
      response.end(readFileSync(resolve(files.get(own))));
      return;
    }
    const found = folders.find(([path]) => request.url.startsWith(`${path}/`));
    if (!found) return dist(request, response, notFound);
    request.url = request.url.slice(found[0].length);
    return found[1](request, response, notFound);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return { address: `http://localhost:${server.address().port}/`, close: () => server.close() };
}

function machine() {
  const [{ model }] = cpus();
  const versions = { node: process.version, rust: execSync("rustc --version").toString().trim() };
  return { cpu: model, cores: cpus().length, ...versions };
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
