/**
 * Score-CAM in the browser: the public interface. Types and units are in scorecam.d.ts.
 *
 *   const cam = await ScoreCam.create();
 *   await cam.loadModel({ catalog: "efficientnet_lite0" });
 *   const result = await cam.explain(file, { onProgress: ({ preview }) => draw(preview) });
 */

import * as check from "./arguments.js";
import { Engine } from "./engine.js";
import { failure, superseded } from "./errors.js";
import { pictureOf } from "./pictures.js";

export { ScoreCamError } from "./errors.js";

/** Every result that was handed out. */
const results = new WeakSet();

export class ScoreCam {
  #engine;
  /** Aborts the load that is under way. */
  #loading = null;

  /** Starts the worker and its threads. Use `ScoreCam.create`. */
  static async create(options) {
    const { threads, baseUrl, onProgress } = check.options(options, ["threads", "baseUrl", "onProgress"]);
    const cam = new ScoreCam();
    cam.#engine = new Engine({
      threads: check.threads(threads),
      baseUrl: check.baseUrl(baseUrl ?? new URL(".", import.meta.url).href),
    });
    await cam.#engine.start({ onProgress: check.callback(onProgress) });
    return cam;
  }

  /** Number of threads that compute. */
  get threads() {
    return this.#engine.info.threads;
  }

  /** Whether the page is cross-origin isolated, which threads need. */
  get isolated() {
    return this.#engine.info.isolated;
  }

  /** Which WebAssembly features the browser has. */
  get features() {
    return this.#engine.info.features;
  }

  /** Why there is one thread only, or null. */
  get singleThreadReason() {
    return this.#engine.info.singleThreadReason;
  }

  /** The version of scorecam. */
  get version() {
    return this.#engine.info.version;
  }

  /** The networks of the catalogue, whether their files are here or not. */
  get catalog() {
    return this.#engine.info.catalog;
  }

  /** The names of the networks whose files are here. */
  get available() {
    const { catalog, available } = this.#engine.info;
    return catalog.filter(({ file }) => available.includes(file)).map(({ name }) => name);
  }

  /** The names of the variants of Score-CAM, the default first. */
  get recipes() {
    return this.#engine.info.recipes;
  }

  /** Ways to normalise pixels that many networks share. */
  get presets() {
    return this.#engine.info.presets;
  }

  /** Colour maps by name: 256 times red, green, blue. */
  get colourMaps() {
    return this.#engine.info.colourMaps;
  }

  /** Loads a network. If that fails, the one that was loaded before stays in use; of two at a time the later one counts. */
  async loadModel(source, options) {
    const { signal, onProgress } = check.options(options, ["signal", "onProgress"]);
    const wanted = check.source(source);
    check.signal("signal")(signal);
    check.callback(onProgress);
    this.#loading?.abort(superseded());
    const loading = (this.#loading = new AbortController());
    const abort = () => loading.abort(signal.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    try {
      return await this.#engine.inTurn(loading.signal, () =>
        this.#engine.load(wanted, { signal: loading.signal, onProgress }),
      );
    } finally {
      signal?.removeEventListener("abort", abort);
      if (this.#loading === loading) this.#loading = null;
    }
  }

  /** Explains a picture: which parts of it speak for the target class. Of several at a time each has its turn. */
  async explain(image, options) {
    const { layer, target, recipe, ...control } = check.options(options, [
      "layer",
      "target",
      "recipe",
      "signal",
      "enough",
      "onProgress",
    ]);
    const asked = { layer: check.layer(layer), target: check.target(target), recipe: check.recipe(recipe) };
    control.signal?.throwIfAborted?.();
    const picture = await pictureOf(image);
    const transfer = picture.pixels ? [picture.pixels.data.buffer] : [];
    return this.#compute("explain", { ...asked, picture }, { ...control, transfer });
  }

  /** Computes seeded convolutions by our kernels and by tract's operators, and says how far they are apart. */
  async checkKernels(count = 100) {
    return this.#engine.call("checkKernels", { count: check.kernels(count) });
  }

  /** Measures how fast the kernels are on one thread, the machine's peak first. */
  async measureKernels() {
    return this.#engine.call("measureKernels", {});
  }

  /** Stops the worker and its threads. */
  async dispose() {
    this.#engine.dispose();
  }

  /** Masked passes, when their turn comes; `generation` is that of the result that they go on with. */
  async #compute(call, argument, { signal, enough, onProgress, transfer }, generation) {
    check.signal("signal")(signal);
    check.signal("enough")(enough);
    check.callback(onProgress);
    const control = { signal, enough, onProgress, transfer };
    const answer = await this.#engine.inTurn(signal, () =>
      this.#engine.callWithNetwork(call, argument, control, generation),
    );
    return this.#result(answer, argument.recipe, this.#engine.generation);
  }

  /** A result with the methods that ask more of the same scores. */
  #result({ run, network, ...answer }, recipe, generation) {
    const asked = { run, target: answer.target, recipe };
    const ask = (name, argument) => this.#engine.call(name, { ...asked, ...argument }, undefined, generation);
    const other = async (argument, by = recipe) =>
      this.#result({ run, network, ...answer, ...(await ask("outcome", argument)) }, by, generation);
    const { channels } = answer.diagnostics;
    const result = {
      ...answer,
      id: { generation, run, network },
      recipe: recipe ?? this.recipes[0],
      forClass: async (index) => other({ target: check.classIndex(index) }),
      forRecipe: async (by) => other({ recipe: check.recipe(by) }, by),
      continue: async (options) =>
        this.#compute("resume", asked, check.options(options, ["signal", "enough", "onProgress"]), generation),
      compare: async (second) => {
        if (!results.has(second))
          throw failure(
            "option",
            "What this result should be compared with is not a result.",
            "Give what explain, forClass or forRecipe answered with.",
          );
        const map = ({ heatmap, height, width, region }) => ({ heatmap, height, width, region });
        return this.#engine.call("compare", { first: map(result), second: map(second) });
      },
      overlayPng: async (options) => {
        const { colourMap, opacity } = check.options(options, ["colourMap", "opacity"]);
        return ask("overlayPng", { colourMap: check.colourMap(colourMap), opacity: check.opacity(opacity) });
      },
      npy: async () => ask("npy"),
      report: async (image = "picture") => ask("report", { image: String(image) }),
      convergence: async () => ask("convergence"),
      channels: async () => ask("channels"),
      scaledMap: async (channel) => ask("scaledMap", { channel: check.channel(channel, channels) }),
      maskedPicture: async (channel) => ask("maskedPicture", { channel: check.channel(channel, channels) }),
      thumbnails: async (channel, side) =>
        ask("thumbnails", { channel: check.channel(channel, channels), side: check.side(side) }),
      maskedPredictions: async (channel) => ask("maskedPredictions", { channel: check.channel(channel, channels) }),
      partialSum: async (count) => ask("partialSum", { count: check.count(count) }),
      provenance: async (row, column) =>
        ask("provenance", { row: check.row(row, answer.height), column: check.column(column, answer.width) }),
    };
    results.add(result);
    return result;
  }
}
