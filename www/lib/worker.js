/**
 * Owns the wasm instance, its thread pool, the model and the runs. The page's thread never computes. The same script is a thread of
 * that pool, see threads.js.
 */

import { serve } from "./caller.js";
import { failure } from "./errors.js";
import { otherwiseDecoded } from "./foreign_pictures.js";
import { fetchNetwork, nameClasses } from "./network_source.js";
import { doPasses, doTrial, withLabel } from "./passes.js";
import { Runs } from "./runs.js";
import { bytesOf } from "./sendable.js";
import { Site } from "./site.js";
import { startCore } from "./start.js";
import { isThread, joinPool } from "./threads.js";
import { trustOwnScripts } from "./trusted.js";

/** @import { Asked, Calls, Control, Explained, Methods, OfRun, PlainError } from "./calls.js" */
/** @import { Model } from "./core.js" */
/** @import { Named } from "./runs.js" */

/** Beyond this much memory no run but the latest is kept. */
const LARGE = 1 << 30;

/** @type {typeof import("./core.js")} */
let core;
/** @type {WebAssembly.Memory} */
let memory;
/**
 * Where networks come from.
 * @type {import("./network_source.js").Where}
 */
let where;
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

/**
 * Does the masked passes of a run that are still to do. A run that is given up before its first pass is forgotten, unless another
 * result still asks for it.
 * @param {number} id  @param {Asked & { until?: number }} asked  @param {Control<"explain"> | Control<"resume">} control
 * @returns {Promise<Explained>}
 */
async function pass(id, asked, control) {
  const found = runs.find(id);
  const isNew = found.run.progress().done === 0;
  try {
    const { name, sha256 } = found.network;
    const explained = await doPasses(found, asked, control);
    return { run: id, network: { name, sha256 }, ...explained, memoryBytes: memory.buffer.byteLength };
  } catch (error) {
    if (isNew && control.signal.aborted) runs.forget(id);
    throw error;
  }
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
  record: ({ image, numbers, ...argument }) => {
    const { run, network, asked } = ofRun(argument);
    return run.record(asked, { image, labels: network.labels, numbers });
  },
  classesNamed: ({ names }) => {
    if (!network) throw failure("no-network");
    return core.classesNamed(names, network.labels, network.model.info().classes);
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
  measure: ({ maps, asked: wanted, ...argument }, control) =>
    over(argument, (run, asked) => doTrial(run.measure(asked, maps, wanted), control)),
  stability: ({ seed, ...argument }, control) =>
    over(argument, (run, asked) => doTrial(run.stability(asked, seed), control)),
  randomise: ({ stages, weights, seed, ...argument }, control) =>
    over(argument, (run, asked) => doTrial(run.randomise(asked, stages, weights, seed), control)),
  cover({ cover, fill, seed, ...argument }) {
    const { run, network, asked } = ofRun(argument);
    const { predictions, ...covered } = run.cover(asked, cover, { fill, seed });
    return { ...covered, predictions: predictions.map(withLabel(network)) };
  },
  coverOf: ({ run, map, share, relevantFirst, seed }) => runs.find(run).run.coverOf(map, share, relevantFirst, seed),
  forget: ({ run }) => runs.forget(run),
  superpixels: ({ run }) => runs.find(run).run.superpixels(),
  compare: ({ first, second }) => core.compareMaps(first, second),
  checkKernels: ({ count }) => core.checkKernels(count),
  measureKernels: () => core.measureKernels(),
  measureSteps: ({ rounds }) => {
    if (!network) throw failure("no-network");
    return network.model.measureSteps(rounds);
  },
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
if (isThread) joinPool();
else serve(methods, toPlainError);

/**
 * @param {Calls["start"]["argument"]} argument
 * @param {Control<"start">} control
 */
async function start(argument, { onProgress }) {
  crashChannel = new BroadcastChannel(argument.channel);
  const site = new Site(argument.baseUrl, argument.files);
  const { started, most, ...made } = await startCore(argument, site, onProgress);
  ({ core, memory } = made);
  const networks = await site.networks(core.catalog());
  where = { core, site, most, catalog: networks.catalog };
  return { ...started, ...networks };
}

/**
 * @param {Calls["loadModel"]["argument"]} source
 * @param {Control<"loadModel">} control
 */
async function loadModel(source, { signal, onProgress }) {
  const { file, spec, names, checksum } = await fetchNetwork(source, where, { signal, onProgress });
  onProgress({ stage: "prepare", done: file.byteLength, total: file.byteLength });
  const { input = {}, ...rest } = spec;
  const loaded = core.Model.load(file, rest, input, where.most);
  const info = loaded.info();
  const named = await nameClasses(names, info.classes, where).catch((error) => {
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
  const { foreignOperators, ...described } = info;
  /** @type {import("../scorecam.js").Warning[]} */
  const slow = foreignOperators.length ? [{ kind: "operators-slow", operators: foreignOperators.join(", ") }] : [];
  const warnings = [...named.warnings, ...slow];
  return { ...described, ...named, warnings, sha256: checksum, memoryBytes: memory.buffer.byteLength };
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
  const chosen = { layer, method, options };
  /** @param {import("./calls.js").Pixels} pixels */
  const ofPixels = ({ data, width, height }) => model.explainPixels(new Uint8Array(data.buffer), width, height, chosen);
  /** @param {Blob | Uint8Array<ArrayBuffer>} given */
  const ofFile = async (given) => {
    const bytes = await bytesOf(given);
    return otherwiseDecoded(bytes, () => model.explain(bytes, chosen), ofPixels);
  };
  const run = pixels ? ofPixels(pixels) : await ofFile(file);
  return pass(runs.keep(run, network), asked, control);
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
 * What the core, the downloader and this file throw has a kind; anything else is a defect. Null for what breaks the instance.
 * @param {any} error
 * @returns {PlainError | null}
 */
function toPlainError(error) {
  // Some browsers have no WebAssembly at all, and are told so.
  if (globalThis.WebAssembly && error instanceof WebAssembly.RuntimeError) {
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
