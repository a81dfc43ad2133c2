/**
 * Every message between the page and worker.js, once: what each call takes and answers with. Both ends, caller.js and worker.js, are
 * held to it.
 *
 *   page -> worker   { id, call, argument }    do this
 *                    { id, cancel: true }      stop doing it
 *                    { id, enough: true }      answer with what there is by now
 *   worker -> page   { id, value }             it is done
 *                    { id, error }             it failed
 *                    { id, progress }          it goes on
 *                    { id, stopped: true }     it was cancelled and is not computed any more
 *
 * A worker that breaks off says nothing here: its threads tell that on a channel of their own, see engine.js.
 */

import type {
  Channels,
  Classified,
  Comparison,
  CoverFill,
  Covered,
  ErrorKind,
  Features,
  InputSpec,
  Measurement,
  MeasureDescription,
  MeasuredMap,
  Method,
  Model,
  ModelSpec,
  PartialSum,
  PictureRecord,
  Prediction,
  Preset,
  Progress,
  Region,
  Result,
  Settled,
  Share,
  Signed,
  SingleThreadReason,
  Stage,
  Steadiness,
  Superpixels,
  Target,
  StepTime,
} from "../scorecam.js";

export interface Calls {
  start: {
    argument: {
      /** The folder that models/ lies in. */
      baseUrl: string;
      /** The builds by name: their addresses, or one that is compiled. */
      programs: Record<string, string | WebAssembly.Module>;
      /** Files of the site that are here already, by their names. */
      files: Record<string, Uint8Array<ArrayBuffer>>;
      /** A network of the catalogue to fetch at the same time. */
      prefetch?: string;
      threads?: number;
      /** The build to run, if not the best. */
      build?: string;
      channel: string;
      framed: boolean;
    };
    answer: Started;
    progress: { stage: "program"; done: number; total: number | null };
  };
  loadModel: {
    argument: Source;
    answer: Model;
    progress: { stage: "download" | "prepare"; done: number; total: number };
  };
  explain: {
    argument: Asked & { picture: Pictured; layer?: string; until?: number };
    answer: Explained;
    progress: Progress;
  };
  resume: { argument: OfRun & { until?: number }; answer: Explained; progress: Progress };
  outcome: { argument: OfRun; answer: Outcome };
  signed: { argument: OfRun; answer: Signed };
  overlayPng: { argument: OfRun & { colourMap?: string; opacity?: number }; answer: Uint8Array<ArrayBuffer> };
  npy: { argument: OfRun; answer: Uint8Array<ArrayBuffer> };
  signedNpy: { argument: OfRun; answer: Uint8Array<ArrayBuffer> };
  report: { argument: OfRun & { image: string }; answer: string };
  record: { argument: OfRun & { image: string; numbers: MeasuredMap["numbers"] }; answer: PictureRecord };
  classesNamed: { argument: { names: string[] }; answer: (number | null)[] };
  channels: { argument: OfRun; answer: Channels };
  scaledMap: { argument: OfRun & { channel: number }; answer: ScaledMap };
  maskedPicture: { argument: OfRun & { channel: number }; answer: ImageData };
  thumbnails: {
    argument: OfRun & { channel: number; side: number };
    answer: { mask: ImageBitmap; masked: ImageBitmap };
  };
  maskedPredictions: { argument: OfRun & { channel: number }; answer: Prediction[] };
  partialSum: { argument: OfRun & { count: number }; answer: PartialSum };
  convergence: { argument: OfRun; answer: Settled[] };
  provenance: { argument: OfRun & { row: number; column: number }; answer: Share[] };
  cover: { argument: OfRun & { cover: Float32Array; fill: CoverFill; seed: number }; answer: Covered };
  coverOf: {
    argument: OfRun & { map: Float32Array; share: number; relevantFirst: boolean; seed: number };
    answer: Float32Array;
  };
  superpixels: { argument: OfRun; answer: Superpixels };
  /** The scores of a result are not needed any more. */
  forget: { argument: OfRun; answer: void };
  compare: { argument: { first: MapOfPicture; second: MapOfPicture }; answer: Comparison };
  measure: {
    argument: OfRun & { maps: NamedMap[]; asked: Judged };
    answer: Measurement;
    progress: TrialProgress;
  };
  stability: { argument: OfRun & { seed: number }; answer: Steadiness; progress: TrialProgress };
  randomise: {
    argument: OfRun & { stages: number; weights: "permuted" | "he"; seed: number };
    answer: Stage[];
    progress: TrialProgress;
  };
  checkKernels: { argument: { count: number }; answer: { case: string; difference: number; allowed: number }[] };
  measureKernels: { argument: {}; answer: { kernel: string; gigaMacs: number }[] };
  measureSteps: { argument: { rounds: number }; answer: StepTime[] };
  /** Bytes of the WebAssembly memory. */
  memory: { argument: {}; answer: number };
}

