/** Owns the wasm instance, its thread pool, the model and the runs. The page's thread never computes. */

import { relaxedSimd, simd, threads as wasmThreads } from "../vendor/wasm-feature-detect.js";
import { serve } from "./caller.js";
import { counted, download } from "./download.js";
import { failure } from "./errors.js";
import { bytesOf, fetchNetwork, nameClasses } from "./network_source.js";
import { Runs } from "./runs.js";
import { trustOwnScripts } from "./trusted.js";

/** @import { Features, Prediction, Progress, SingleThreadReason } from "../scorecam.js" */
/** @import { Asked, Calls, Control, Explained, Methods, OfRun, PlainError } from "./calls.js" */
/** @import { Model } from "./core.js" */
/** @import { Named } from "./runs.js" */

/** How often the curve of convergence is drawn anew while passes go on. */
const CURVES = 20;

/** Beyond this much memory no run but the latest is kept. */
const LARGE = 1 << 30;

/** @type {typeof import("./core.js")} */
let core;
/** @type {WebAssembly.Memory} */
let memory;
/** @type {string} */
let baseUrl;
/** @type {BroadcastChannel} */
let crashChannel;
/**
 * The network in use.
 * @type {(Named & { model: Model }) | null}
 */
let network = null;
const runs = new Runs();

/**
 * What is asked of a run: the run, its network, and the target and method that the core takes.
 * @param {OfRun} argument
 */
function ofRun({ run, target, method, options }) {
  return { ...runs.find(run), asked: { target, method, options } };
}

/** @type {Methods} */
const methods = {
  start,
  loadModel,
  explain,
  resume: (asked, control) => pass(asked.run, asked, control),
  outcome: (argument) => over(argument, (run, asked) => run.outcome(asked)),
  signed: (argument) => over(argument, (run, asked) => run.signed(asked)),
  overlayPng: ({ colourMap, opacity, ...argument }) =>
    over(argument, (run, asked) => run.overlayPng({ ...asked, colourMap, opacity })),
  npy: (argument) => over(argument, (run, asked) => run.npy(asked)),
  signedNpy: (argument) => over(argument, (run, asked) => run.signedNpy(asked)),
  report: ({ image, ...argument }) => {
    const { run, network, asked } = ofRun(argument);
    return run.report(asked, { image, labels: network.labels, sha256: network.sha256 ?? undefined });
  },
  channels: (argument) => over(argument, (run, asked) => run.channels(asked)),
  scaledMap: ({ run, channel }) => runs.find(run).run.scaledMap(channel),
  maskedPicture: ({ run, channel }) => runs.find(run).run.maskedPicture(channel),
  thumbnails,
  maskedPredictions: ({ run, channel }) => {
    const { run: found, network } = runs.find(run);
    return found.maskedPredictions(channel).map(withLabel(network));
  },
  partialSum: ({ count, ...argument }) => over(argument, (run, asked) => run.partialSum(asked, count)),
  convergence: (argument) => over(argument, (run, asked) => run.convergence(asked)),
  provenance: ({ row, column, ...argument }) => over(argument, (run, asked) => run.provenance(asked, row, column)),
  compare: ({ first, second }) => core.compareMaps(first, second),
  checkKernels: ({ count }) => core.checkKernels(count),
  measureKernels: () => core.measureKernels(),
  memory: () => memory.buffer.byteLength,
};

/**
 * @template T
 * @param {OfRun} argument
 * @param {(run: import("./core.js").Run, asked: Asked) => T} doing
 */
function over(argument, doing) {
  const { run, asked } = ofRun(argument);
  return doing(run, asked);
}

trustOwnScripts();
serve(methods, toPlainError);

/**
 * @param {Calls["start"]["argument"]} argument
 * @param {Control<"start">} control
 */
async function start({ threads: asked, channel, framed, ...options }, { onProgress }) {
  ({ baseUrl } = options);
  crashChannel = new BroadcastChannel(channel);
  const features = { simd: await simd(), relaxedSimd: await relaxedSimd(), threads: await wasmThreads() };
  const isolated = globalThis.crossOriginIsolated;
  if (!features.simd) throw failure("no-simd");
  const threaded = isolated && features.threads && features.relaxedSimd;
  /** @param {string} file */
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
    methods: core.methods(),
    presets: core.presets(),
    colourMaps: core.colourMaps(),
    divergingColours: core.divergingColours(),
  };
}

/**
 * The network files that the build found; a host without the list has the default network.
 * @returns {Promise<string[]>}
 */
async function availableFiles() {
  try {
    return JSON.parse(new TextDecoder().decode(await download(new URL("models/available.json", baseUrl))));
  } catch {
    return [core.catalog()[0].file];
  }
}

