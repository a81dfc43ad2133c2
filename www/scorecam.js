/**
 * Score-CAM in the browser: the public interface. Types and units are in scorecam.d.ts.
 *
 *   const cam = await ScoreCam.create();
 *   await cam.loadModel({ catalog: "efficientnet_lite0" });
 *   const result = await cam.explain(file, { onProgress: ({ preview }) => draw(preview) });
 */

import { Caller } from "./protocol.js";

/** A failure with its `kind`, a sentence that says what was found and expected, and one that says what to do. */
export class ScoreCamError extends Error {
  /** @param {{ kind: string, message: string, hint: string }} plain */
  constructor({ kind, message, hint }) {
    super(message);
    this.name = "ScoreCamError";
    this.kind = kind;
    this.hint = hint;
  }
}

export class ScoreCam {
  #options;
  #worker;
  #caller;
  #panics;
  #info;
  #source;
  /** What the worker is asked by for each result. */
  #asked = new WeakMap();

  /** Starts the worker and its threads. Use `ScoreCam.create`. */
  static async create({ threads, baseUrl = new URL(".", import.meta.url).href } = {}) {
    const cam = new ScoreCam();
    cam.#options = { threads, baseUrl };
    await cam.#start();
    return cam;
  }

  /** Number of threads that compute. */
  get threads() {
    return this.#info.threads;
  }

  /** Whether the page is cross-origin isolated, which threads need. */
  get isolated() {
    return this.#info.isolated;
  }

  /** Which WebAssembly features the browser has. */
  get features() {
    return this.#info.features;
  }

  /** Why there is one thread only, or null. */
  get singleThreadReason() {
    return this.#info.singleThreadReason;
  }

  /** The version of scorecam. */
  get version() {
    return this.#info.version;
  }

  /** The networks of the catalogue, whether their files are here or not. */
  get catalog() {
    return this.#info.catalog;
  }

  /** The names of the networks whose files are here. */
  get available() {
    const { catalog, available } = this.#info;
    return catalog.filter(({ file }) => available.includes(file)).map(({ name }) => name);
  }

  /** The names of the variants of Score-CAM, the default first. */
  get recipes() {
    return this.#info.recipes;
  }

  /** Ways to normalise pixels that many networks share. */
  get presets() {
    return this.#info.presets;
  }

  /** Colour maps by name: 256 times red, green, blue. */
  get colourMaps() {
    return this.#info.colourMaps;
  }

  /** Loads a network. If that fails, the one that was loaded before stays in use. */
  async loadModel({ bytes, ...source }, { signal, onProgress } = {}) {
    // A Blob goes to the worker without being copied, and can be read again should it have to be started anew.
    if (bytes) source.file = bytes instanceof Blob ? bytes : new Blob([bytes]);
    const model = await this.#call("loadModel", source, { signal, onProgress });
    this.#source = source;
    return model;
  }

  /** Explains a picture: which parts of it speak for the target class. */
  async explain(image, { layer, target, recipe, signal, enough, onProgress } = {}) {
    const bytes = await new Blob([image]).arrayBuffer();
    const argument = { image: bytes, layer, target: target ?? undefined, recipe };
    const { run, ...result } = await this.#call("explain", argument, { signal, enough, onProgress, transfer: [bytes] });
    return this.#result(run, recipe, result);
  }

  /** Computes seeded convolutions by our kernels and by tract's operators, and says how far they are apart. */
  checkKernels(count = 100) {
    return this.#call("checkKernels", { count });
  }

  /** Measures how fast the kernels are on one thread, the machine's peak first. */
  measureKernels() {
    return this.#call("measureKernels", {});
  }

  /** Stops the worker and its threads. */
  async dispose() {
    this.#stop(new ScoreCamError({ kind: "disposed", message: "This ScoreCam was disposed of.", hint: "Create another." }));
  }

  /** A result with the methods that ask more of the same scores. */
  #result(run, recipe, answer) {
    const asked = { run, target: answer.target, recipe };
    const ask = (name, options) => this.#call(name, { ...asked, ...options });
    const askRun = (name, channel) => this.#call(name, { run, channel });
    const result = {
      ...answer,
      recipe: recipe ?? this.recipes[0],
      forClass: async (index) => this.#result(run, recipe, { ...answer, ...(await ask("outcome", { target: index })) }),
      forRecipe: async (other) => this.#result(run, other, { ...answer, ...(await ask("outcome", { recipe: other })) }),
      compare: async (other) => {
        const second = this.#asked.get(other);
        if (second) return this.#call("compare", { first: asked, second });
        throw new ScoreCamError({ kind: "option", message: "What this result should be compared with is not one of this ScoreCam's.", hint: "Compare results of one ScoreCam." });
      },
      overlayPng: (options = {}) => ask("overlayPng", options),
      npy: () => ask("npy", {}),
      convergence: () => ask("convergence", {}),
      channels: () => ask("channels", {}),
      scaledMap: (channel) => askRun("scaledMap", channel),
      maskedPicture: (channel) => askRun("maskedPicture", channel),
      thumbnails: (channel, side) => this.#call("thumbnails", { run, channel, side }),
      maskedPredictions: (channel) => askRun("maskedPredictions", channel),
      partialSum: (count) => ask("partialSum", { count }),
      provenance: (row, column) => ask("provenance", { row, column }),
    };
    this.#asked.set(result, asked);
    return result;
  }

  async #start() {
    const panicChannel = `scorecam-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.#caller = new Caller(this.#worker);
    this.#panics = new BroadcastChannel(panicChannel);
    this.#panics.onmessage = ({ data }) => this.#crashed(data);
    this.#worker.onerror = (event) => this.#crashed(event.message);
    try {
      this.#info = await this.#caller.call("start", { ...this.#options, panicChannel });
    } catch (error) {
      throw toError(error);
    }
  }

  async #call(name, argument, options) {
    try {
      if (!this.#worker) await this.#restart();
      return await this.#caller.call(name, argument, options);
    } catch (error) {
      throw toError(error);
    }
  }

  /** A thread that panicked cannot answer, and neither can those that wait for it: start anew at the next call. */
  #crashed(message) {
    this.#stop({ kind: "internal", message: `The computation broke off: ${message}.`, hint: "Try again; if it happens again, please report it." });
  }

  async #restart() {
    if (!this.#options) throw new ScoreCamError({ kind: "disposed", message: "This ScoreCam was disposed of.", hint: "Create another." });
    await this.#start();
    if (this.#source) await this.#caller.call("loadModel", this.#source);
  }

  #stop(reason) {
    if (reason instanceof ScoreCamError) this.#options = null;
    this.#panics?.close();
    this.#worker?.terminate();
    this.#worker = null;
    this.#caller?.rejectAll(reason);
  }
}

/** What comes from the worker is plain; what an AbortSignal threw stays as it is. */
function toError(error) {
  return error?.kind && !(error instanceof Error) ? new ScoreCamError(error) : error;
}
