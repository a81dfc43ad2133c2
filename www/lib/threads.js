/**
 * The threads of the pool: the worker's own script once more, under another name. What wasm-bindgen-rayon would do for itself with
 * a file of its own, which bundlers would have to find.
 */

import { CORES } from "./cores.js";

/** What a thread is called; by that the script knows what it is. */
const NAME = "scorecam-thread";

/** Whether this script runs as a thread of a pool. */
export const isThread = /** @type {any} */ (globalThis).name === NAME;

/** The build whose pool is made: the core that asks for it says nothing of itself. */
let build = "";

/** @param {string} name  of the build that asks for threads from now on */
export function usePoolOf(name) {
  build = name;
}

/**
 * Held on to, because Firefox collects workers that nobody holds, even at work (bug 1702191).
 * @type {Worker[]}
 */
const threads = [];

/** Milliseconds in which a thread has to start; a slow machine under load takes seconds. */
const PATIENCE = 20_000;

/**
 * What the core calls from initThreadPool. Rejects if a thread cannot be started; then there is none.
 * @param {WebAssembly.Module} module  @param {WebAssembly.Memory} memory  @param {any} builder
 */
export async function startWorkers(module, memory, builder) {
  const start = { module, memory, build, receiver: builder.receiver() };
  try {
    await Promise.all(Array.from({ length: builder.numThreads() }, () => started(start)));
  } catch (error) {
    for (const thread of threads.splice(0)) thread.terminate();
    throw error;
  }
  builder.build();
}

/** A thread that waits for work. @param {object} start */
function started(start) {
  const thread = new Worker(location.href, { name: NAME });
  threads.push(thread);
  return new Promise((resolve, reject) => {
    /** @param {string} cause */
    const refuse = (cause) => reject(new Error(`a thread cannot be started: ${cause}`));
    const timer = setTimeout(() => refuse("it does not answer"), PATIENCE);
    thread.onmessage = () => {
      clearTimeout(timer);
      resolve(thread);
    };
    thread.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      refuse(event.message ?? "its script is refused");
    };
    thread.postMessage(start);
  });
}

/** Becomes a thread of the pool of whoever started this script; it never returns to the event loop. */
export function joinPool() {
  globalThis.addEventListener(
    "message",
    async ({ data: { module, memory, build, receiver } }) => {
      const core = CORES[build];
      await core.default({ module_or_path: module, memory });
      postMessage("ready");
      core.wbg_rayon_start_worker(receiver);
    },
    { once: true },
  );
}
