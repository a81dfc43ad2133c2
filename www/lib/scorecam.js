/**
 * Score-CAM in the browser: what is behind the public interface, whose types and units are in ../scorecam.d.ts.
 *
 *   const cam = await ScoreCam.create();
 *   await cam.loadModel({ catalog: "efficientnet_lite0" });
 *   const result = await cam.explain(file, { onProgress: ({ preview }) => draw(preview) });
 */

import * as check from "./arguments.js";
import { BASE } from "./assets.js";
import { Engine } from "./engine.js";
import { failure, superseded } from "./errors.js";
import { pictureOf } from "./pictures.js";
import { sendableSource } from "./sendable.js";

/** @import { ExplainOptions, MethodOptions, Model, OwnModel, Picture, Progress, Recipe, Result, Target } from "../scorecam.js" */
/** @import { Asked, CallName, Calls, CallOptions, Explained, Outcome, ProgressOf } from "./calls.js" */

export { ScoreCamError } from "./errors.js";

/** Every result that was handed out. */
const results = new WeakSet();

/** What `create` takes. */
const CREATE = ["threads", "build", "baseUrl", "prefetch", "onProgress"];

/** What may be said of a computation that goes on. */
const CONTROL = ["signal", "enough", "onProgress"];

/** What may be said of a measurement that goes on. */
const TRIAL = ["signal", "onProgress"];

export class ScoreCam {
  /** @type {Engine} */
  #engine = /** @type {any} */ (undefined);
  /**
   * Aborts the load that is under way.
   * @type {AbortController | null}
   */
  #loading = null;

  /**
   * Starts the worker and its threads. Use `ScoreCam.create`.
   * @param {{ threads?: number, build?: string, baseUrl?: string, prefetch?: string, onProgress?: (progress: ProgressOf<"start">) => void }} [options]
   */
  static async create(options) {
    const { threads, build, baseUrl, prefetch, onProgress } = check.options(options, CREATE);
    const cam = new ScoreCam();
    const folder = check.baseUrl(baseUrl ?? BASE);
    cam.#engine = new Engine({
      threads: check.threads(threads),
      build: check.build(build),
      baseUrl: folder,
      prefetch: check.prefetch(prefetch),
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

  /** Which build of the core the browser runs. */
  get build() {
    return this.#engine.info.build;
  }

  /** Bytes that the core's memory can grow to in this browser. */
  get memoryLimit() {
    return this.#engine.info.memoryLimit;
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

  /** The methods with what each can be asked, the default first. */
  get methods() {
    return this.#engine.info.methods;
  }

  /** What can be measured of a map. */
  get measures() {
    return this.#engine.info.measures;
  }

  /** Ways to normalise pixels that many networks share. */
  get presets() {
    return this.#engine.info.presets;
  }

  /** Colour maps by name: 256 times red, green, blue. */
  get colourMaps() {
    return this.#engine.info.colourMaps;
  }

  /** The colours of what speaks against and for. */
  get divergingColours() {
    return this.#engine.info.divergingColours;
  }

  /**
   * Loads a network. If that fails, the one that was loaded before stays in use; of two at a time the later one counts.
   * @param {{ catalog: string } | OwnModel} source
   * @param {{ signal?: AbortSignal, onProgress?: (progress: ProgressOf<"loadModel">) => void }} [options]
   * @returns {Promise<Model>}
   */
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
      const control = { signal: loading.signal, onProgress };
      return await this.#engine.inTurn(loading.signal, async () =>
        this.#engine.load(await sendableSource(wanted), control),
      );
    } finally {
      signal?.removeEventListener("abort", abort);
      if (this.#loading === loading) this.#loading = null;
    }
  }

  /**
   * Explains a picture: which parts of it speak for the target. Of several at a time each has its turn.
   * @param {Picture} image
   * @param {ExplainOptions} [options]
   * @returns {Promise<Result>}
   */
  async explain(image, options) {
    const {
      method,
      options: chosen,
      rest,
    } = check.method(options, ["layer", "target", "until", ...CONTROL], this.methods);
    const { layer, target, until, ...control } = rest;
    const enough = { until: check.until(until) };
    const asked = { target: check.target(target), method, options: chosen };
    const named = check.layer(layer);
    control.signal?.throwIfAborted?.();
    const picture = await pictureOf(image);
    const transfer = picture.pixels ? [picture.pixels.data.buffer] : [];
    return this.#compute("explain", { ...asked, ...enough, layer: named, picture }, asked, { ...control, transfer });
  }

  /**
   * The classes that names mean, as folders and tables name them.
   * @param {string[]} names
   */
  async classesNamed(names) {
    return this.#engine.callWithNetwork("classesNamed", { names: check.names(names) }, {});
  }

  /** Computes seeded convolutions by our kernels and by tract's operators, and says how far they are apart. */
  async checkKernels(count = 100) {
    return this.#engine.call("checkKernels", { count: check.kernels(count) });
  }

  /** Measures how fast the kernels are on one thread, the machine's peak first. */
  async measureKernels() {
    return this.#engine.call("measureKernels", {});
  }

  /** Measures what each step of a pass of the loaded network takes on one thread. */
  async measureSteps() {
    const ROUNDS = 5;
    return this.#engine.call("measureSteps", { rounds: ROUNDS });
  }

  /** Stops the worker and its threads. */
  async dispose() {
    this.#engine.dispose();
  }

