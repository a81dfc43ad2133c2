/** Turns whatever a page has a picture in into what the worker takes: the bytes of a file, or pixels. */

import { failure } from "./errors.js";

const is = (value, name) => typeof globalThis[name] === "function" && value instanceof globalThis[name];

/**
 * @returns {Promise<{ file: Blob } | { pixels: { data: Uint8ClampedArray, width: number, height: number } }>}
 *   Files are decoded in the worker, with their orientation and in full; of anything else the pixels are read.
 */
export async function pictureOf(image) {
  if (is(image, "Blob")) return { file: image };
  if (image instanceof ArrayBuffer || ArrayBuffer.isView(image)) return { file: new Blob([image]) };
  if (is(image, "Response")) {
    if (!image.ok)
      throw failure(
        "image",
        `The picture could not be fetched: the server answered ${image.status}.`,
        "Check its address.",
      );
    if (image.bodyUsed)
      throw failure(
        "image",
        "The Response was read before.",
        "Give a Response whose body is unread, or response.clone().",
      );
    return { file: await image.blob() };
  }
  if (is(image, "ImageData")) return { pixels: { data: image.data.slice(), width: image.width, height: image.height } };
  if (is(image, "HTMLImageElement")) {
    if (!image.complete || !image.naturalWidth)
      await image
        .decode()
        .catch(() =>
          Promise.reject(
            failure("image", "The <img> shows no picture.", "Wait for its load event, and check its address."),
          ),
        );
    return drawn(image, image.naturalWidth, image.naturalHeight);
  }
  if (is(image, "HTMLVideoElement")) return drawn(image, image.videoWidth, image.videoHeight);
  if (["ImageBitmap", "HTMLCanvasElement", "OffscreenCanvas"].some((name) => is(image, name)))
    return drawn(image, image.width, image.height);
  const found =
    image === null || image === undefined
      ? String(image)
      : typeof image === "object"
        ? `an object (${image.constructor?.name ?? "without a prototype"})`
        : `a ${typeof image}`;
  throw failure(
    "option",
    `The picture is ${found}.`,
    "Give a File, Blob, ArrayBuffer, typed array, Response, ImageData, ImageBitmap, canvas, <img> or <video>.",
  );
}

/** The pixels of what can be drawn. */
function drawn(image, width, height) {
  if (!width || !height)
    throw failure("image", `The picture is ${width} by ${height} pixels.`, "Wait until it is loaded.");
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  try {
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { pixels: { data, width, height } };
  } catch (error) {
    const foreign = error?.name === "SecurityError";
    throw failure(
      "image",
      foreign
        ? "The picture comes from another site, which does not allow its pixels to be read."
        : `The picture cannot be drawn (${error?.message ?? error}).`,
      foreign ? "Load it with crossorigin, or give the file itself." : "Give the file itself.",
    );
  }
}
