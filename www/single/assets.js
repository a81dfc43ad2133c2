/** lib/assets.js of the page that is one file: what it needs stands in it, gzipped and written as text. tools/single_file.js. */

const TYPES = { "worker.js": "text/javascript" };

/** Address of the worker's script. */
export let WORKER = /** @type {URL} */ (/** @type {unknown} */ (undefined));
/**
 * The one build that is here, under its name.
 * @type {Record<string, WebAssembly.Module>}
 */
export const PROGRAMS = {};
/** Nothing lies beside this page. */
export const BASE = document.baseURI;
/** The files of the site by their names. @type {Record<string, Blob>} */
export const FILES = {};

/** @type {Promise<void> | undefined} */
let unpacked;

/** Unpacks everything, once. */
export const prepare = () => (unpacked ??= unpack());

async function unpack() {
  for (const element of document.querySelectorAll("script[id^='payload-']")) {
    const name = element.id.replace("payload-", "");
    FILES[name] = await inflated(element.textContent ?? "", TYPES[/** @type {"worker.js"} */ (name)] ?? "");
    element.remove(); // megabytes of text
  }
  WORKER = new URL(URL.createObjectURL(FILES["worker.js"]));
  delete FILES["worker.js"];
  for (const [name, file] of Object.entries(FILES)) {
    const [, build] = name.match(/^(.*)\.wasm$/) ?? [];
    if (!build) continue;
    PROGRAMS[build] = await WebAssembly.compile(await file.arrayBuffer());
    delete FILES[name];
  }
}

/** @param {string} base64  @param {string} type */
async function inflated(base64, type) {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Blob([await new Response(stream).arrayBuffer()], { type });
}