  /**
   * Masked passes, when their turn comes; `generation` is that of the result that they go on with.
   * @template {"explain" | "resume"} Name
   * @param {Name} call
   * @param {Calls[Name]["argument"]} argument
   * @param {Asked} asked
   * @param {CallOptions<any>} control
   * @param {number} [generation]
   */
  async #compute(call, argument, asked, { signal, enough, onProgress, transfer }, generation) {
    check.signal("signal")(signal);
    check.signal("enough")(enough);
    check.callback(onProgress);
    /** @type {CallOptions<Name>} */
    const control = { signal, enough, onProgress, transfer };
    const compute = () => this.#engine.callWithNetwork(call, argument, control, generation);
    const answer = await this.#engine.inTurn(signal, compute);
    return this.#result(answer, asked, this.#engine.generation);
  }

  /**
   * A result with the methods that ask more of the same scores.
   * @param {Explained} explained
   * @param {Asked} by  the method and its options
   * @param {number} generation
   * @returns {Result}
   */
  #result({ run, network, ...answer }, { method, options }, generation) {
    const asked = { run, target: answer.target, method, options };
    /**
     * @template {CallName} Name
     * @param {Name} name
     * @param {any} [argument]
     */
    const ask = (name, argument) => this.#engine.call(name, { ...asked, ...argument }, undefined, generation);
    /**
     * A measurement, when its turn comes.
     * @template {"measure" | "stability" | "randomise"} Name
     * @param {Name} name
     * @param {any} argument
     * @param {CallOptions<any>} control
     * @returns {Promise<Calls[Name]["answer"]>}
     */
    const trial = async (name, argument, { signal, onProgress }) => {
      check.signal("signal")(signal);
      check.callback(onProgress);
      const measure = () => this.#engine.call(name, { ...asked, ...argument }, { signal, onProgress }, generation);
      return this.#engine.inTurn(signal, measure);
    };
    /** @param {{ target?: Target, method?: string, options?: Record<string, unknown> }} argument */
    const other = async (argument) => {
      /** @type {Outcome} */
      const outcome = await ask("outcome", argument);
      return this.#result({ run, network, ...answer, ...outcome }, { method, options, ...argument }, generation);
    };
    const { channels } = answer.diagnostics;
    const { recipe = this.recipes[0] } = /** @type {MethodOptions} */ (options ?? {});
    const usesRecipes = this.methods.find(({ name }) => name === answer.method)?.recipes.length;
    /** @type {Result} */
    const result = {
      ...answer,
      id: { generation, run, network },
      recipe: usesRecipes ? recipe : null,
      options: options ?? {},
      forClass: async (index) => other({ target: check.classIndex(index) }),
      forTarget: async (target) => other({ target: check.target(target) ?? undefined }),
      forRecipe: async (recipe) => other({ options: { ...options, recipe: check.recipe(recipe) } }),
      forMethod: async (options) => {
        const chosen = check.method(options, [], this.methods);
        return other({ method: chosen.method, options: chosen.options });
      },
      continue: async (options) => {
        const { until, ...control } = check.options(options, ["until", ...CONTROL]);
        return this.#compute("resume", { ...asked, until: check.until(until) }, asked, control, generation);
      },
      compare: async (second) => {
        if (!results.has(second)) throw failure("not-a-result");
        return this.#engine.call("compare", { first: mapOf(result), second: mapOf(second) });
      },
      measure: async (options) => {
        const { measures, beside, box, baselines, seed, ...control } = check.options(options, [
          "measures",
          "beside",
          "box",
          "baselines",
          "seed",
          ...TRIAL,
        ]);
        const within = check.box(box);
        const asked = {
          measures: check.measures(measures, this.measures, within !== null),
          box: within,
          baselines: check.yes("baselines", baselines),
          seed: check.seed(seed),
        };
        const { method: name, heatmap, height, width } = result;
        const others = check.maps(beside, (value) => results.has(/** @type {Result} */ (value)));
        const maps = [{ name, heatmap, height, width }, ...others];
        return trial("measure", { maps, asked }, control);
      },
      stability: async (options) => {
        const { seed, ...control } = check.options(options, ["seed", ...TRIAL]);
        return trial("stability", { seed: check.seed(seed) }, control);
      },
      randomise: async (options) => {
        const { stages, weights, seed, ...control } = check.options(options, ["stages", "weights", "seed", ...TRIAL]);
        const wanted = { stages: check.stages(stages), weights: check.weights(weights), seed: check.seed(seed) };
        return trial("randomise", wanted, control);
      },
      cover: async (options) => {
        const { cover, fill, seed } = check.options(options, ["cover", "fill", "seed"]);
        return ask("cover", { cover: check.cover(cover), fill: check.coverFill(fill), seed: check.seed(seed) });
      },
      coverOf: async (options) => {
        const { share, order, seed } = check.options(options, ["share", "order", "seed"]);
        const relevantFirst = check.order(order) === "most-relevant";
        return ask("coverOf", {
          map: result.heatmap,
          share: check.share(share),
          relevantFirst,
          seed: check.seed(seed),
        });
      },
      superpixels: async () => ask("superpixels"),
      forget: async () => ask("forget"),
      signed: async () => ask("signed"),
      signedNpy: async () => ask("signedNpy"),
      overlayPng: async (options) => {
        const { colourMap, opacity } = check.options(options, ["colourMap", "opacity"]);
        return ask("overlayPng", { colourMap: check.colourMap(colourMap), opacity: check.opacity(opacity) });
      },
      npy: async () => ask("npy"),
      report: async (image = "picture") => ask("report", { image: String(image) }),
      record: async (options) => {
        const { image, measured } = check.options(options, ["image", "measured"]);
        return ask("record", { image: String(image ?? "picture"), numbers: check.measured(measured) });
      },
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

/**
 * The part of a result that a comparison takes.
 * @param {Result} result
 */
const mapOf = ({ heatmap, height, width, region }) => ({ heatmap, height, width, region });
