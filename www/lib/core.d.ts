/** What the Rust core exports: `src/wasm.rs` and `src/wasm/run.rs`, as worker.js uses them. */

import type {
  Asked,
  Calls,
  Judged,
  MapOfPicture,
  NamedMap,
  Outcome,
  RunInfo,
  ScaledMap,
  UnnamedCovered,
} from "./calls.js";
import type {
  Channels,
  Comparison,
  CoverFill,
  InputSpec,
  MeasureDescription,
  MeasuredMap,
  Method,
  Model as Info,
  ModelSpec,
  PartialSum,
  Prediction,
  Preset,
  Settled,
  Share,
  Signed,
  Superpixels,
} from "../scorecam.js";

export default function init(options: {
  module_or_path: Response | WebAssembly.Module;
  memory: WebAssembly.Memory;
}): Promise<unknown>;
/** Starts the pool by threads.js; without it everything runs on the thread that calls. */
export function initThreadPool(threads: number): Promise<void>;
/** Becomes a thread of the pool that `receiver` belongs to. */
export function wbg_rayon_start_worker(receiver: number): void;
export function reportCrashes(channel: string): void;
export function version(): string;
export function catalog(): ModelSpec[];
export function presets(): (Preset & { name: string })[];
export function labels(bytes: Uint8Array): string[];
export function classesNamed(names: string[], labels: string[], classes: number): (number | null)[];
export function recipes(): string[];
export function methods(): Method[];
export function measures(): MeasureDescription[];
export function colourMaps(): Record<string, Uint8Array>;
export function divergingColours(): Uint8Array;
export function compareMaps(first: MapOfPicture, second: MapOfPicture): Comparison;
export function checkKernels(count: number): Calls["checkKernels"]["answer"];
export function measureKernels(): Calls["measureKernels"]["answer"];

type LoadedInfo = Omit<Info, "labels" | "sha256" | "warnings" | "memoryBytes"> & { foreignOperators: string[] };
type Options = Omit<Asked, never> & { layer?: string; colourMap?: string; opacity?: number };

export class Model {
  static load(
    file: Uint8Array,
    spec: Partial<Omit<ModelSpec, "input">>,
    input: Partial<InputSpec>,
    memory: number,
  ): Model;
  info(): LoadedInfo;
  measureSteps(rounds: number): Calls["measureSteps"]["answer"];
  explain(bytes: Uint8Array, options: Options): Run;
  explainPixels(rgba: Uint8Array, width: number, height: number, options: Options): Run;
  free(): void;
}

export interface Passed {
  done: number;
  total: number;
  elapsedMs: number;
  etaMs: number | null;
}

export class Run {
  info(): RunInfo;
  picture(): ImageData;
  progress(): Passed;
  step(): Passed;
  preview(options: Asked): { heatmap: Float32Array; spread: number | null };
  outcome(options: Asked): Outcome;
  convergence(options: Asked): Settled[];
  signed(options: Asked): Signed;
  overlayPng(options: Options): Uint8Array<ArrayBuffer>;
  npy(options: Asked): Uint8Array<ArrayBuffer>;
  signedNpy(options: Asked): Uint8Array<ArrayBuffer>;
  report(options: Asked, facts: { image: string; labels: string[]; sha256?: string }): string;
  record(
    options: Asked,
    facts: { image: string; labels: string[]; numbers: MeasuredMap["numbers"] },
  ): Calls["record"]["answer"];
  channels(options: Asked): Channels;
  scaledMap(channel: number): ScaledMap;
  maskedPicture(channel: number): ImageData;
  maskedPredictions(channel: number): Omit<Prediction, "label">[];
  partialSum(options: Asked, count: number): PartialSum;
  provenance(options: Asked, row: number, column: number): Share[];
  cover(options: Asked, cover: Float32Array, asked: { fill: CoverFill; seed: number }): UnnamedCovered;
  coverOf(map: Float32Array, share: number, relevantFirst: boolean, seed: number): Float32Array;
  superpixels(): Superpixels;
  measure(options: Asked, maps: NamedMap[], asked: Judged): Trial<"measure">;
  stability(options: Asked, seed: number): Trial<"stability">;
  randomise(options: Asked, stages: number, weights: "permuted" | "he", seed: number): Trial<"randomise">;
  free(): void;
}

/** A measurement under way. */
export class Trial<Name extends "measure" | "stability" | "randomise"> {
  step(): Passed;
  isComplete(): boolean;
  found(): Calls[Name]["answer"];
  free(): void;
}
