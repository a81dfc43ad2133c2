/**
 * The life of the worker. It starts, it may break off, another takes its place, and each has a number: its generation. What
 * belongs to an earlier one is gone, and is never answered by a later one.
 *
 * States: "starting", "ready", "broken" (the next call starts another), "disposed".
 */

import { aborted } from "./aborted.js";
import { FILES, PROGRAMS, WORKER, prepare } from "./assets.js";
import { Caller } from "./caller.js";
import { failure, gone, toError } from "./errors.js";
import { scriptUrl } from "./trusted.js";

/** @import { CallName, CallOptions, Calls, ProgressOf, Source, Started } from "./calls.js" */

/** WebAssembly memory does not shrink: beyond this many bytes it is given back with its worker when the network changes, */
const LARGE = 1 << 30;
/** and when a file that was refused has taken this many more. */
const WASTED = 1 << 28;

/** Milliseconds of silence after which a worker that starts is given up; a thread of its has less to answer in. */
const SILENCE = 40_000;

const disposed = () => failure("disposed");

export class Engine {
  #options;
  /** @type {"starting" | "ready" | "broken" | "disposed"} */
  #state = "broken";
  /**
   * Resolves when the worker of the current generation can be called. All calls await the same one.
   * @type {Promise<unknown> | undefined}
   */
  #ready;
  /**
   * Resolves when that worker has the network; made anew by the next call that needs it where it failed.
   * @type {Promise<unknown> | null}
   */
  #restored = null;
  /**
   * What the network in use was loaded from.
   * @type {Source | null}
   */
  #source = null;
  /**
   * The worker of the current generation.
   * @type {{ worker: Worker, caller: Caller, channel: BroadcastChannel } | null}
   */
  #current = null;
  /** @type {Promise<unknown>} */
  #turns = Promise.resolve();
  generation = 0;
  /**
   * What the first worker said of itself; there before anybody asks.
   * @type {Started}
   */
  info = /** @type {any} */ (undefined);

  /** @param {{ threads?: number, build?: string, baseUrl: string, prefetch?: string }} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Starts the first worker. One that says nothing for long is given up, once, for another: Firefox was seen to let one in thirty stand
   * still when its program was there.
   * @param {{ onProgress?: (progress: ProgressOf<"start">) => void }} [options]
   */
  async start({ onProgress } = {}) {
    await prepare();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let heard = () => {};
    const silent = new Promise((/** @type {(isSilent: true) => void} */ resolve) => {
      heard = () => {
        clearTimeout(timer);
        timer = setTimeout(() => resolve(true), SILENCE);
      };
    });
    heard();
    const first = this.#launch((said) => {
      heard();
      onProgress?.(said);
    });
    try {
      if (!(await Promise.race([first.then(() => false), silent]))) return;
    } finally {
      clearTimeout(timer);
    }
    this.#end(gone());
    await this.#launch(onProgress);
  }

  /**
   * Calls the worker; `generation` is that of the result that is asked for, if it is one.
   * @template {CallName} Name
   * @param {Name} name
   * @param {Calls[Name]["argument"]} argument
   * @param {CallOptions<Name>} [options]
   * @param {number} [generation]
   * @returns {Promise<Calls[Name]["answer"]>}
   */
  async call(name, argument, options, generation) {
    await this.#usable();
    if (!this.#current || (generation !== undefined && generation !== this.generation)) throw gone();
    return this.#current.caller.call(name, argument, options).catch((error) => Promise.reject(toError(error)));
  }

  /**
   * As `call`, of a worker that has the network.
   * @template {CallName} Name
   * @param {Name} name
   * @param {Calls[Name]["argument"]} argument
   * @param {CallOptions<Name>} [options]
   * @param {number} [generation]
   * @returns {Promise<Calls[Name]["answer"]>}
   */
  async callWithNetwork(name, argument, options, generation) {
    await this.#calm();
    // After a crash the same network is loaded again; where that fails (no connection, say), by the next call.
    if (this.#source) await (this.#restored ??= this.#restore());
    return this.call(name, argument, options, generation);
  }

  /**
   * Loads a network and goes on with it. Where it is refused, the earlier one stays in use.
   * @param {Source} source  @param {CallOptions<"loadModel">} options
   */
  async load(source, options) {
    await this.#calm();
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

  /**
   * Does one long thing after another, in the order in which they are asked for.
   * @template T
   * @param {AbortSignal | undefined} signal  @param {() => Promise<T>} doing
   * @returns {Promise<T>}
   */
  async inTurn(signal, doing) {
    signal?.throwIfAborted();
    const before = this.#turns;
    /** @type {(value?: unknown) => void} */
    let done = () => {};
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

  /** Nothing that was cancelled is computed any more: a worker that is given up for that would take what comes next with it. */
  async #calm() {
    await this.#usable();
    await this.#current?.caller.stopped();
    await this.#usable();
  }

  async #usable() {
    if (this.#state === "disposed") throw disposed();
    if (this.#state === "broken") this.#launch();
    await this.#ready;
    // It may have been disposed of while it started.
    if (/** @type {string} */ (this.#state) === "disposed") throw disposed();
  }

  /** @param {(progress: ProgressOf<"start">) => void} [onProgress] */
  #launch(onProgress) {
    this.#state = "starting";
    const generation = ++this.generation;
    const isCurrent = () => generation === this.generation && this.#state !== "disposed";
    const name = `scorecam-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    const worker = new Worker(scriptUrl(WORKER));
    // The one way in which a crash is told, by whichever thread it hits.
    const channel = new BroadcastChannel(name);
    /** @param {unknown} error */
    const broken = (error) => {
      if (!isCurrent()) return;
      this.#end(toError(error));
    };
    channel.onmessage = ({ data }) => broken(data);
    worker.onerror = (event) => {
      event.preventDefault();
      broken(failure("worker-broke-off", { cause: event.message ?? "its script cannot be loaded" }));
    };
    const caller = new Caller(worker, () => isCurrent() && this.#replace(gone()));
    this.#current = { worker, caller, channel };
    this.#restored = null;
    const framed = globalThis.top !== globalThis.self;
    const started = caller
      .call("start", { ...this.#options, programs: PROGRAMS, files: FILES, channel: name, framed }, { onProgress })
      .then(
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
    const restored = this.call("loadModel", /** @type {Source} */ (this.#source));
    restored.catch(() => {
      if (this.#restored === restored) this.#restored = null;
    });
    return restored;
  }

  /**
   * Ends the worker and starts another at once.
   * @param {unknown} reason
   */
  #replace(reason) {
    this.#end(reason);
    this.#launch();
  }

  /**
   * Ends the worker; whoever waits for it is told `reason`.
   * @param {unknown} reason
   */
  #end(reason) {
    const { worker, caller, channel } = this.#current ?? {};
    this.#state = "broken";
    this.#current = null;
    channel?.close();
    worker?.terminate();
    caller?.rejectAll(reason);
  }
}
