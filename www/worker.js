/** Owns the wasm instance, its thread pool, the model and the runs. The page's thread never computes. */

import { relaxedSimd, simd, threads as wasmThreads } from "./vendor/wasm-feature-detect.js";
import { download } from "./download.js";
import { serve } from "./protocol.js";

/** Runs that can still be asked for another class; each holds some megabytes of scores. */
const KEPT_RUNS = 8;

let core, baseUrl, panicChannel, model, labels;
const runs = new Map();
let nextRun = 0;

serve({ start, loadModel, explain, outcome, overlayPng, npy }, toPlainError);

async function start(options) {
  ({ baseUrl, panicChannel } = options);
  const features = { simd: await simd(), relaxedSimd: await relaxedSimd(), threads: await wasmThreads() };
  const isolated = globalThis.crossOriginIsolated;
  if (!features.simd) {
    throw failure("browser", "This browser has no WebAssembly SIMD.", "Use a current Chrome, Edge, Firefox or Safari.");
  }
  const threaded = isolated && features.threads && features.relaxedSimd;
  core = await import(new URL(`wasm/${threaded ? "threads" : "single"}/core.js`, baseUrl).href);
  await core.default();
  core.reportPanics(panicChannel);
  const threads = threaded ? Math.max(1, options.threads ?? navigator.hardwareConcurrency ?? 1) : 1;
  if (threaded) await core.initThreadPool(threads);
  return {
    threads,
    isolated,
    available: await availableFiles(),
    features,
    singleThreadReason: threads > 1 ? null : singleThreadReason({ isolated, features, asked: options.threads }),
    catalog: core.catalog(),
    recipes: core.recipes(),
    colourMaps: core.colourMaps(),
  };
}

/** The network files that the build found; a host without the list has the default network. */
async function availableFiles() {
  try {
    return JSON.parse(new TextDecoder().decode(await download(new URL("models/available.json", baseUrl))));
  } catch {
    return [core.catalog()[0].file];
  }
}

function singleThreadReason({ isolated, features, asked }) {
  if (!isolated) return "not-isolated";
  if (!features.threads || !features.relaxedSimd) return "missing-feature";
  return asked === 1 ? "asked" : "one-core";
}

async function loadModel(source, { signal, onProgress }) {
  let { bytes, spec = {} } = source;
  let names = [];
  if (source.name) spec = { name: source.name, title: source.name, ...spec };
  if (source.catalog !== undefined) {
    spec = core.catalog().find((entry) => entry.name === source.catalog);
    if (!spec) {
      const known = core.catalog().map((entry) => entry.name).join(", ");
      throw failure("model", `The catalogue has no network called "${source.catalog}".`, `It has: ${known}.`);
    }
    const at = (file) => new URL(`models/${file}`, baseUrl);
    const progress = (done) => onProgress({ stage: "download", done, total: spec.bytes });
    names = JSON.parse(new TextDecoder().decode(await download(at(spec.labels), { signal })));
    bytes = await download(at(spec.file), { signal, onProgress: progress, sha256: spec.sha256, size: spec.bytes });
  }
  onProgress({ stage: "prepare", done: bytes.byteLength, total: bytes.byteLength });
  const loaded = core.Model.load(new Uint8Array(bytes), spec);
  // Only now, so that a network that cannot be loaded leaves the earlier one in use.
  model?.free();
  model = loaded;
  labels = names;
  return { ...model.info(), labels, warnings: [] };
}

async function explain({ image, layer, target, recipe }, { signal, onProgress }) {
  if (!model) throw failure("model", "No network is loaded.", "Call loadModel first.");
  const run = model.explain(new Uint8Array(image), { layer, recipe });
  const id = keep(run);
  const { total, predictions, ...info } = run.info();
  run.outcome({ target, recipe }); // refuses an unknown class now rather than after the first passes
  const shown = { ...info, predictions: predictions.map(withLabel), picture: run.picture() };
  onProgress({ stage: "classified", done: 0, total, etaMs: null, preview: null, ...shown });

  for (let done = 0; done < total; ) {
    await nextTask();
    if (signal.aborted) return forget(id);
    const step = run.step();
    done = step.done;
    const preview = run.outcome({ target, recipe }).heatmap;
    onProgress({ stage: "score", done, total, etaMs: step.etaMs, preview });
  }
  return { run: id, ...shown, ...run.outcome({ target, recipe }) };
}

function outcome({ run, target, recipe }) {
  return find(run).outcome({ target, recipe });
}

function overlayPng({ run, ...options }) {
  return find(run).overlayPng(options);
}

function npy({ run, ...options }) {
  return find(run).npy(options);
}

function keep(run) {
  const id = nextRun++;
  runs.set(id, run);
  for (const oldest of [...runs.keys()].slice(0, -KEPT_RUNS)) forget(oldest);
  return id;
}

function forget(id) {
  runs.get(id)?.free();
  runs.delete(id);
}

function find(id) {
  const run = runs.get(id);
  if (run) return run;
  throw failure("option", "The scores of this result are no longer in memory.", "Explain the picture again.");
}

const withLabel = ({ index, probability }) => ({ index, label: labels[index] ?? String(index), probability });

/** Lets messages in, a Cancel among them; a promise alone would not, and a timeout would wait. */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

const failure = (kind, message, hint) => ({ kind, message, hint });

/** What the core, the downloader and this file throw has a kind; anything else is a defect. */
function toPlainError(error) {
  // A trap, out of memory say, leaves the instance in no state to go on with.
  if (error instanceof WebAssembly.RuntimeError) new BroadcastChannel(panicChannel).postMessage(error.message);
  if (error?.kind) return failure(error.kind, error.message, error.hint);
  return failure("internal", `The worker failed: ${error?.message ?? error}.`, "Reload the page.");
}