/**
 * @param {{ isolated: boolean, framed: boolean, features: Features, asked: number | undefined }} facts
 * @returns {SingleThreadReason}
 */
function singleThreadReason({ isolated, framed, features, asked }) {
  // A frame is isolated only in a page that is: its own server can do nothing about that.
  if (!isolated) return framed ? "framed" : "not-isolated";
  if (!features.threads || !features.relaxedSimd) return "missing-feature";
  return asked === 1 ? "asked" : "one-core";
}

/**
 * @param {Calls["loadModel"]["argument"]} source
 * @param {Control<"loadModel">} control
 */
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

/**
 * @param {Calls["explain"]["argument"]} argument
 * @param {Control<"explain">} control
 */
async function explain({ picture: { file, pixels }, layer, ...asked }, control) {
  if (!network) throw failure("no-network");
  if (memory.buffer.byteLength > LARGE) runs.forgetAll();
  const { model } = network;
  const { method, options } = asked;
  const run = pixels
    ? model.explainPixels(new Uint8Array(pixels.data.buffer), pixels.width, pixels.height, { layer, method, options })
    : model.explain(await bytesOf(file), { layer, method, options });
  return pass(runs.keep(run, network), asked, control);
}

/**
 * Does the masked passes of a run that are still to do.
 * @param {number} id  @param {Asked} asked  @param {Control<"explain"> | Control<"resume">} control
 * @returns {Promise<Explained>}
 */
async function pass(id, { target, method, options }, { signal, enough, onProgress }) {
  const { run, network } = runs.find(id);
  const { total, predictions, ...info } = run.info();
  let { done } = run.progress();
  const asked = { target, method, options };
  run.preview(asked); // refuses an unknown class now rather than after the first passes
  const { name, sha256 } = network;
  const classified = { ...info, predictions: predictions.map(withLabel(network)), picture: run.picture() };
  /** @param {Partial<Progress> & { stage: Progress["stage"] }} said */
  const tell = (said) => onProgress(/** @type {Progress} */ ({ done, total, ...said }));
  tell({ stage: "classified", etaMs: null, preview: null, convergence: [], ...classified });

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
    const isDue = done - drawn >= total / CURVES;
    if (isDue) drawn = done;
    const convergence = isDue ? run.convergence(asked) : null;
    tell({ stage: "score", etaMs: step.etaMs, preview: run.preview(asked), convergence });
  }
  return {
    run: id,
    network: { name, sha256 },
    ...classified,
    ...run.outcome(asked),
    memoryBytes: memory.buffer.byteLength,
  };
}

/**
 * Painted and shrunk here, where nobody waits for it: a page shows dozens at once.
 * @param {Calls["thumbnails"]["argument"]} argument
 */
async function thumbnails({ run, channel, side }) {
  const { run: found } = runs.find(run);
  const picture = found.maskedPicture(channel);
  const { mask } = found.scaledMap(channel);
  const grey = new ImageData(picture.width, picture.height);
  const pixels = new Uint32Array(grey.data.buffer);
  mask.forEach((value, i) => (pixels[i] = 0xff000000 + 0x010101 * Math.round(255 * value)));
  /** @param {ImageData} image */
  const shrink = (image) =>
    createImageBitmap(image, { resizeWidth: side, resizeHeight: side, resizeQuality: "medium" });
  return { mask: await shrink(grey), masked: await shrink(picture) };
}

/**
 * @param {Named} network
 * @returns {(prediction: Omit<Prediction, "label">) => Prediction}
 */
const withLabel =
  ({ labels }) =>
  ({ index, probability }) => ({ index, label: labels[index] ?? String(index), probability });

/** Lets messages in, a Cancel among them; a promise alone would not, and a timeout would wait. */
function nextTask() {
  /** @type {Promise<void>} */
  const task = new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
  return task;
}

/**
 * What the core, the downloader and this file throw has a kind; anything else is a defect. Null for what breaks the instance.
 * @param {any} error
 * @returns {PlainError | null}
 */
function toPlainError(error) {
  if (error instanceof WebAssembly.RuntimeError) {
    // A trap leaves the instance in no state to go on with. Most are told by the thread itself, with its reason; this is the
    // rest, a stack that overflows say.
    const crash = plain(failure("crash", { cause: error.message }));
    setTimeout(() => crashChannel.postMessage(crash));
    return null;
  }
  return plain(error?.kind ? error : failure("worker-failed", { cause: error?.message ?? error }));
}

/** @param {PlainError} error  @returns {PlainError} */
const plain = ({ kind, code, values, message, hint }) => ({ kind, code, values, message, hint });
