/** Owns the wasm instance, its thread pool, the model and the runs. The page's thread never computes. */

import { relaxedSimd, simd, threads as wasmThreads } from "./vendor/wasm-feature-detect.js";
import { counted, download } from "./download.js";
import { failure } from "./errors.js";
import { bytesOf, fetchNetwork, nameClasses } from "./network_source.js";
import { serve } from "./protocol.js";
import { Runs } from "./runs.js";
import { trustOwnScripts } from "./trusted.js";

/** How often the curve of convergence is drawn anew while passes go on. */
const CURVES = 20;

/** Beyond this much memory no run but the latest is kept. */
const LARGE = 1 << 30;

let core, memory, baseUrl, crashChannel;
/** The network in use: { model, labels, name, sha256 }. */
let network = null;
const runs = new Runs();
const find = (id) => runs.find(id);

trustOwnScripts();
const ofRun = {
  outcome,
  overlayPng,
  npy,
  report,
  convergence,
  channels,
  scaledMap,
  maskedPicture,
  thumbnails,
  maskedPredictions,
  partialSum,
  provenance,
};
serve(
  {
    start,
    loadModel,
    explain,
    resume,
    ...ofRun,
    compare,
    checkKernels,
    measureKernels,
    memory: () => memory.buffer.byteLength,
  },
  toPlainError,
);

