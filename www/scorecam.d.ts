/** Score-CAM in the browser. Everything runs in a worker; the picture never leaves the machine. */

/** Which parts of a picture speak for a class. */
export class ScoreCam {
  /**
   * Starts a worker and its threads. If the worker breaks off later, another takes its place at the next call, with the same network.
   * @param options.threads  threads to compute on, from 1 to 64; all cores if left out. More than one needs a page that is
   *                         cross-origin isolated.
   * @param options.build  "relaxed" or "simd", for comparisons; the faster one that the browser has if left out.
   * @param options.baseUrl  the folder that `models/` lies in, relative to the page; that of scorecam.js if left out.
   * @param options.prefetch  the name of a network of the catalogue whose file is fetched while the program is; `loadModel` takes it.
   * @param options.onProgress  how much of the program is here, in bytes; `total` is null where the server compresses it.
   * @throws ScoreCamError of kind "option" for a value that cannot be, "network" or "browser" where it cannot start.
   */
  static create(options?: {
    threads?: number;
    build?: string;
    baseUrl?: string;
    prefetch?: string;
    onProgress?: (progress: { stage: "program"; done: number; total: number | null }) => void;
  }): Promise<ScoreCam>;

  readonly threads: number;
  readonly isolated: boolean;
  readonly features: Features;
  /** Which build of the core the browser runs: "relaxed" with relaxed SIMD, which is faster, or "simd". */
  readonly build: string;
  /** Bytes that the core's memory can grow to: 4 GB, or less where the browser refuses so much. */
  readonly memoryLimit: number;
  /** Why there is one thread only, or null. */
  readonly singleThreadReason: SingleThreadReason;
  readonly version: string;
  /** The entries of models/catalog.json. */
  readonly catalog: ModelSpec[];
  /** Names of the networks of the catalogue whose files are here, the default first. */
  readonly available: string[];
  /** Names of the variants of Score-CAM, the default first. */
  readonly recipes: string[];
  /** Ways to explain, the default first, each with what it can be asked. */
  readonly methods: Method[];
  /** What can be measured of a map, see `Result.measure`. */
  readonly measures: MeasureDescription[];
  /** Ways to normalise pixels that many networks share. */
  readonly presets: (Preset & { name: string })[];
  /** 256 times red, green, blue in 0..255 for the values 0 to 1, by name. */
  readonly colourMaps: Record<string, Uint8Array>;
  /** As one of colourMaps, for values from -1 (against the target) to 1 (for it). */
  readonly divergingColours: Uint8Array;

  /**
   * Loads a network by its name in the catalogue, or from an ONNX file. On failure the earlier one stays. Loads and
   * explanations have their turns in the order in which they are asked for; of two loads the later one counts, and the
   * earlier one rejects with a ScoreCamError of kind "superseded".
   *
   * What `spec.input` leaves out is guessed from the file; `Model.input` says what came of it and `Model.clues` why.
   * `labels` are class names, or a file of them: JSON or text with one name a line.
   */
  loadModel(
    source: { catalog: string } | OwnModel,
    options?: {
      signal?: AbortSignal;
      /** `done` and `total` in bytes. */
      onProgress?: (progress: { stage: "download" | "prepare"; done: number; total: number }) => void;
    },
  ): Promise<Model>;

  /**
   * Explains a picture. A file may be PNG, JPEG, WebP, GIF, BMP, TIFF or what else the browser decodes (AVIF, HEIC in Safari); of what
   * is drawn the pixels are read, and laid over white.
   * Costs a forward pass for each channel of the layer that varies, for each window of "occlusion", or two for each cluster of
   * maps of "vit-cx". Several at a time have
   * their turns.
   * @throws ScoreCamError (of kind "memory" where the layer needs more than there is; that is worked out before anything is
   *   allocated), what `onProgress` throws, or the signal's reason if it is aborted; the model stays loaded.
   */
  explain(image: Picture, options?: ExplainOptions): Promise<Result>;

  /**
   * The index of the class of the loaded network that each name means, as folders and tables name classes: by index, or by label or one of
   * the names that a label lists with commas between them; case, blanks, `_` and `-` do not count. Null where a name means none or several.
   */
  classesNamed(names: string[]): Promise<(number | null)[]>;

