/** Fetches a file of this site with progress, and makes sure that it is the one that was meant. */

import { failure } from "./errors.js";

/**
 * @param {URL} url
 * @param {{ signal?: AbortSignal, onProgress?: (bytes: number) => void, sha256?: string, size?: number }} options
 *   `size` and `sha256` are what the file must have, where they are known.
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function download(url, { signal, onProgress, sha256: expected, size } = {}) {
  const name = nameOf(url);
  const response = await open(url, signal);
  const bytes = await readAll(response, size, onProgress);
  if (size && bytes.byteLength !== size) {
    throw failure("download-size", { file: name, found: bytes.byteLength, expected: size });
  }
  // Where there is no checksum the size has to do.
  if (expected && ![expected, null].includes(await sha256(bytes))) {
    throw failure("download-checksum", { file: name });
  }
  return bytes;
}

/**
 * The response for a file of this site, whose bytes are counted as they are read: `onProgress(done, total)`, `total` being null
 * where the server compresses it.
 * @param {URL} url  @param {(done: number, total: number | null) => void} onProgress
 */
export async function counted(url, onProgress) {
  const response = await open(url);
  const total = response.headers.has("Content-Encoding")
    ? null
    : Number(response.headers.get("Content-Length")) || null;
  let done = 0;
  onProgress(done, total);
  /** @type {TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>} */
  const count = new TransformStream({
    transform(piece, controller) {
      done += piece.length;
      onProgress(done, total);
      controller.enqueue(piece);
    },
  });
  return new Response(response.body?.pipeThrough(count), { headers: { "Content-Type": "application/wasm" } });
}

/** @param {URL} url */
const nameOf = (url) => url.pathname.split("/").pop() ?? url.href;

/** @param {URL} url  @param {AbortSignal} [signal] */
async function open(url, signal) {
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw failure("download-unreachable", { file: nameOf(url) });
  }
  if (response.ok) return response;
  throw failure("download-refused", { file: nameOf(url), status: response.status });
}

/**
 * The body in one piece. Where its size is known it is written in place: a large network should not be in memory twice.
 * @param {Response} response  @param {number | undefined} size  @param {((bytes: number) => void) | undefined} onProgress
 */
async function readAll(response, size, onProgress) {
  const whole = size ? new Uint8Array(size) : null;
  /** @type {BlobPart[]} */
  const pieces = [];
  let done = 0;
  for (const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader(); ;) {
    const { value, done: finished } = await reader.read();
    if (finished) break;
    if (whole && done + value.length <= whole.length) whole.set(value, done);
    else pieces.push(value);
    done += value.length;
    onProgress?.(done);
  }
  if (whole && done <= whole.length) return whole.subarray(0, done);
  return new Uint8Array(await new Blob(whole ? [whole, ...pieces] : pieces).arrayBuffer());
}

/**
 * The SHA-256 in hexadecimal digits; null on pages that are not served securely, which have no crypto.subtle.
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
