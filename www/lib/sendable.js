/** Files on their way to the worker. */

/** @import { OwnSource, Source } from "./calls.js" */

/**
 * A file as the worker can read it. WebKit's workers cannot read the Blobs of a page that was opened from the disk; they get the bytes.
 * @param {Blob} file
 * @returns {Promise<Blob | Uint8Array<ArrayBuffer>>}
 */
export const sendable = async (file) => (globalThis.location?.protocol === "file:" ? bytesOf(file) : file);

/**
 * A network's source as the worker can read it.
 * @param {Source} source
 * @returns {Promise<Source>}
 */
export async function sendableSource(source) {
  if (source.catalog !== undefined) return source;
  const { file, labels, ...rest } = /** @type {OwnSource & { file: Blob }} */ (source);
  return { ...rest, file: await sendable(file), labels: labels instanceof Blob ? await sendable(labels) : labels };
}

/**
 * The bytes of what `sendable` made.
 * @param {Blob | Uint8Array<ArrayBuffer>} file
 */
export const bytesOf = async (file) => (file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file);
