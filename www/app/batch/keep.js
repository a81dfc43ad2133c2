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

const opened = () =>
  openDB(NAME, 1, {
    upgrade(database) {
      database.createObjectStore(STORE);
    },
  });

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
export async function recallResult(key) {
  const database = await opened();
  try {
    return await database.get(STORE, key);
  } finally {
    database.close();
  }
}

/** @param {string} key  @param {Found} found */
export async function keepResult(key, found) {
  const database = await opened();
  try {
    await database.put(STORE, found, key);
  } finally {
    database.close();
  }
}

/** How many there are. */
export async function countResults() {
  if (!canKeep()) return 0;
  const database = await opened();
  try {
    return await database.count(STORE);
  } finally {
    database.close();
  }
}

/** Forgets all of them. */
export async function forgetResults() {
  const database = await opened();
  try {
    await database.clear(STORE);
  } finally {
    database.close();
  }
}