async function start({ threads: asked, channel, framed, ...options }, { onProgress }) {
  ({ baseUrl } = options);
  crashChannel = new BroadcastChannel(channel);
  const features = { simd: await simd(), relaxedSimd: await relaxedSimd(), threads: await wasmThreads() };
  const isolated = globalThis.crossOriginIsolated;
  if (!features.simd) {
    throw failure("browser", "This browser has no WebAssembly SIMD.", "Use a current Chrome, Edge, Firefox or Safari.");
  }
  const threaded = isolated && features.threads && features.relaxedSimd;
  const at = (file) => new URL(`wasm/${threaded ? "threads" : "single"}/${file}`, baseUrl);
  // Compiled while it streams in.
  const binary = await counted(at("core_bg.wasm"), (done, total) => onProgress({ stage: "program", done, total }));
  core = await import(at("core.js").href);
  ({ memory } = await core.default({ module_or_path: binary }));
  core.reportCrashes(channel);
  const threads = threaded ? (asked ?? navigator.hardwareConcurrency ?? 1) : 1;
  if (threaded) await core.initThreadPool(threads);
  return {
    threads,
    isolated,
    available: await availableFiles(),
    features,
    singleThreadReason: threads > 1 ? null : singleThreadReason({ isolated, framed, features, asked }),
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

function singleThreadReason({ isolated, framed, features, asked }) {
  // A frame is isolated only in a page that is: its own server can do nothing about that.
  if (!isolated) return framed ? "framed" : "not-isolated";
  if (!features.threads || !features.relaxedSimd) return "missing-feature";
  return asked === 1 ? "asked" : "one-core";
}

async function loadModel(source, { signal, onProgress }) {
  const site = { core, baseUrl };
  const { file, spec, names, checksum } = await fetchNetwork(source, site, { signal, onProgress });
  onProgress({ stage: "prepare", done: file.byteLength, total: file.byteLength });
  const { input = {}, ...rest } = spec;
  const loaded = core.Model.load(file, rest, input);
  const info = loaded.info();
  const named = await nameClasses(names, info.classes, site).catch((error) => {
    loaded.free();
    throw error;
  });
  if (signal.aborted) {
    loaded.free();
    throw signal.reason;
  }
  // Only now, so that a network that cannot be loaded, or is not wanted any more, leaves the earlier one in use.
  network?.model.free();
  network = { model: loaded, labels: named.labels, name: info.name, sha256: checksum };
  return { ...info, ...named, sha256: checksum, memoryBytes: memory.buffer.byteLength };
}

async function explain({ picture: { file, pixels }, layer, target, recipe }, control) {
  if (!network) throw failure("model", "No network is loaded.", "Call loadModel first.");
  if (memory.buffer.byteLength > LARGE) runs.forgetAll();
  const { model } = network;
  const options = { layer, recipe };
  const run = pixels
    ? model.explainPixels(new Uint8Array(pixels.data.buffer), pixels.width, pixels.height, options)
    : model.explain(await bytesOf(file), options);
  return pass(runs.keep(run, network), { target, recipe }, control);
}

function resume({ run, ...options }, control) {
  find(run);
  return pass(run, options, control);
}

/** Does the masked passes of a run that are still to do. */
async function pass(id, { target, recipe }, { signal, enough, onProgress }) {
  const { run, network } = find(id);
  const { total, predictions, ...info } = run.info();
  let { done } = run.progress();
  run.outcome({ target, recipe }); // refuses an unknown class now rather than after the first passes
  const { name, sha256 } = network;
  const classified = { ...info, predictions: predictions.map(withLabel(network)), picture: run.picture() };
  onProgress({ stage: "classified", done, total, etaMs: null, preview: null, convergence: [], ...classified });

  const began = done;
  for (let drawn = done; done < total;) {
    await nextTask();
    if (signal.aborted) {
      // A run that another result still asks for stays.
      if (began === 0) runs.forget(id);
      throw signal.reason;
    }
    if (enough.aborted && done > began) break;
    const step = run.step();
    done = step.done;
    const preview = run.outcome({ target, recipe }).heatmap;
    const isDue = done - drawn >= total / CURVES;
    if (isDue) drawn = done;
    onProgress({
      stage: "score",
      done,
      total,
      etaMs: step.etaMs,
      preview,
      convergence: isDue ? run.convergence({ target, recipe }) : null,
    });
  }
  return {
    run: id,
    network: { name, sha256 },
    ...classified,
    ...run.outcome({ target, recipe }),
    memoryBytes: memory.buffer.byteLength,
  };
}

function outcome({ run, target, recipe }) {
  return find(run).run.outcome({ target, recipe });
}

function overlayPng({ run, ...options }) {
  return find(run).run.overlayPng(options);
}

function npy({ run, ...options }) {
  return find(run).run.npy(options);
}

function convergence({ run, ...options }) {
  return find(run).run.convergence(options);
}

function report({ run, image, ...options }) {
  const {
    run: found,
    network: { labels, sha256 },
  } = find(run);
  return found.report(options, { image, labels, sha256: sha256 ?? undefined });
}

function compare({ first, second }) {
  return core.compareMaps(first, second);
}

function channels({ run, ...options }) {
  return find(run).run.channels(options);
}

function scaledMap({ run, channel }) {
  return find(run).run.scaledMap(channel);
}

function maskedPicture({ run, channel }) {
  return find(run).run.maskedPicture(channel);
}

/** Painted and shrunk here, where nobody waits for it: a page shows dozens at once. */
async function thumbnails({ run, channel, side }) {
  const { run: found } = find(run);
  const picture = found.maskedPicture(channel);
  const { mask } = found.scaledMap(channel);
  const grey = new ImageData(picture.width, picture.height);
  const pixels = new Uint32Array(grey.data.buffer);
  mask.forEach((value, i) => (pixels[i] = 0xff000000 + 0x010101 * Math.round(255 * value)));
  const shrink = (image) =>
    createImageBitmap(image, { resizeWidth: side, resizeHeight: side, resizeQuality: "medium" });
  return { mask: await shrink(grey), masked: await shrink(picture) };
}

function maskedPredictions({ run, channel }) {
  const { run: found, network } = find(run);
  return found.maskedPredictions(channel).map(withLabel(network));
}

function partialSum({ run, count, ...options }) {
  return find(run).run.partialSum(options, count);
}

function provenance({ run, row, column, ...options }) {
  return find(run).run.provenance(options, row, column);
}

function checkKernels({ count }) {
  return core.checkKernels(count);
}

function measureKernels() {
  return core.measureKernels();
}

const withLabel =
  ({ labels }) =>
  ({ index, probability }) => ({ index, label: labels[index] ?? String(index), probability });

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

/** What the core, the downloader and this file throw has a kind; anything else is a defect. Null for what breaks the instance. */
function toPlainError(error) {
  if (error instanceof WebAssembly.RuntimeError) {
    // A trap leaves the instance in no state to go on with. Most are told by the thread itself, with its reason; this is the
    // rest, a stack that overflows say.
    setTimeout(() =>
      crashChannel.postMessage(
        plain(
          failure(
            "internal",
            `The computation broke off: ${error.message}.`,
            "Try again; if it happens again, please report it.",
          ),
        ),
      ),
    );
    return null;
  }
  if (error?.kind) return plain(error);
  return {
    kind: "internal",
    message: `The worker failed: ${error?.message ?? error}.`,
    hint: "Try again; if it happens again, please report it.",
  };
}

const plain = ({ kind, message, hint }) => ({ kind, message, hint });