/** Passes of a measurement. */
export type TrialProgress = Pick<Progress, "done" | "total" | "etaMs">;

/** A map by the name that it has in a table. */
export interface NamedMap {
  name: string;
  heatmap: Float32Array;
  height: number;
  width: number;
}

/** As the core answers, without the names of classes. */
export type UnnamedCovered = Omit<Covered, "predictions"> & { predictions: Omit<Prediction, "label">[] };

/** What is asked of maps. */
export interface Judged {
  measures: string[];
  box: Region | null;
  baselines: boolean;
  seed: number;
}

export type CallName = keyof Calls;
/** What a call says while it goes on. */
export type ProgressOf<Name extends CallName> = Calls[Name] extends { progress: infer Said } ? Said : never;

/** What the page gives a call besides its argument. */
export interface CallOptions<Name extends CallName> {
  signal?: AbortSignal;
  enough?: AbortSignal;
  onProgress?: (progress: ProgressOf<Name>) => void;
  transfer?: Transferable[];
}

/** What the worker's end of a call gets. */
export interface Control<Name extends CallName> {
  signal: AbortSignal;
  enough: AbortSignal;
  onProgress: (progress: ProgressOf<Name>) => void;
}

/** The worker's end of every call. */
export type Methods = {
  [Name in CallName]: (
    argument: Calls[Name]["argument"],
    control: Control<Name>,
  ) => Calls[Name]["answer"] | Promise<Calls[Name]["answer"]>;
};

/** An error as it crosses. */
export interface PlainError {
  kind: ErrorKind;
  code: string;
  values: Record<string, string>;
  message: string;
  hint: string;
}

/** A target and a method with its options. */
export interface Asked {
  target?: Target;
  method?: string;
  /** Of the method, by their names. */
  options?: Record<string, unknown>;
}

/** What is asked of a run by its number. */
export interface OfRun extends Asked {
  run: number;
}

export interface Started {
  build: string;
  memoryLimit: number;
  threads: number;
  isolated: boolean;
  available: string[];
  features: Features;
  singleThreadReason: SingleThreadReason;
  version: string;
  catalog: ModelSpec[];
  recipes: string[];
  methods: Method[];
  measures: MeasureDescription[];
  presets: (Preset & { name: string })[];
  colourMaps: Record<string, Uint8Array>;
  divergingColours: Uint8Array;
}

/** A network of the catalogue, or a file of the visitor's. */
export type Source = { catalog: string } | OwnSource;
export interface OwnSource {
  catalog?: undefined;
  /** Its bytes where the worker cannot read a Blob: sendable.js. */
  file: Blob | Uint8Array<ArrayBuffer>;
  name?: string;
  spec?: Partial<Omit<ModelSpec, "input">> & { input?: Partial<InputSpec> };
  labels?: string[] | Blob | Uint8Array<ArrayBuffer>;
}

/** The bytes of a file, or pixels. */
export type Pictured =
  { file: Blob | Uint8Array<ArrayBuffer>; pixels?: undefined } | { file?: undefined; pixels: Pixels };
/** Of a canvas: red, green, blue and alpha, not premultiplied. */
export type Pixels = { data: Uint8ClampedArray<ArrayBuffer>; width: number; height: number };

/** What a run knows of its picture. */
export interface RunInfo extends Omit<Classified, "picture" | "predictions"> {
  predictions: Omit<Prediction, "label">[];
  total: number;
}

/** What the passes say of a target. */
export type Outcome = Pick<
  Result,
  | "target"
  | "class"
  | "probability"
  | "heatmap"
  | "width"
  | "height"
  | "ninths"
  | "weights"
  | "method"
  | "part"
  | "weighing"
  | "spread"
  | "diagnostics"
  | "timings"
  | "passes"
>;

export type Explained = Classified &
  Outcome & { run: number; network: { name: string; sha256: string | null }; memoryBytes: number };

export type ScaledMap = { low: number; high: number; mask: Float32Array; kept: number };
export type MapOfPicture = { heatmap: Float32Array; height: number; width: number; region: Region };
