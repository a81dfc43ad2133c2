/**
 * The files beside this module. The addresses are literal: bundlers find files by this form alone, and dist/ has its hashed names put
 * in. The worker is one file without imports, so it can be taken as it is.
 */

import { BUILDS } from "./builds.js";

export const WORKER = new URL("./worker.js", import.meta.url);

/** @type {Record<string, URL>} */
const WASM = {
  relaxed: new URL("./relaxed.wasm", import.meta.url),
  simd: new URL("./simd.wasm", import.meta.url),
};

/**
 * The address of each build.
 * @type {Record<string, string>}
 */
export const PROGRAMS = Object.fromEntries(BUILDS.map(({ name }) => [name, WASM[name].href]));

/** The folder that models/ lies in, unless a page says another. */
export const BASE = new URL("./", WORKER).href;

/** Files of the site that need not be fetched, by their names: none. @type {Record<string, Uint8Array<ArrayBuffer>>} */
export const FILES = {};

/** Everything is fetched when it is needed. */
export async function prepare() {}
