/** Checks what the module is given: each value at one place, with a sentence that says what was found and what is expected. */

import { failure } from "./errors.js";

/** More than any browser starts; a pool of hundreds of workers would freeze the machine. */
export const MOST_THREADS = 64;
/** A minute's work. */
const MOST_KERNELS = 10_000;
const LARGEST_THUMBNAIL = 4096;

/** A value as a sentence can show it. */
function shown(value) {
  if (typeof value === "string") return `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" || value === null || value === undefined || typeof value === "boolean")
    return String(value);
  return typeof value === "function" ? "a function" : `an object (${value.constructor?.name ?? "without a prototype"})`;
}

const refuse = (name, value, expected) => failure("option", `${name} is ${shown(value)}.`, `Give ${expected}.`);

/** A whole number from `low` to `high`. */
function whole(name, value, low, high, what = "a whole number") {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw refuse(name, value, high === Infinity ? `${what}, ${low} or more` : `${what} from ${low} to ${high}`);
}

const optional = (check) => (value) => (value === undefined ? undefined : check(value));

/** An object of options; what is not one would be read as if nothing had been asked. */
export function options(value, known) {
  if (value === undefined) return {};
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw refuse("The options", value, `an object with any of ${known.join(", ")}`);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw failure("option", `There is no option ${shown(unknown)}.`, `There are: ${known.join(", ")}.`);
  return value;
}

export const threads = optional((value) => whole("threads", value, 1, MOST_THREADS));
export const kernels = (value) => whole("The number of kernels to check", value, 1, MOST_KERNELS);
export const channel = (value, count) => whole("The channel", value, 0, count - 1, "the number of a channel,");
export const classIndex = (value) => whole("The class", value, 0, Infinity, "the index of a class as a whole number");
export const target = (value) =>
  value === undefined || value === null
    ? undefined
    : whole("target", value, 0, Infinity, "null or the index of a class as a whole number");
export const count = (value) => whole("The number of channels to sum", value, 1, Infinity);
export const side = (value) => whole("The side of a thumbnail", value, 1, LARGEST_THUMBNAIL);
export const row = (value, height) => whole("The row", value, 0, height - 1);
export const column = (value, width) => whole("The column", value, 0, width - 1);

/** The folder with `wasm/` and `models/`, as an address that ends in a slash. Relative ones start at the page. */
export function baseUrl(value) {
  try {
    const url = new URL(value, globalThis.document?.baseURI ?? globalThis.location?.href);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url.href;
  } catch {
    throw refuse("baseUrl", value, "the address of the folder that holds wasm/ and models/");
  }
}

const text = (name, expected) =>
  optional((value) => {
    if (typeof value === "string") return value;
    throw refuse(name, value, expected);
  });
export const layer = text("layer", "the name of a layer");
export const colourMap = text("colourMap", "the name of a colour map");

export const opacity = optional((value) => {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw refuse("opacity", value, "a number from 0 to 1");
});

/** A recipe by its name or with options, which the core looks up. */
export const recipe = optional((value) => {
  const name = typeof value === "object" ? value?.name : value;
  if (typeof name === "string") return value;
  throw refuse("recipe", value, "the name of a recipe, or { name } with its options");
});

export const signal = (name) =>
  optional((value) => {
    if (value instanceof AbortSignal) return value;
    throw refuse(name, value, "the signal of an AbortController");
  });

export const callback = optional((value) => {
  if (typeof value === "function") return value;
  throw refuse("onProgress", value, "a function");
});

/** Where a network comes from: `{ catalog }` or `{ bytes, name, spec, labels }`. A Blob is not copied. */
export function source(value) {
  const known = ["catalog", "bytes", "name", "spec", "labels"];
  const expected = 'Give { catalog: "efficientnet_lite0" } or { bytes }, the bytes of an ONNX file.';
  if (value === null || typeof value !== "object") throw failure("option", `The network is ${shown(value)}.`, expected);
  const { catalog, bytes, ...rest } = options(value, known);
  if (typeof catalog === "string" && bytes === undefined) return { catalog };
  if (catalog !== undefined || bytes === undefined)
    throw failure(
      "option",
      catalog === undefined
        ? "Neither a network of the catalogue nor a file was named."
        : `catalog is ${shown(catalog)}.`,
      expected,
    );
  if (!(bytes instanceof Blob || bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes)))
    throw refuse("bytes", bytes, "a File, a Blob, an ArrayBuffer or a typed array");
  const { labels } = rest;
  if (
    labels !== undefined &&
    !(labels instanceof Blob || (Array.isArray(labels) && labels.every((label) => typeof label === "string")))
  )
    throw refuse("labels", labels, "an array of strings or a file of them");
  text("name", "a name as text")(rest.name);
  return { ...rest, file: bytes instanceof Blob ? bytes : new Blob([bytes]) };
}
