/**
 * The files of the site that the worker fetches by themselves: the catalogue, which says by which names the others are there, the
 * networks, and the names of their classes.
 */

import { aborted } from "./aborted.js";
import { download } from "./download.js";
import { failure } from "./errors.js";

/** @import { ModelSpec } from "../scorecam.js" */

/** @typedef {{ models: ModelSpec[], files: Record<string, string> }} Catalogue */
/** @typedef {{ signal?: AbortSignal, onProgress?: (bytes: number) => void, sha256?: string, size?: number }} Wanted */

/** The list of networks and files; it keeps its name, all other files may have others. */
const CATALOGUE = "catalog.json";

export class Site {
  #folder;
  #here;
  /** @type {Promise<Catalogue>} */
  #catalogue;
  /**
   * A file that is on its way before it is asked for.
   * @type {{ file: string, done: number, onProgress: (bytes: number) => void, bytes: Promise<Uint8Array<ArrayBuffer>> } | null}
   */
  #ahead = null;

  /** @param {string} baseUrl  the folder that models/ lies in  @param {Record<string, Uint8Array<ArrayBuffer>>} files  that need not be fetched */
  constructor(baseUrl, files) {
    this.#here = files;
    this.#folder = new URL("models/", baseUrl);
    this.#catalogue = this.#readCatalogue();
    this.#catalogue.catch(() => {}); // whoever asks for it is told
  }

  /**
   * The networks, whether their files are here or not, and the files that are. A host without the list has what it has: a catalogue
   * that cannot be fetched is answered with `known`, whose files may be here under their own names.
   * @param {ModelSpec[]} known
   * @returns {Promise<{ catalog: ModelSpec[], available: string[] }>}
   */
  async networks(known) {
    const { models, files } = await this.#catalogue.catch(() => ({ models: known, files: null }));
    return { catalog: models, available: files ? Object.keys(files) : [known[0].file] };
  }

  /**
   * A file by the name that the catalogue has for it.
   * @param {string} name  @param {Wanted} [wanted]
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  async file(name, wanted = {}) {
    const ahead = this.#ahead;
    if (ahead?.file !== name) return this.#read(name, wanted);
    this.#ahead = null;
    ahead.onProgress = wanted.onProgress ?? (() => {});
    if (ahead.done) ahead.onProgress(ahead.done);
    return stopped(ahead.bytes, wanted.signal);
  }

  /**
   * Fetches a network's file while the program is still coming; `file` then takes it. What goes wrong is told there.
   * @param {string} name  of the network  @param {number} memory  bytes: one that does not fit is not fetched
   */
  async fetchAhead(name, memory) {
    const { models, files } = await this.#catalogue;
    const spec = models.find((spec) => spec.name === name);
    if (!spec || !(spec.file in files) || !fits(spec, memory)) return;
    const { file, sha256, bytes: size } = spec;
    const ahead = {
      file,
      done: 0,
      onProgress: /** @type {(bytes: number) => void} */ (() => {}),
      bytes: /** @type {any} */ (null),
    };
    /** @param {number} done */
    const onProgress = (done) => {
      ahead.done = done;
      ahead.onProgress(done);
    };
    ahead.bytes = this.#read(file, { onProgress, sha256, size });
    ahead.bytes.catch(() => {});
    this.#ahead = ahead;
  }

  async #readCatalogue() {
    const file = this.#here[CATALOGUE];
    const bytes = file ?? (await download(new URL(CATALOGUE, this.#folder)));
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  /** @param {string} name  @param {Wanted} wanted */
  async #read(name, wanted) {
    if (this.#here[name]) return this.#here[name];
    const { files } = await this.#catalogue.catch(() => ({ files: /** @type {Record<string, string>} */ ({}) }));
    return download(new URL(files[name] ?? name, this.#folder), wanted);
  }
}

/**
 * Whether a network of the catalogue can be explained in so much memory; its entry has what it took where it was measured.
 * @param {ModelSpec} spec  @param {number} memory  bytes
 */
const fits = ({ memory: needs }, memory) => !needs || needs <= memory;

/**
 * Refuses a network of the catalogue before its file is fetched.
 * @param {ModelSpec} spec  @param {number} memory  bytes
 */
export function checkMemory(spec, memory) {
  if (fits(spec, memory)) return;
  const megabytes = (/** @type {number} */ bytes) => Math.round(bytes / 1e6);
  throw failure("memory-too-small", {
    name: spec.title,
    needs: megabytes(spec.memory ?? 0),
    memory: megabytes(memory),
  });
}

/**
 * What is promised, unless it is given up before.
 * @template T
 * @param {Promise<T>} promise  @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
function stopped(promise, signal) {
  signal?.throwIfAborted();
  return Promise.race([promise, aborted(signal)]);
}
