/** Starts the core: takes the build that the browser can run, a memory that it allows, and threads where it has some. */

import { MEMORY, PAGE, buildFor, probe } from "./builds.js";
import { CORES } from "./cores.js";
import { counted } from "./download.js";
import { failure } from "./errors.js";
import { usePoolOf } from "./threads.js";

/** @import { SingleThreadReason } from "../scorecam.js" */
/** @import { Calls, Control, Started } from "./calls.js" */

/**
 * @typedef {object} Made
 * @property {typeof import("./core.js")} core
 * @property {WebAssembly.Memory} memory
 * @property {number} most  bytes that the memory can grow to
 * @property {Omit<Started, "catalog" | "available">} started  what does not depend on the site
 */

/**
 * @param {Calls["start"]["argument"]} argument
 * @param {import("./site.js").Site} site
 * @param {Control<"start">["onProgress"]} onProgress
 * @returns {Promise<Made>}
 */
export async function startCore(
  { threads: asked, channel, framed, programs, prefetch, build: chosen },
  site,
  onProgress,
) {
  if (typeof WebAssembly !== "object") throw failure("no-webassembly");
  const features = probe();
  const here = Object.keys(programs).filter((name) => !chosen || name === chosen);
  const build = buildFor(features, here);
  if (!build && chosen) throw failure("no-build", { name: chosen });
  if (!features.simd) throw failure("no-simd");
  if (!build) throw failure("no-atomics");
  const { memory, most } = largestMemory();
  // At the same time as the program; what goes wrong is told when the network is loaded.
  if (prefetch) site.fetchAhead(prefetch, most).catch(() => {});
  const program = programs[build.name];
  // Compiled while it streams in.
  /** @param {number} done  @param {number | null} total */
  const say = (done, total) => onProgress({ stage: "program", done, total });
  const source = program instanceof WebAssembly.Module ? program : await counted(new URL(program), say);
  const core = CORES[build.name];
  await core.default({ module_or_path: source, memory });
  core.reportCrashes(channel);
  const isolated = Boolean(globalThis.crossOriginIsolated);
  const wanted = isolated ? (asked ?? navigator.hardwareConcurrency ?? 1) : 1;
  const threads = await startThreads(core, build.name, wanted);
  const started = {
    build: build.name,
    threads,
    isolated,
    features,
    memoryLimit: most,
    singleThreadReason: threads > 1 ? null : singleThreadReason({ isolated, framed, wanted, asked }),
    version: core.version(),
    recipes: core.recipes(),
    methods: core.methods(),
    measures: core.measures(),
    presets: core.presets(),
    colourMaps: core.colourMaps(),
    divergingColours: core.divergingColours(),
  };
  return { core, memory, most, started };
}

/**
 * The first memory of those that the builds can use which the browser allows. It is shared whether there are threads or not:
 * the builds ask for that, and browsers make one for any page; only to other threads it cannot be posted without isolation.
 */
function largestMemory() {
  for (const maximum of MEMORY.maximum) {
    try {
      return {
        memory: new WebAssembly.Memory({ initial: MEMORY.initial, maximum, shared: true }),
        most: maximum * PAGE,
      };
    } catch {
      // then a smaller one
    }
  }
  throw failure("no-memory", { megabytes: ((MEMORY.maximum.at(-1) ?? 0) * PAGE) >> 20 });
}

/**
 * The pool; how many threads compute. Where a browser refuses them the worker's own does.
 * @param {typeof import("./core.js")} core  @param {string} build  @param {number} wanted
 */
async function startThreads(core, build, wanted) {
  if (wanted < 2) return 1;
  try {
    usePoolOf(build);
    await core.initThreadPool(wanted);
    return wanted;
  } catch (error) {
    console.warn(error);
    return 1;
  }
}

/**
 * @param {{ isolated: boolean, framed: boolean, wanted: number, asked: number | undefined }} facts
 * @returns {SingleThreadReason}
 */
function singleThreadReason({ isolated, framed, wanted, asked }) {
  // A frame is isolated only in a page that is: its own server can do nothing about that.
  if (!isolated) return location.protocol === "blob:" ? "file" : framed ? "framed" : "not-isolated";
  if (wanted > 1) return "refused";
  return asked === 1 ? "asked" : "one-core";
}
