/** The copies of the site's files: kept by hash, checked by hash. */

import { sha256 } from "../lib/download.js";
import { ISOLATION } from "./isolation.js";

/** @typedef {{ url: string, sha256: string, bytes: number, build?: string, network?: string }} File */

/** The folder whose files' names are hashes: also those of an earlier version are answered for. */
const HASHED = "assets/";

/** All copies are in one cache: names are by content, and what stays is replaced when its hash is another. */
const CACHE = "scorecam";

export class Store {
  #scope;
  /** @type {Map<string, File>} */
  #files;
  /** Addresses whose copies were found to be whole since this worker started. */
  #checked = new Set();

  /** Whether all was forgotten: then nothing is kept any more, and this worker ends with the pages that it still answers for. */
  #isOver = false;

  /**
   * Resolves when the connection may be used for copies.
   * @type {Promise<void>}
   */
  #isFree = Promise.resolve();
  #free = () => {};

  /** @param {File[]} files  @param {string} scope */
  constructor(files, scope) {
    this.#scope = scope;
    this.#files = new Map(files.map((file) => [new URL(file.url, scope).href, file]));
  }

  /** @param {string} url */
  answersFor(url) {
    const address = this.#addressOf(url);
    return this.#files.has(address) || address.startsWith(this.#scope + HASHED);
  }

  /**
   * The copy, or what the server has, which becomes the copy.
   * @param {Request} request  @param {(more: Promise<unknown>) => void} meanwhile
   */
  async answer(request, meanwhile) {
    const address = this.#addressOf(request.url);
    const file = this.#files.get(address);
    const kept = await this.#whole(address, file);
    if (kept) return kept;
    try {
      // A navigation cannot be sent on as it is; what the server says of the address is all that is needed.
      const response = await fetch(address, { signal: request.signal });
      if (!response.ok) return isolated(response);
      if (file) meanwhile(this.#put(address, file, response.clone()).catch(() => {})); // it is answered without a copy
      return isolated(response);
    } catch (error) {
      // A version before this one may have left a copy of what is not on the list any more.
      const other = await caches.match(address);
      if (other) return other;
      throw error;
    }
  }

  /**
   * Sees to it that there are whole copies of `files`.
   * @param {File[]} files
   */
  async keep(files) {
    for (const file of files) {
      await this.#isFree;
      const address = new URL(file.url, this.#scope).href;
      if (await this.#whole(address, file)) continue;
      // What is named by its content may come from the browser's own cache, other files must not.
      const cache = file.url.startsWith(HASHED) ? "default" : "no-cache";
      const response = await fetch(address, { cache });
      if (!response.ok) throw new Error(`${file.url}: the server answered ${response.status}`);
      await this.#put(address, file, response);
    }
  }

  /** Fetches nothing more until `resume`: nothing leaves the machine while a picture is explained. */
  pause() {
    this.resume();
    this.#isFree = new Promise((resolve) => (this.#free = resolve));
  }

  resume() {
    this.#free();
  }

  /** Drops what is not on the list. */
  async dropOthers() {
    const cache = await caches.open(CACHE);
    for (const { url } of await cache.keys()) if (!this.#files.has(url)) await cache.delete(url);
  }

  async forget() {
    this.#isOver = true;
    this.#checked.clear();
    await caches.delete(CACHE);
  }

  /**
   * The copy of a file, if there is one and it is whole.
   * @param {string} address  @param {File | undefined} file
   */
  async #whole(address, file) {
    if (this.#isOver) return undefined;
    const cache = await caches.open(CACHE);
    const kept = await cache.match(address);
    if (!kept || !file || this.#checked.has(address)) return kept;
    if ((await sha256(new Uint8Array(await kept.clone().arrayBuffer()))) === file.sha256) {
      this.#checked.add(address);
      return kept;
    }
    await cache.delete(address);
    return undefined;
  }

  /** @param {string} address  @param {File} file  @param {Response} response */
  async #put(address, file, response) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    if ((await sha256(bytes)) !== file.sha256) throw new Error(`${file.url} is not the file that the list describes`);
    if (this.#isOver) return;
    const copy = isolated(new Response(bytes, response));
    copy.headers.set("Content-Length", String(bytes.byteLength));
    await (await caches.open(CACHE)).put(address, copy);
    this.#checked.add(address);
  }

  /**
   * Without query and fragment; a folder is its index.html.
   * @param {string} url
   */
  #addressOf(url) {
    const { origin, pathname } = new URL(url);
    const address = origin + pathname;
    return address === this.#scope ? `${address}index.html` : address;
  }
}

/** @param {Response} response */
function isolated(response) {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  // The body is decoded by now.
  headers.delete("Content-Encoding");
  if (response.headers.has("Content-Encoding")) headers.delete("Content-Length");
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
