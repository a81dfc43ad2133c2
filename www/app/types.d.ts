/** What the parts of the page hand to each other. */

import type {
  Channels,
  Covered,
  Measurement,
  MethodOptions,
  Method,
  Model,
  Result,
  Settled,
  Signed,
  SingleThreadReason,
  Target,
} from "../scorecam.js";
import type { Progress } from "../scorecam.js";

/** A picture as it was chosen. */
export interface Source {
  blob: Blob;
  name: string;
}

/** How the map is coloured now. */
export interface Colouring {
  colourMap: string;
  /** In [0, 1]. */
  opacity: number;
  /** Whether what speaks for and against is shown instead of the map. */
  isSigned: boolean;
}

/** What the stage lends to those who draw as it does. */
export interface Palette {
  colours: () => Uint8Array;
  diverging: () => Uint8Array;
  opacity: () => number;
  /** Colours values in [0, 1] as the map is coloured now. */
  paint: (canvas: HTMLCanvasElement, values: Float32Array, size?: Size) => void;
  view: () => Colouring;
  /** What speaks for and against, if that is shown now. */
  signed: () => Signed | null;
}

export interface Size {
  width: number;
  height: number;
}

/** All that is known of the result on the page: what every panel gets. */
export interface View extends Palette {
  result: Result;
  /** The layer's channels; null for methods that look at no layer. */
  found: Channels | null;
  settled: Settled[];
  model: Model;
  method: Method;
  labelOf: (index: number) => string;
  /** What was asked about, in words. */
  label: string;
  version: string;
  singleThreadReason: SingleThreadReason;
  /** What saved files are called after. */
  name: string;
  made: Date;
}

/** A view of a method that looks at a layer. */
export type LayerView = View & { found: Channels };

/** A part of the page that shows a complete result. */
export interface Panel {
  /** Shows a result, or the same one in another language or other colours. */
  show(view: View): unknown;
  hide(): void;
  /** Follows this channel from now on. */
  pin?(channel: number): unknown;
  /** Another picture takes the place of the one before. */
  forget?(): void;
  /** The curve while passes go on. */
  update?(settled: Settled[]): void;
  /** Draws a result anew in other colours. */
  repaint?(view: View): unknown;
  /** What it compares at the moment. */
  comparison?(): Comparison | null;
  /** The page is in another mode: what belongs to it may begin to work. */
  enter?(mode: Mode): unknown;
  /** The maps side by side, the film and the covered picture, as they are now, for the report. */
  wall?(): Wall;
  film?(): Measurement | null;
  hand?(): Covered | null;
}

/** How the page looks at a picture, or at many. */
export type Mode = "explain" | "compare" | "test" | "folder";

/** Maps of one picture by several methods, and what was measured of them. */
export interface Wall {
  results: Result[];
  measured: Measurement | null;
}

/** What panels can ask of the page. */
export interface Actions {
  /** Explains another layer. */
  chooseLayer(layer: string): void;
  /** Has all panels follow a channel. */
  pin(channel: number): void;
  onError(error: unknown): void;
  /** What saved files are called after. */
  name(): string;
  /** What is compared at the moment. */
  comparison(): Comparison | null;
  mode(): Mode;
  /** What was compared and tested so far. */
  proof(): Proof;
  methods(): Method[];
  /** Explains the picture on the page by another method, for the same target, beside the result that is shown. */
  explain(options: MethodOptions, control: Beside): Promise<Result>;
  /** Shows a result of the picture on the page in every part of it. */
  present(result: Result): void;
}

/** What was compared and tested so far. */
export interface Proof {
  wall: Wall;
  film: Measurement | null;
  hand: Covered | null;
}

/** What goes with an explanation beside the one that is shown. */
export interface Beside {
  signal: AbortSignal;
  onProgress: (event: Progress) => void;
}

/** A panel by the element that it fills. */
export interface PanelEntry {
  id: string;
  create: (element: HTMLElement, actions: Actions) => Panel;
}

/** Two maps beside each other, for the report. */
export interface Comparison {
  pair: View[];
  found: import("../scorecam.js").Comparison;
  describe: (view: View) => string;
  sentence: string;
}

/** What is chosen in the settings: a layer, and a method with its options. */
export type Chosen = MethodOptions & { layer?: string };

/** An explanation under way. */
export interface Run {
  source: Source;
  target: Target | undefined;
  cancel: AbortController;
  enough: AbortController;
  /** Passes that were done before it began, and are done now. */
  began: number;
  done: number;
  /** Whether the visitor has stopped it after its first map. */
  stopped: boolean;
  /** What is known of the picture, until there is a map in the place of the earlier result. */
  classified: Progress | null;
}
