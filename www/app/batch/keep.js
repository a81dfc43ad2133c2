/**
 * Results that stay on this machine after the page is closed, where the visitor asks for that: in IndexedDB, by the picture's checksum and
 * by what was asked of it. Pictures themselves are not kept, but for the small one that a row shows.
 */

import { openDB } from "idb";

/** @import { PictureRecord } from "../../scorecam.js" */
/** @import { Kept } from "./rows.js" */
/** @typedef {{ record: PictureRecord, kept: Kept }} Found */

const NAME = "scorecam-folders";
const STORE = "results";

/** Checksums need a page that was served securely, or from this machine. */
export const canKeep = () => Boolean(globalThis.indexedDB && globalThis.crypto?.subtle);

/**
 * Asks the store, which is open for no longer than that: another tab may want it in a later form.
 * @template T
 * @param {(database: import("idb").IDBPDatabase) => Promise<T>} ask
 * @returns {Promise<T>}
 */
async function inStore(ask) {
  const database = await openDB(NAME, 1, {
    upgrade(made) {
      made.createObjectStore(STORE);
    },
  });
  try {
    return await ask(database);
  } finally {
    database.close();
  }
}

/** @param {ArrayBuffer | Uint8Array<ArrayBuffer>} bytes */
async function sha256(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The key of a picture's result.
 * @param {Blob} picture  @param {string} question
 */
export async function keyOf(picture, question) {
  return `${await sha256(await picture.arrayBuffer())} ${await sha256(new TextEncoder().encode(question))}`;
}

/**
 * What was kept under a key.
 * @param {string} key
 * @returns {Promise<Found | undefined>}
 */
export const recallResult = (key) => inStore((database) => database.get(STORE, key));

/** @param {string} key  @param {Found} found */
export const keepResult = (key, found) => inStore((database) => database.put(STORE, found, key));

/** How many there are. */
export const countResults = async () => (canKeep() ? inStore((database) => database.count(STORE)) : 0);

/** Forgets all of them. */
export const forgetResults = () => inStore((database) => database.clear(STORE));
