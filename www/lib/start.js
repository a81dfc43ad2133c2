/** Starts the core: takes the build that the page can run, and its threads. */

import { relaxedSimd, simd, threads as wasmThreads } from "../vendor/wasm-feature-detect.js";
import { counted, download } from "./download.js";
import { failure } from "./errors.js";

/** @import { Features, SingleThreadReason } from "../scorecam.js" */
/** @import { Calls, Control, Started } from "./calls.js" */

/**
 * @param {Calls["start"]["argument"]} argument
 * @param {Control<"start">["onProgress"]} onProgress
 * @returns {Promise<{ core: typeof import("./core.js"), memory: WebAssembly.Memory, started: Started }>}
 */
export async function startCore({ threads: asked, channel, framed, baseUrl }, onProgress) {
  const features = { simd: await simd(), relaxedSimd: await relaxedSimd(), threads: await wasmThreads() };
  const isolated = globalThis.crossOriginIsolated;
  if (!features.simd) throw failure("no-simd");
  const threaded = isolated && features.threads && features.relaxedSimd;
  /** @param {string} file */
  const at = (file) => new URL(`wasm/${threaded ? "threads" : "single"}/${file}`, baseUrl);
  // Compiled while it streams in.
  const binary = await counted(at("core_bg.wasm"), (done, total) => onProgress({ stage: "program", done, total }));
  /** @type {typeof import("./core.js")} */
  const core = await import(at("core.js").href);
  const { memory } = await core.default({ module_or_path: binary });
  core.reportCrashes(channel);
  const threads = threaded ? (asked ?? navigator.hardwareConcurrency ?? 1) : 1;
  if (threaded) await core.initThreadPool(threads);
  const started = {
    threads,
    isolated,
    available: await availableFiles(core, baseUrl),
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
  return { core, memory, started };
}

/**
 * The network files that the build found; a host without the list has the default network.
 * @param {typeof import("./core.js")} core  @param {string} baseUrl
 * @returns {Promise<string[]>}
 */
async function availableFiles(core, baseUrl) {
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
