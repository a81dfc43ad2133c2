/** lib/assets.js of the page that is one file: what it needs stands in it, gzipped and written as text. tools/single_file.js. */

/** Address of the worker's script. */
export let WORKER = /** @type {URL} */ (/** @type {unknown} */ (undefined));
/**
 * The one build that is here, under its name.
 * @type {Record<string, WebAssembly.Module>}
 */
export const PROGRAMS = {};
/** Nothing lies beside this page. */
export const BASE = document.baseURI;
/** The files of the site by their names. @type {Record<string, Uint8Array<ArrayBuffer>>} */
export const FILES = {};

/** @type {Promise<void> | undefined} */
let unpacked;

/** Unpacks everything, once. */
export const prepare = () => (unpacked ??= unpack());

async function unpack() {
  for (const element of document.querySelectorAll("script[id^='payload-']")) {
    const name = element.id.replace("payload-", "");
    const bytes = await inflated(element.textContent ?? "");
    element.remove(); // megabytes of text
    const [, build] = name.match(/^(.*)\.wasm$/) ?? [];
    if (name === "worker.js") WORKER = new URL(URL.createObjectURL(new Blob([bytes], { type: "text/javascript" })));
    else if (build) PROGRAMS[build] = await WebAssembly.compile(bytes);
    else FILES[name] = bytes;
  }
}

/** @param {string} base64 */
async function inflated(base64) {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
