/** Turns whatever a page has a picture in into what the worker takes: the bytes of a file, or pixels. */

import { failure } from "./errors.js";
import { sendable } from "./sendable.js";

/** @import { Pictured } from "./calls.js" */

/** @param {unknown} value  @param {string} name */
const is = (value, name) => {
  const type = /** @type {Record<string, any>} */ (/** @type {unknown} */ (globalThis))[name];
  return typeof type === "function" && value instanceof type;
};

/**
 * Files are decoded in the worker, with their orientation and in full; of anything else the pixels are read.
 * @param {any} image
 * @returns {Promise<Pictured>}
 */
export async function pictureOf(image) {
  if (is(image, "Blob")) return { file: await sendable(image) };
  if (image instanceof ArrayBuffer || ArrayBuffer.isView(image))
    return { file: await sendable(new Blob([/** @type {BlobPart} */ (image)])) };
  if (is(image, "Response")) {
    if (!image.ok) throw failure("picture-refused", { status: image.status });
    if (image.bodyUsed) throw failure("picture-read-before");
    return { file: await sendable(await image.blob()) };
  }
  if (is(image, "ImageData")) return { pixels: { data: image.data.slice(), width: image.width, height: image.height } };
  if (is(image, "HTMLImageElement")) {
    if (!image.complete || !image.naturalWidth)
      await image.decode().catch(() => Promise.reject(failure("picture-not-shown")));
    return drawn(image, image.naturalWidth, image.naturalHeight);
  }
  if (is(image, "HTMLVideoElement")) return drawn(image, image.videoWidth, image.videoHeight);
  if (["ImageBitmap", "HTMLCanvasElement", "OffscreenCanvas"].some((name) => is(image, name)))
    return drawn(image, image.width, image.height);
  throw failure("picture-argument", { found: described(image) });
}

/** @param {any} value */
function described(value) {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object"
    ? `an object (${value.constructor?.name ?? "without a prototype"})`
    : `a ${typeof value}`;
}

/**
 * The pixels of what can be drawn.
 * @param {CanvasImageSource} image  @param {number} width  @param {number} height
 */
function drawn(image, width, height) {
  if (!width || !height) throw failure("picture-unloaded", { width, height });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  try {
    if (!context) throw new Error("no canvas");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { pixels: { data: /** @type {Uint8ClampedArray<ArrayBuffer>} */ (data), width, height } };
  } catch (thrown) {
    const error = /** @type {any} */ (thrown);
    if (error?.name === "SecurityError") throw failure("picture-foreign");
    throw failure("picture-undrawable", { cause: error?.message ?? error });
  }
}
