/** Owns the wasm instance, its thread pool, the model and the runs. The page's thread never computes. */

import { relaxedSimd, simd, threads as wasmThreads } from "./vendor/wasm-feature-detect.js";
import { download, sha256 } from "./download.js";
import { serve } from "./protocol.js";

/** How often the curve of convergence is drawn anew while passes go on. */
const CURVES = 20;

/** Runs that can still be asked for another class; each holds some megabytes of scores. */
const KEPT_RUNS = 8;

let core, memory, baseUrl, panicChannel, model, labels;
const runs = new Map();
let nextRun = 0;

const ofRun = { outcome, overlayPng, npy, convergence, compare, channels, scaledMap, maskedPicture, thumbnails, maskedPredictions, partialSum, provenance };
serve({ start, loadModel, explain, ...ofRun, checkKernels, measureKernels }, toPlainError);

async function start(options) {
  ({ baseUrl, panicChannel } = options);
  const features = { simd: await simd(), relaxedSimd: await relaxedSimd(), threads: await wasmThreads() };
  const isolated = globalThis.crossOriginIsolated;
  if (!features.simd) {
    throw failure("browser", "This browser has no WebAssembly SIMD.", "Use a current Chrome, Edge, Firefox or Safari.");
  }
  const threaded = isolated && features.threads && features.relaxedSimd;
  core = await import(new URL(`wasm/${threaded ? "threads" : "single"}/core.js`, baseUrl).href);
  ({ memory } = await core.default());
  core.reportPanics(panicChannel);
  const threads = threaded ? Math.max(1, options.threads ?? navigator.hardwareConcurrency ?? 1) : 1;
  if (threaded) await core.initThreadPool(threads);
  return {
    threads,
    isolated,
    available: await availableFiles(),
    features,
    singleThreadReason: threads > 1 ? null : singleThreadReason({ isolated, features, asked: options.threads }),
    version: core.version(),
    catalog: core.catalog(),
    recipes: core.recipes(),
    presets: core.presets(),
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
  const { file, spec, names, checksum } = source.catalog === undefined ? await ownModel(source) : await catalogModel(source.catalog, { signal, onProgress });
  onProgress({ stage: "prepare", done: file.byteLength, total: file.byteLength });
  const { input = {}, ...rest } = spec;
  const loaded = core.Model.load(file, rest, input);
  const info = loaded.info();
  const named = await nameClasses(names, info.classes).catch((error) => {
    loaded.free();
    throw error;
  });
  // Only now, so that a network that cannot be loaded leaves the earlier one in use.
  model?.free();
  [model, labels] = [loaded, named.labels];
  return { ...info, ...named, sha256: checksum, memoryBytes: memory.buffer.byteLength };
}

async function catalogModel(name, { signal, onProgress }) {
  const spec = core.catalog().find((entry) => entry.name === name);
  if (!spec) {
    const known = core.catalog().map((entry) => entry.name).join(", ");
    throw failure("model", `The catalogue has no network called "${name}".`, `It has: ${known}.`);
  }
  const at = (file) => new URL(`models/${file}`, baseUrl);
  const progress = (done) => onProgress({ stage: "download", done, total: spec.bytes });
  const names = await download(at(spec.labels), { signal });
  const file = await download(at(spec.file), { signal, onProgress: progress, sha256: spec.sha256, size: spec.bytes });
  return { file, spec, names: core.labels(names), checksum: spec.sha256 };
}

/** A file of the visitor's. Its labels are an array or a labels file. */
async function ownModel({ file, name, spec = {}, labels }) {
  const names = labels instanceof Blob ? core.labels(await bytesOf(labels)) : labels;
  const bytes = await bytesOf(file);
  return { file: bytes, spec: name ? { name, title: name, ...spec } : spec, names, checksum: await sha256(bytes) };
}

const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());

/** Networks of 1,000 classes are taken for ImageNet's, those of 1,001 too: TensorFlow's count the background as the first. */
async function nameClasses(names, classes) {
  if (names?.length === classes) return { labels: names, warnings: [] };
  if (names) return { labels: names.slice(0, classes), warnings: [{ kind: "labels-differ", names: names.length, classes }] };
  if (classes !== 1000 && classes !== 1001) return { labels: [], warnings: [] };
  const imagenet = core.labels(await download(new URL(`models/${core.catalog()[0].labels}`, baseUrl)));
  return { labels: classes === 1001 ? ["background", ...imagenet] : imagenet, warnings: [{ kind: "labels-assumed", classes }] };
}

async function explain({ image, layer, target, recipe }, { signal, enough, onProgress }) {
  if (!model) throw failure("model", "No network is loaded.", "Call loadModel first.");
  const run = model.explain(new Uint8Array(image), { layer, recipe });
  const id = keep(run);
  const { total, predictions, ...info } = run.info();
  run.outcome({ target, recipe }); // refuses an unknown class now rather than after the first passes
  const shown = { ...info, predictions: predictions.map(withLabel), picture: run.picture() };
  onProgress({ stage: "classified", done: 0, total, etaMs: null, preview: null, convergence: [], ...shown });

  for (let done = 0, drawn = 0; done < total; ) {
    await nextTask();
    if (signal.aborted) return forget(id);
    if (enough.aborted && done > 0) break;
    const step = run.step();
    done = step.done;
    const preview = run.outcome({ target, recipe }).heatmap;
    const isDue = done - drawn >= total / CURVES;
    if (isDue) drawn = done;
    onProgress({ stage: "score", done, total, etaMs: step.etaMs, preview, convergence: isDue ? run.convergence({ target, recipe }) : null });
  }
  return { run: id, ...shown, ...run.outcome({ target, recipe }), memoryBytes: memory.buffer.byteLength };
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

function convergence({ run, ...options }) {
  return find(run).convergence(options);
}

function compare({ first: { run, ...options }, second: { run: otherRun, ...otherOptions } }) {
  return find(run).compare(options, find(otherRun), otherOptions);
}

function channels({ run, ...options }) {
  return find(run).channels(options);
}

function scaledMap({ run, channel }) {
  return find(run).scaledMap(channel);
}

function maskedPicture({ run, channel }) {
  return find(run).maskedPicture(channel);
}

/** Painted and shrunk here, where nobody waits for it: a page shows dozens at once. */
async function thumbnails({ run, channel, side }) {
  const picture = find(run).maskedPicture(channel);
  const { mask } = find(run).scaledMap(channel);
  const grey = new ImageData(picture.width, picture.height);
  const pixels = new Uint32Array(grey.data.buffer);
  mask.forEach((value, i) => (pixels[i] = 0xff000000 + 0x010101 * Math.round(255 * value)));
  const shrink = (image) => createImageBitmap(image, { resizeWidth: side, resizeHeight: side, resizeQuality: "medium" });
  return { mask: await shrink(grey), masked: await shrink(picture) };
}

function maskedPredictions({ run, channel }) {
  return find(run).maskedPredictions(channel).map(withLabel);
}

function partialSum({ run, count, ...options }) {
  return find(run).partialSum(options, count);
}

function provenance({ run, row, column, ...options }) {
  return find(run).provenance(options, row, column);
}

function checkKernels({ count }) {
  return core.checkKernels(count);
}

function measureKernels() {
  return core.measureKernels();
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
  if (run) {
    // The runs that are asked for are kept longest.
    runs.delete(id);
    runs.set(id, run);
    return run;
  }
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