  /**
   * Computes seeded convolutions by our kernels and by tract's operators in this browser, and says how far they are apart,
   * in units of the largest result.
   */
  checkKernels(count?: number): Promise<{ case: string; difference: number; allowed: number }[]>;

  /** Measures how fast the kernels are on one thread, in billions of multiply-adds a second; the machine's peak comes first. */
  measureKernels(): Promise<{ kernel: string; gigaMacs: number }[]>;

  /**
   * Measures what each step of a masked pass of the loaded network takes on one thread, the median of five passes. Empty where
   * tract computes the passes as a whole.
   * @throws ScoreCamError if no network is loaded.
   */
  measureSteps(): Promise<StepTime[]>;

  /** Stops the worker; every later call rejects. */
  dispose(): Promise<void>;
}

/** Whatever a page has a picture in. */
export type Picture =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | Response
  | ImageData
  | ImageBitmap
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLImageElement
  | HTMLVideoElement;

/** An ONNX file of your own. A large one is best given as a Blob or File, which is not copied. */
export interface OwnModel {
  bytes: Blob | ArrayBuffer | Uint8Array;
  name?: string;
  spec?: Partial<Omit<ModelSpec, "input">> & { input?: Partial<InputSpec> };
  labels?: string[] | Blob;
}

/** Which WebAssembly features the browser has; `threads` are its atomic operations, which an isolated page can use. */
export interface Features {
  simd: boolean;
  relaxedSimd: boolean;
  threads: boolean;
}

/** "refused": the browser started no more; "file": the page is one file that was opened without a server. */
export type SingleThreadReason = null | "not-isolated" | "framed" | "refused" | "file" | "one-core" | "asked";

/** A method with its options. Those of each stand in `ScoreCam.methods`; one that a method does not have is refused. */
export interface MethodOptions {
  /** One of `ScoreCam.methods` by its name; "score-cam" if left out. */
  method?: string;
  /** Of "score-cam": its variant. */
  recipe?: Recipe;
  /** Of "score-cam" with the recipe "matlab". */
  columnwise?: boolean;
  /** Scores before or after the softmax over the classes. */
  score?: "logit" | "probability";
  /** Of "occlusion": the side of a window, and how far it goes at a time, in pixels of the network's input. */
  window?: number;
  stride?: number;
  /** Of "occlusion" and "rise": what shows where a mask is zero. */
  fill?: "mean" | "black";
  /** Of "rise": how many masks, of how many cells a side, which are kept with this probability. */
  masks?: number;
  cells?: number;
  probability?: number;
  /** Of "recipro-cam": whether a cell is spread over those around it. */
  gaussian?: boolean;
  /** Of "vit-cx": the cosine distance within which maps are one mask, and the deviation of the noise. */
  distance?: number;
  noise?: number;
  /** Of "ss-cam" and "is-cam": how many masks each map has. Of "lime" and "kernel-shap": how many samples, and the superpixels: the deviation of quickshift's kernel, what colour counts beside place. */
  samples?: number;
  kernel?: number;
  ratio?: number;
  /** Of "lime": the width of what counts as similar. */
  width?: number;
  /** Of "ss-cam": the deviation of the noise. */
  deviation?: number;
  /** Of "ss-cam", "rise", "lime", "kernel-shap" and "vit-cx": where chance begins. */
  seed?: number;
}

export interface ExplainOptions extends MethodOptions {
  /** Name of the layer; the network's default layer if left out. Methods that look at no layer take no notice of it. */
  layer?: string;
  target?: Target;
  signal?: AbortSignal;
  /** Abort it to end the passes early: the result is what there is by then, and its `diagnostics.partial` is true. */
  enough?: AbortSignal;
  /** Ends the passes early, as with `enough`, once `Progress.spread` is at most this, in [0, 1]: 0.02, say. Of methods that tell no spread all are done. */
  until?: number;
  onProgress?: (progress: Progress) => void;
}

/**
 * What is asked about, by indices of classes:
 * - a class; null is the most probable one;
 * - `{ group }`: any of several, by the sum of their probabilities or the logarithm of the sum of their logits' exponentials;
 * - `{ difference: [a, b] }`: why a and not b, by the score of a less that of b;
 * - `{ finer: a, against }`: Finer-CAM's contrast (arXiv 2501.11309): a (null is the most probable one) less each of the others,
 *   weighted by their probabilities; against the three whose logits are nearest if they are left out.
 */
