/**
 * The life of the worker. It starts, it may break off, another takes its place, and each has a number: its generation. What
 * belongs to an earlier one is gone, and is never answered by a later one.
 *
 * States: "starting", "ready", "broken" (the next call starts another), "disposed".
 */

import { failure, gone, toError } from "./errors.js";
import { Caller } from "./protocol.js";
import { scriptUrl } from "./trusted.js";

/** WebAssembly memory does not shrink: beyond this many bytes it is given back with its worker when the network changes, */
const LARGE = 1 << 30;
/** and when a file that was refused has taken this many more. */
const WASTED = 1 << 28;

const disposed = () => failure("disposed", "This ScoreCam was disposed of.", "Create another.");

export class Engine {
  #options;
  #state = "broken";
  /** Resolves when the worker of the current generation can be called. All calls await the same one. */
  #ready;
  /** Resolves when that worker has the network; made anew by the next call that needs it where it failed. */
  #restored;
  /** What the network in use was loaded from. */
  #source = null;
  /** The worker of the current generation: { worker, caller, channel }. */
  #current = null;
  #turns = Promise.resolve();
  generation = 0;
  info;

  constructor(options) {
    this.#options = options;
  }

  /** Starts the first worker. */
  start({ onProgress } = {}) {
    return this.#launch(onProgress);
  }

  /** Calls the worker; `generation` is that of the result that is asked for, if it is one. */
  async call(name, argument, options, generation) {
    await this.#usable();
    if (generation !== undefined && generation !== this.generation) throw gone();
    return this.#current.caller.call(name, argument, options).catch((error) => Promise.reject(toError(error)));
  }

  /** As `call`, of a worker that has the network. */
  async callWithNetwork(name, argument, options, generation) {
    await this.#usable();
    // After a crash the same network is loaded again; where that fails (no connection, say), by the next call.
    if (this.#source) await (this.#restored ??= this.#restore());
    return this.call(name, argument, options, generation);
  }

  /** Loads a network and goes on with it. Where it is refused, the earlier one stays in use. */
  async load(source, options) {
    if (this.#source && (await this.call("memory", {})) > LARGE) this.#replace(gone());
    await this.#usable();
    const before = await this.call("memory", {});
    const { generation } = this;
    try {
      const model = await this.call("loadModel", source, options);
      this.#source = source;
      this.#restored = Promise.resolve();
      return model;
    } catch (error) {
      const wasted =
        this.#state === "ready" && generation === this.generation ? (await this.call("memory", {})) - before : 0;
      if (wasted > WASTED) this.#replace(gone());
      throw error;
    }
  }

  /** Does one long thing after another, in the order in which they are asked for. */
  async inTurn(signal, doing) {
    signal?.throwIfAborted();
    const before = this.#turns;
    let done;
    this.#turns = new Promise((resolve) => (done = resolve));
    try {
      await Promise.race([before, aborted(signal)]);
      return await doing();
    } finally {
      before.then(done);
    }
  }

  dispose() {
    this.#end(disposed());
    this.#state = "disposed";
  }

  async #usable() {
    if (this.#state === "disposed") throw disposed();
    if (this.#state === "broken") this.#launch();
    await this.#ready;
    if (this.#state === "disposed") throw disposed();
  }

  #launch(onProgress) {
    this.#state = "starting";
    const generation = ++this.generation;
    const isCurrent = () => generation === this.generation && this.#state !== "disposed";
    const name = `scorecam-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    const worker = new Worker(scriptUrl(new URL("worker.js", import.meta.url)), { type: "module" });
    // The one way in which a crash is told, by whichever thread it hits.
    const channel = new BroadcastChannel(name);
    const broken = (error) => {
      if (!isCurrent()) return;
      this.#end(toError(error));
    };
    channel.onmessage = ({ data }) => broken(data);
    worker.onerror = (event) => {
      event.preventDefault();
      broken(
        failure(
          "internal",
          `The worker could not be started or broke off: ${event.message ?? "its script cannot be loaded"}.`,
          "Check that the server still runs, then try again.",
        ),
      );
    };
    const caller = new Caller(worker, () => isCurrent() && this.#replace(gone()));
    this.#current = { worker, caller, channel };
    this.#restored = null;
    const framed = globalThis.top !== globalThis.self;
    const started = caller.call("start", { ...this.#options, channel: name, framed }, { onProgress }).then(
      (info) => {
        this.info = info;
        if (isCurrent()) this.#state = "ready";
      },
      (error) => {
        if (isCurrent()) this.#end(toError(error));
        throw toError(error);
      },
    );
    started.catch(() => {}); // whoever awaits it is told
    this.#ready = started;
    return started;
  }

  #restore() {
    const restored = this.call("loadModel", this.#source);
    restored.catch(() => {
      if (this.#restored === restored) this.#restored = null;
    });
    return restored;
  }

  /** Ends the worker and starts another at once. */
  #replace(reason) {
    this.#end(reason);
    this.#launch();
  }

  /** Ends the worker; whoever waits for it is told `reason`. */
  #end(reason) {
    const { worker, caller, channel } = this.#current ?? {};
    this.#state = "broken";
    this.#current = null;
    channel?.close();
    worker?.terminate();
    caller?.rejectAll(reason);
  }
}

/** Rejects with the signal's reason when it is aborted. */
function aborted(signal) {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
