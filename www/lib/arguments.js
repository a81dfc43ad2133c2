/** Checks what the module is given: each value at one place, with a sentence that says what was found and what is expected. */

import { BUILDS } from "./builds.js";
import { failure } from "./errors.js";

/** @import { Method, MethodOptions, Target } from "../scorecam.js" */
/** @import { Source } from "./calls.js" */

/** More than any browser starts; a pool of hundreds of workers would freeze the machine. */
export const MOST_THREADS = 64;
/** A minute's work. */
const MOST_KERNELS = 10_000;
const LARGEST_THUMBNAIL = 4096;

/**
 * A value as a sentence can show it.
 * @param {any} value
 */
function shown(value) {
  if (typeof value === "string") return `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" || value === null || value === undefined || typeof value === "boolean")
    return String(value);
  return typeof value === "function" ? "a function" : `an object (${value.constructor?.name ?? "without a prototype"})`;
}

/** @param {string} name  @param {unknown} value  @param {string} expected */
const refuse = (name, value, expected) => failure("argument", { name, found: shown(value), expected });

/**
 * A whole number from `low` to `high`.
 * @param {string} name  @param {any} value  @param {number} low  @param {number} high  @param {string} [what]
 * @returns {number}
 */
function whole(name, value, low, high, what = "a whole number") {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw refuse(name, value, high === Infinity ? `${what}, ${low} or more` : `${what} from ${low} to ${high}`);
}

/**
 * A number from `low` to `high`.
 * @param {string} name  @param {any} value  @param {number} low  @param {number} high
 * @returns {number}
 */
function within(name, value, low, high) {
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw refuse(name, value, `a number from ${low} to ${high}`);
}

/**
 * @template T
 * @param {(value: any) => T} check
 * @returns {(value: any) => T | undefined}
 */
const optional = (check) => (value) => (value === undefined ? undefined : check(value));

/**
 * An object of options; what is not one would be read as if nothing had been asked.
 * @param {any} value  @param {string[]} known
 * @returns {Record<string, any>}
 */
export function options(value, known) {
  if (value === undefined) return {};
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw refuse("The options", value, `an object with any of ${known.join(", ")}`);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw failure("unknown-option", { found: shown(unknown), names: known.join(", ") });
  return value;
}

export const threads = optional((value) => whole("threads", value, 1, MOST_THREADS));
/** @param {unknown} value */
export const kernels = (value) => whole("The number of kernels to check", value, 1, MOST_KERNELS);
/** @param {unknown} value  @param {number} count */
export const channel = (value, count) => whole("The channel", value, 0, count - 1, "the number of a channel,");
/** @param {unknown} value */
export const classIndex = (value) => whole("The class", value, 0, Infinity, "the index of a class as a whole number");
/** @param {unknown} value */
export const count = (value) => whole("The number of channels to sum", value, 1, Infinity);
/** @param {unknown} value */
export const side = (value) => whole("The side of a thumbnail", value, 1, LARGEST_THUMBNAIL);
/** @param {unknown} value  @param {number} height */
export const row = (value, height) => whole("The row", value, 0, height - 1);
/** @param {unknown} value  @param {number} width */
export const column = (value, width) => whole("The column", value, 0, width - 1);

/** The forms of a target that are objects: the name that tells them, and how many classes it takes. */
const TARGETS = /** @type {const} */ ({ group: [1, Infinity], difference: [2, 2], finer: [1, 1] });

/**
 * A class by its index, null for the most probable one, or a group or contrast of them; the core knows which classes there are.
 * @param {any} value
 * @returns {Target | undefined}
 */
export function target(value) {
  const expected =
    "null or the index of a class as a whole number, { group: [...] }, { difference: [a, b] } or { finer: a, against: [...] }";
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object") {
    if (Number.isInteger(value) && value >= 0) return value;
    throw refuse("target", value, expected);
  }
  /** @param {string} name  @param {any} classes  @param {readonly [number, number]} size */
  const listed = (name, classes, [least, most]) => {
    const fits = Array.isArray(classes) && classes.length >= least && classes.length <= most;
    const count = most === Infinity ? "of one or more" : `of ${most}`;
    if (!fits) throw refuse(`target.${name}`, classes, `an array ${count} indices of classes`);
    classes.forEach((index) => whole(`A class of target.${name}`, index, 0, Infinity, "the index of a class"));
  };
  const forms = Object.keys(TARGETS).filter((name) => name in value);
  if (forms.length !== 1) throw refuse("target", value, expected);
  const [form] = /** @type {(keyof TARGETS)[]} */ (forms);
  options(value, form === "finer" ? ["finer", "against"] : [form]);
  if (form !== "finer") listed(form, value[form], TARGETS[form]);
  else {
    if (value.finer !== null) listed("finer", [value.finer], TARGETS.finer);
    if (value.against !== undefined) listed("against", value.against, TARGETS.group);
  }
  return value;
}

/**
 * A method and its options, beside `others` that a call takes: `{ method, options }` as the core takes them, and the rest.
 * @param {any} value  @param {string[]} others  @param {Method[]} methods
 */
export function method(value, others, methods) {
  /** @param {Method} method */
  const allOf = (method) => [...others, "method", ...method.options.map((option) => option.name)];
  const name = value !== null && typeof value === "object" ? value.method : undefined;
  const known = methods.find((method) => method.name === (name ?? methods[0].name));
  if (!known) throw refuse("method", name, `one of ${methods.map((method) => `"${method.name}"`).join(", ")}`);
  const given = options(value, allOf(known));
  /** @type {Record<string, unknown>} */
  const chosen = {};
  for (const option of known.options) {
    const wanted = given[option.name];
    if (wanted === undefined) continue;
    if (option.type === "integer") whole(option.name, wanted, option.least, option.most);
    else if (option.type === "number") within(option.name, wanted, option.least, option.most);
    else if (option.name === "recipe") recipe(wanted);
    else if (option.type === "boolean" && typeof wanted !== "boolean")
      throw refuse(option.name, wanted, "true or false");
    else if (option.type === "name" && !option.names.includes(wanted))
      throw refuse(option.name, wanted, `one of ${option.names.map((each) => `"${each}"`).join(", ")}`);
    chosen[option.name] = wanted;
  }
  const rest = Object.fromEntries(others.map((other) => [other, given[other]]));
  /** @type {{ method: string, options: MethodOptions & Record<string, unknown>, rest: Record<string, any> }} */
  const checked = { method: known.name, options: chosen, rest };
  return checked;
}

/** @param {any} value */
export const until = (value) => (value === undefined ? undefined : within("until", value, 0, 1));

/** Seeds that the core can hold. */
const LARGEST_SEED = 2 ** 32 - 1;
const MOST_STAGES = 1000;

/** @param {any} value */
export const seed = (value) => (value === undefined ? 0 : whole("seed", value, 0, LARGEST_SEED));

/** @param {any} value */
export const share = (value) => within("share", value, 0, 1);

/** @param {any} value  @returns {string[]} */
export function names(value) {
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return value;
  throw refuse("names", value, "an array of texts");
}

/**
 * The numbers of the first map of a measurement; none if there is none.
 * @param {any} value
 * @returns {import("../scorecam.js").MeasuredMap["numbers"]}
 */
export function measured(value) {
  if (value === undefined) return [];
  if (Array.isArray(value?.rows?.[0]?.numbers)) return value.rows[0].numbers;
  throw refuse("measured", value, "what Result.measure answered");
}

/** @param {any} value  @returns {Float32Array} */
export function cover(value) {
  if (value instanceof Float32Array) return value;
  throw refuse("cover", value, "a Float32Array with a value from 0 to 1 for each pixel of the map");
}

/**
 * One of a few words, the first of them if nothing is said.
 * @template {string} Word
 * @param {string} name  @param {Word[]} words
 * @returns {(value: any) => Word}
 */
const oneOf =
  (name, words) =>
  (value = words[0]) => {
    if (words.includes(value)) return value;
    throw refuse(name, value, `one of ${words.map((word) => `"${word}"`).join(", ")}`);
  };
export const coverFill = oneOf(
  "fill",
  /** @type {import("../scorecam.js").CoverFill[]} */ (["mean", "blur", "average", "noise"]),
);
export const order = oneOf(
  "order",
  /** @type {("most-relevant" | "least-relevant")[]} */ (["most-relevant", "least-relevant"]),
);

/**
 * Yes unless it is said not to be.
 * @param {string} name  @param {any} value
 * @returns {boolean}
 */
export function yes(name, value = true) {
  if (typeof value === "boolean") return value;
  throw refuse(name, value, "true or false");
}

/** @param {any} value */
export const stages = (value) => (value === undefined ? 8 : whole("stages", value, 1, MOST_STAGES));

/**
 * What takes the place of weights.
 * @param {any} value  @returns {"permuted" | "he"}
 */
export function weights(value = "permuted") {
  if (value === "permuted" || value === "he") return value;
  throw refuse("weights", value, `"permuted" or "he"`);
}

/**
 * Names of measures; all that need no box, if none are named, and with one all.
 * @param {any} value  @param {import("../scorecam.js").MeasureDescription[]} known  @param {boolean} hasBox
 * @returns {string[]}
 */
export function measures(value, known, hasBox) {
  if (value === undefined) return known.filter(({ needsBox }) => hasBox || !needsBox).map(({ name }) => name);
  const names = known.map(({ name }) => name);
  const expected = `an array of ${names.map((name) => `"${name}"`).join(", ")}`;
  if (!Array.isArray(value) || !value.length || !value.every((name) => names.includes(name)))
    throw refuse("measures", Array.isArray(value) ? value.join(", ") : value, expected);
  return value;
}

/**
 * A part of a picture, in its pixels.
 * @param {any} value
 * @returns {import("../scorecam.js").Region | null}
 */
export function box(value) {
  if (value === undefined || value === null) return null;
  const { x, y, width, height } = options(value, ["x", "y", "width", "height"]);
  const isRegion = [x, y, width, height].every((side) => Number.isFinite(side));
  if (!isRegion) throw refuse("box", value, "{ x, y, width, height } in pixels of the picture");
  return { x, y, width, height };
}

/**
 * Maps of other methods or tools, with names that are not taken.
 * @param {any} value  @param {(value: unknown) => boolean} isResult
 * @returns {import("./calls.js").NamedMap[]}
 */
export function maps(value = [], isResult) {
  const expected = "an array of results of the same picture, or of { name, heatmap, height, width }";
  if (!Array.isArray(value)) throw refuse("beside", value, expected);
  return value.map((map) => {
    const { heatmap, height, width, method, name } = map ?? {};
    const fits = heatmap instanceof Float32Array && Number.isInteger(height) && Number.isInteger(width);
    if (!fits || !(isResult(map) || typeof name === "string")) throw refuse("beside", map, expected);
    return { name: isResult(map) ? method : name, heatmap, height, width };
  });
}

/**
 * The folder that `models/` lies in, as an address that ends in a slash. Relative ones start at the page.
 * @param {any} value
 */
export function baseUrl(value) {
  try {
    const url = new URL(value, globalThis.document?.baseURI ?? globalThis.location?.href);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url.href;
  } catch {
    throw refuse("baseUrl", value, "the address of the folder that models/ lies in");
  }
}

/** @param {string} name  @param {string} expected */
const text = (name, expected) =>
  optional((value) => {
    if (typeof value === "string") return value;
    throw refuse(name, value, expected);
  });
export const layer = text("layer", "the name of a layer");

export const build = optional((value) => {
  const names = BUILDS.map(({ name }) => name);
  if (names.includes(value)) return value;
  throw refuse("build", value, names.map((name) => `"${name}"`).join(" or "));
});

export const prefetch = text("prefetch", "the name of a network of the catalogue");
export const colourMap = text("colourMap", "the name of a colour map");

export const opacity = optional((value) => within("opacity", value, 0, 1));

/** A recipe by its name or with options, which the core looks up. */
export const recipe = optional((value) => {
  const name = typeof value === "object" ? value?.name : value;
  if (typeof name === "string") return value;
  throw refuse("recipe", value, "the name of a recipe, or { name } with its options");
});

/** @param {string} name */
export const signal = (name) =>
  optional((value) => {
    if (value instanceof AbortSignal) return value;
    throw refuse(name, value, "the signal of an AbortController");
  });

export const callback = optional((value) => {
  if (typeof value === "function") return value;
  throw refuse("onProgress", value, "a function");
});

/**
 * Where a network comes from: `{ catalog }` or `{ bytes, name, spec, labels }`. A Blob is not copied.
 * @param {any} value
 * @returns {Source}
 */
export function source(value) {
  const known = ["catalog", "bytes", "name", "spec", "labels"];
  if (value === null || typeof value !== "object")
    throw failure("network-argument", { name: "The network", found: shown(value) });
  const { catalog, bytes, ...rest } = options(value, known);
  if (typeof catalog === "string" && bytes === undefined) return { catalog };
  if (catalog !== undefined) throw failure("network-argument", { name: "catalog", found: shown(catalog) });
  if (bytes === undefined) throw failure("network-unnamed");
  if (!(bytes instanceof Blob || bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes)))
    throw refuse("bytes", bytes, "a File, a Blob, an ArrayBuffer or a typed array");
  const { labels } = rest;
  if (
    labels !== undefined &&
    !(labels instanceof Blob || (Array.isArray(labels) && labels.every((label) => typeof label === "string")))
  )
    throw refuse("labels", labels, "an array of strings or a file of them");
  text("name", "a name as text")(rest.name);
  // A view of shared memory is copied by Blob too.
  const file = bytes instanceof Blob ? bytes : new Blob([/** @type {BlobPart} */ (bytes)]);
  return { ...rest, file };
}