export type Target =
  number | null | { group: number[] } | { difference: [number, number] } | { finer: number | null; against?: number[] };

/** What a method is and can be asked. */
export interface Method {
  name: string;
  /** Whether it looks at the activation maps of a layer. */
  usesLayer: boolean;
  /** What its masks are made of; "none" if it has none, as methods of gradients. */
  part: Part;
  options: Choice[];
  /** Of "score-cam": its variants, the default first. */
  recipes: RecipeDescription[];
}

export type Part =
  "map" | "window" | "cluster" | "cell" | "grid" | "superpixel" | "ablated-map" | "smoothed-map" | "none";

/** An option of a method. A default of null depends on the recipe. */
export type Choice = { name: string } & (
  | { type: "integer" | "number"; least: number; most: number; default: number }
  | { type: "name"; names: string[]; default: string | null }
  | { type: "boolean"; default: boolean }
);

export interface RecipeDescription {
  name: string;
  /** Recipes of the same masking share their passes. */
  masking: string;
  /** What shows where a mask is zero. */
  fill: Fill;
  weighing: Weighing;
  /** The default of its option `columnwise`, if it has one. */
  columnwise: boolean | null;
  score: "logit" | "probability";
}

/** The colour that the network's preprocessing subtracts, or black. */
export type Fill = "mean" | "black";

/**
 * What makes a mask weigh more: its score alone, the softmax over the masks of their logits or probabilities, how much the
 * score falls under it, or how much what it hides brings about the score. Where there are no masks: how fast the score rises with a
 * map, or how much the map varies with the others; of superpixels, what a linear model says that each is worth.
 */
export type Weighing =
  | "score"
  | "softmax-of-logits"
  | "softmax-of-probabilities"
  | "drop"
  | "causal-impact"
  | "gradient"
  | "variation"
  | "regression";

/**
 * A variant of Score-CAM by name. `columnwise` is an option of "matlab"; `score` takes scores before ("logit") or after
 * ("probability") the softmax over the classes instead of what the recipe has.
 */
export type Recipe = string | { name: string; columnwise?: boolean; score?: "logit" | "probability" };

export interface Progress {
  /** "classified" comes once, with the fields of Classified; then "score" for every few passes. */
  stage: "classified" | "score";
  /** Masked passes done, and to do in all. */
  done: number;
  total: number;
  /**
   * Milliseconds to go at the same pace. Before the first pass, so that one knows the cost, it is at the pace of the network's
   * passes before, of which the picture's own are two.
   */
  etaMs: number | null;
  /** The map so far, as in Result.heatmap; null before the first pass. */
  preview: Float32Array | null;
  /** As Result.spread; null before the first pass. */
  spread: number | null;
  /** As Result.convergence, about twenty times in a run; null in between. */
  convergence: Settled[] | null;
}

/** Spearman's rank correlation in [-1, 1] of the map after `passes` passes with the latest one; null if one of them is constant. */
export interface Settled {
  passes: number;
  correlation: number | null;
}

/** What is known after one forward pass. */
export interface Classified {
  /** The layer that is explained; null if the method looks at none. */
  layer: Layer | null;
  /** What shows where a mask is zero. */
  fill: Fill;
  /** The five most probable classes, the most probable first. */
  predictions: Prediction[];
  /** The picture as decoded: upright, over white, at most 1,600 pixels a side. */
  picture: ImageData;
  /** The part of `picture` that the network sees, in its pixels. */
  region: Region;
  /** Whether the file was an animation, of which the first frame was taken. */
  animated: boolean;
  /** What became of the picture's colours: those of a profile other than sRGB are "converted" to it, or "kept" where that cannot be. */
  colours: { kind: "srgb"; profile?: undefined } | { kind: "converted" | "kept"; profile: string };
}

/** What shows under a cover: the network's mean colour, the picture blurred, the picture's own mean colour, or noise. */
export type CoverFill = "mean" | "blur" | "average" | "noise";

/** What the network makes of a picture with a cover. */
export interface Covered {
  /** At input size, as the network sees it. */
  picture: ImageData;
  /** The five most probable classes. */
  predictions: Prediction[];
  /** How probable the target of the result is. */
  probability: number;
  /** How much of the picture is covered, in [0, 1]. */
  area: number;
  /** How much of the map is, in [0, 1]; null if the map is empty. */
  evidence: number | null;
}

/** Which patch each pixel [height, width] is in, from 0, and how many there are. */
export interface Superpixels {
  labels: Uint32Array;
  count: number;
}

export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Result extends Classified {
  /** What the result belongs to: the worker's generation, the number of its run there, and the network. */
  id: { generation: number; run: number; network: { name: string; sha256: string | null } };
  /** Values [height, width] in [0, 1], row by row; it covers `region`. */
  heatmap: Float32Array;
  width: number;
  height: number;
  /** What is explained: the index of a class, or what was asked for instead. */
  target: Exclude<Target, null>;
  /** The class that is asked about: `target`, or the one that a contrast is about; null for a group. */
  class: number | null;
  /** How probable the network finds that class, or any of a group (behind a sigmoid: the most probable of it), for the picture as it is. */
  probability: number;
  /** The method's name, and what its masks are made of. */
  method: string;
  part: Part;
  /** Of "score-cam", as it was asked for; null for other methods. */
  recipe: Recipe | null;
  /** The method's options as they were asked for. */
  options: MethodOptions;
  /** How the map's values are spread over three by three parts: nine shares by rows, which sum to one; zeros for an empty map. */
  ninths: number[];
  /** A weight for each channel of the layer, zero where the channel was skipped; or for each window. */
  weights: Float32Array;
  weighing: Weighing;
  diagnostics: {
    /** Channels of the layer, windows, or passes of "vit-cx"; and those that were scored. */
    channels: number;
    scoredChannels: number;
    /** Channels left out because their map is constant. */
    skippedChannels: number;
    partial: boolean;
    /** The weighted sum has no positive part that varies: the map is all zero and says nothing. */
    noPositiveEvidence: boolean;
    /** From the smallest to the largest value of the weighted sum: below zero is what speaks against the target. */
    low: number;
    high: number;
    /** Kish's effective number of channels over their number, in [0, 1]: 1 if all weigh the same. */
    evenness: number;
    /** The weights are so even that the map shows where the layer is active rather than what speaks for the class. */
    nearUniformWeights: boolean;
    /** The maps are a transformer's tokens, where Score-CAM is known to be weak; "vit-cx" was made for them. */
    tokensAsMaps: boolean;
    /** The network finds the class less probable than all others together; behind a sigmoid, less probable than not. */
    lowConfidence: boolean;
    /** The network finds the class less than one per cent probable; the map is stretched to the full scale all the same. */
    improbable: boolean;
  };
  timings: { prepareMs: number; scoreMs: number };
  /**
   * How far the map's values, in [0, 1], have moved since half as many passes (root mean square). What the rest will move is most often less;
   * it is an estimate, no bound. 0 of a complete result; null where the method cannot guess what is to come, or after a few passes only.
   */
  spread: number | null;
  /** Passes that are done, and that there are in all; none for methods of gradients. */
  passes: { done: number; total: number };
  /** Size of the WebAssembly memory, which does not shrink: the most that was used so far. */
  memoryBytes: number;
  /**
   * The map of another class, from the same scores: no inference. The 24 latest explanations can be asked, as long as their
   * worker lives.
   * @throws ScoreCamError of kind "option" if the scores are no longer in memory; explain the picture again then.
   */
  forClass(index: number): Promise<Result>;
  /** As forClass, of any target. */
  forTarget(target: Target): Promise<Result>;
  /** Does the passes that are still to do of a partial result; `onProgress` as in explain. */
  continue(options?: {
    signal?: AbortSignal;
    enough?: AbortSignal;
    until?: number;
    onProgress?: (progress: Progress) => void;
  }): Promise<Result>;
  /** The account as JSON, as the command line writes it; `image` is what the picture is called in it. */
  report(image?: string): Promise<string>;
  /** The picture as a line of a table of many, as `scorecam batch` writes it; `measured` is what `measure` answered. */
  record(options?: { image?: string; measured?: Measurement }): Promise<PictureRecord>;
  /**
   * The map of the same class by another recipe, from the same scores: no inference.
   * @throws ScoreCamError of kind "option" if that recipe masks in another way; explain the picture again then.
   */
  forRecipe(recipe: Recipe): Promise<Result>;
  /** As forRecipe, by any method: from the same scores if its masks are the same. */
  forMethod(options: MethodOptions): Promise<Result>;
  /** What speaks for the target and what against it: the weighted sum before what is negative is dropped. */
  signed(): Promise<Signed>;
  /** NumPy's .npy file of that: float32 [height, width]. */
  signedNpy(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * A PNG file of the map over the picture; opacity in [0, 1]. `colourMap: "diverging"` shows what speaks for (red) and against (blue)
   * instead, with a bar of the colours below.
   */
  overlayPng(options?: { colourMap?: string; opacity?: number }): Promise<Uint8Array<ArrayBuffer>>;
  /** NumPy's .npy file of the map: float32 [height, width]. */
  npy(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * This map beside that of another explanation of the same picture, of whatever class, recipe, layer or network. It takes the
   * maps alone, so either may have outlived its scores.
   */
  compare(other: Result): Promise<Comparison>;
  /**
   * Measures this map, beside others of the same picture, and beside maps that know nothing: by pictures from which pixels are removed.
   * `onProgress` says how far it is.
   */
  measure(options?: MeasureOptions): Promise<Measurement>;
  /**
   * The answer for the picture with some of it covered: one pass, some milliseconds. `cover` [height, width] has a value for each pixel of the map, 0
   * leaves it as it is, 1 hides it.
   */
  cover(options: { cover: Float32Array; fill?: CoverFill; seed?: number }): Promise<Covered>;
  /**
   * A cover [height, width] of the share in [0, 1] of the pixels that the map names first ("most-relevant", the default) or last: the very pixels that
   * the measure "deletion-insertion" of this map removes with the same seed.
   */
  coverOf(options: { share: number; order?: "most-relevant" | "least-relevant"; seed?: number }): Promise<Float32Array>;
  /**
   * Frees the scores: nothing more is asked of this result or of those that were made from the same passes. Without it the 24 latest are kept.
   */
  forget(): Promise<void>;
  /** Patches of the picture [height, width] that are alike in colour: those of LIME's defaults. It takes about a second. */
  superpixels(): Promise<Superpixels>;
  /** Explains the picture again under ten small changes, and what the map leaves of it: eleven times the passes. */
  stability(options?: { seed?: number } & TrialControl): Promise<Steadiness>;
  /**
   * Explains the picture by networks whose weights are random from the answer down to a stage, `stages` times (8 if left out): a map that
   * stays as it was does not show what the network learned.
   */
  randomise(options?: { stages?: number; weights?: "permuted" | "he"; seed?: number } & TrialControl): Promise<Stage[]>;
  /** How the map settled as channels came in, at up to twenty even numbers of passes; no inference. */
  convergence(): Promise<Settled[]>;
  /** Every channel of the layer: its map, its score under its mask, its weight. */
  channels(): Promise<Channels>;
  /**
   * The picture at input size as the network saw it under a channel's mask.
   * @throws ScoreCamError of kind "option" for a channel that was skipped.
   */
  maskedPicture(channel: number): Promise<ImageData>;
  /**
   * A channel's map at input size [height, width]: its range after upsampling, the mask in [0, 1] it became, and the mask's mean.
   * @throws as maskedPicture.
   */
  scaledMap(channel: number): Promise<{ low: number; high: number; mask: Float32Array; kept: number }>;
  /** The mask in grey and the masked picture, `side` by `side` pixels: cheap enough to show many. @throws as maskedPicture. */
  thumbnails(channel: number, side: number): Promise<{ mask: ImageBitmap; masked: ImageBitmap }>;
  /** The five most probable classes of the picture under a channel's mask; none if it has no pass. */
  maskedPredictions(channel: number): Promise<Prediction[]>;
  /** The sum of the `count` channels whose weights are farthest from zero, and the map that it alone would give. */
  partialSum(count: number): Promise<PartialSum>;
  /** What each channel has in the weighted sum at a pixel of the map, largest first; the shares sum to one. */
  provenance(row: number, column: number): Promise<Share[]>;
}

/** A picture as a line of a table of many: no pixels, no weights. */
export interface PictureRecord {
  image: string;
  /** The most probable class; a label of null is not known. */
  class: number;
  label: string | null;
  probability: number;
  method: string;
  layer: string | null;
  target: { kind: "class" | "group" | "difference" | "finer"; index?: number; label?: string | null; score: number };
  predictions: { index: number; label: string | null; probability: number }[];
  /** The part of the picture that the network saw, in the picture's own pixels. */
  region: Region;
  ninths: number[];
  diagnostics: Result["diagnostics"];
  /** What was measured, by its name; null cannot be said. */
  measures: Record<string, number | null>;
  timings: { prepareMs: number; scoreMs: number };
}

export interface MeasureDescription {
  name: string;
  /** Whether it needs `box`. */
  needsBox: boolean;
}

export interface TrialControl {
  signal?: AbortSignal;
  onProgress?: (progress: Pick<Progress, "done" | "total" | "etaMs">) => void;
}

export interface MeasureOptions extends TrialControl {
  /** Names of `ScoreCam.measures`; all that can be done if left out. */
  measures?: string[];
  /** Results of the same picture, or maps of other tools at the size of this one. */
  beside?: (Result | { name: string; heatmap: Float32Array; height: number; width: number })[];
  /** Where the thing is, in pixels of `picture`. */
  box?: Region;
  /** Whether three random maps and a centred one are measured, too; they are unless this is false. */
  baselines?: boolean;
  /** Where chance begins: ties, noise, random maps. */
  seed?: number;
}

export interface Measurement {
  /** The target's score of the picture as it is. */
  score: number;
  /** This map, those beside it, and those that know nothing. */
  rows: MeasuredMap[];
  /** Spearman's rank correlation of each map with each, in the order of `rows`; null where one is constant. */
  agreement: (number | null)[][];
}

export interface MeasuredMap {
  name: string;
  isBaseline: boolean;
  /** The map is constant: its order of pixels is chance. */
  isEmpty: boolean;
  /** A value of null cannot be said. */
  numbers: { name: string; value: number | null; better: "higher" | "lower" | "neither" }[];
  /** Scores over shares of the pixels. */
  curves: { name: string; x: number[]; y: number[] }[];
}

/** Null where it cannot be said: of an empty map, say. */
export interface Steadiness {
  /** The largest change of the map under small changes of the picture, relative to the map; zero is the best. */
  stability: number | null;
  /** Likeness of the map with that of what it leaves of the picture, in [0, 1]. */
  coherency: number | null;
  /** The map's mean. */
  complexity: number;
  /** Average drop of the soft mask. */
  drop: number | null;
  /** The harmonic mean of coherency, 1 - complexity and 1 - drop. */
  adcc: number | null;
}

/** The map of a network that is random from an operator on. */
export interface Stage {
  /** The first operator with random weights, from the picture on. */
  from: string;
  /** Likeness with the map of the network as it is: Spearman's rank correlation, null if one is constant, and SSIM. */
  correlation: number | null;
  ssim: number;
  /** As Result.heatmap. */
  heatmap: Float32Array;
}

/** What a channel, or a window, has in the weighted sum at a pixel; `activation` is the value there of what is weighed. */
export interface Share {
  channel: number;
  share: number;
  activation: number;
}

/** Values [height, width] of either sign, row by row, from `low` to `high`; positive is what speaks for the target. */
export interface Signed {
  values: Float32Array;
  low: number;
  high: number;
  width: number;
  height: number;
}

export interface PartialSum {
  /** Values [sumHeight, sumWidth] of either sign, before what is negative is dropped; from `low` to `high`. */
  sum: Float32Array;
  sumHeight: number;
  sumWidth: number;
  low: number;
  high: number;
  /** As Result.heatmap. */
  heatmap: Float32Array;
}

export interface Comparison {
  /** Spearman's rank correlation in [-1, 1] where both networks looked; null if one of the maps is constant. */
  correlation: number | null;
  /** The first map less the second [height, width], in [-1, 1]. */
  difference: Float32Array;
  /** Mean and largest of its absolute values. */
  meanDifference: number;
  largestDifference: number;
  height: number;
  width: number;
}

export interface Channels {
  /** `score` is a probability or a logit as the recipe has it, null without a pass; `energy` the mean of the squares. */
  channels: { channel: number; score: number | null; weight: number; low: number; high: number; energy: number }[];
  /** The same score of the picture as it is. */
  pictureScore: number;
  /** Activations [channels, height, width], row by row. */
  maps: Float32Array;
  height: number;
  width: number;
}

export interface Model {
  name: string;
  title: string;
  /** How pictures become its input. */
  input: InputSpec;
  /** What `input` was guessed from; see Clue in src/model/guess.rs. */
  clues: (
    "size-open" | "channels-last" | "normalises-itself" | "caffe" | "tensor-flow" | "matlab" | "metadata" | "nothing"
  )[];
  /** Whether one class excludes the others ("logits", "probabilities") or each is scored by itself ("sigmoid"). */
  output: OutputKind;
  /** Multiply-adds of a pass; null where tract's operators compute it. */
  multiplyAdds: number | null;
  classes: number;
  /** The layers that can be explained, in the order of the graph. */
  layers: Layer[];
  defaultLayer: string;
  /** Class names in the order of the output; empty if they are not known. */
  labels: string[];
  /** Checksum of its file in hexadecimal digits; null if the page is not served securely. */
  sha256: string | null;
  warnings: Warning[];
  /** Size of the WebAssembly memory, which does not shrink: the most that was used so far. */
  memoryBytes: number;
}

/**
 * Names were taken for ImageNet's because there are as many classes, or there are not as many names as classes, or some operators of
 * the passes are not the engine's own and slower: their names, as the library that computes them has them.
 */
export type Warning =
  | { kind: "labels-assumed"; classes: number }
  | { kind: "labels-differ"; names: number; classes: number }
  | { kind: "operators-slow"; operators: string };

/** A step of a masked pass. */
export interface StepTime {
  /** The node of the graph that it was made for. */
  name: string;
  /** Its operator. */
  operator: string;
  /** How it is computed. */
  kind: string;
  /** Whether that is not by an operator of the engine's own. */
  fallsBack: boolean;
  /** Milliseconds on one thread. */
  ms: number;
  /** Multiply-adds by its definition. */
  multiplyAdds: number;
}

export interface Layer {
  name: string;
  /** The ONNX operator that makes it. */
  operator: string;
  channels: number;
  height: number;
  width: number;
}

export interface Prediction {
  index: number;
  label: string;
  probability: number;
}

export type OutputKind = "logits" | "probabilities" | "sigmoid";

/** From pixels to the input tensor: (pixel in range - mean) / std, by channel in `order`. */
export interface InputSpec extends Preset {
  width: number;
  height: number;
  resize: "stretch" | "crop";
  /** The filter, each as Pillow has it; if left out, as a recipe's original does it ("matlab": bicubic), else bilinear. */
  resample?: "nearest" | "bilinear" | "bicubic" | "lanczos";
  /**
   * The share of each side that is seen: pictures are resized to the input's size divided by it, and the centre is cut out; 0.875 is
   * "resize 256, crop 224". 1 if left out; given without `resize`, pictures keep their shape.
   */
  crop?: number;
}

export interface Preset {
  order: "rgb" | "bgr";
  range: "0..1" | "0..255";
  mean: [number, number, number];
  std: [number, number, number];
}

/** An entry of models/catalog.json; what is left out takes the defaults documented in src/model/spec.rs. */
export interface ModelSpec {
  name: string;
  title: string;
  file: string;
  bytes: number;
  sha256: string;
  /** Bytes of memory that an explanation took, where that was measured. */
  memory?: number;
  licence: string;
  source: string;
  input: InputSpec;
  defaultLayer: string;
  /** Other names of layers: the last layer that one of these ONNX operators makes. */
  aliases: { name: string; operators: string[] }[];
  output: OutputKind;
  labels: string;
}

export type ErrorKind =
  | "image"
  | "model"
  | "layer"
  | "class"
  | "option"
  | "memory"
  | "network"
  | "browser"
  | "superseded"
  | "disposed"
  | "internal";

/** A failure, with a sentence that says what was found and expected, and one that says what to do. */
export class ScoreCamError extends Error {
  kind: ErrorKind;
  /** What went wrong, and what the sentences fill in: for sentences of your own. */
  code: string;
  values: Record<string, string>;
  hint: string;
}
