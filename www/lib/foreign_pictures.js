/** Pictures that the core cannot decode and the browser can: AVIF everywhere, HEIC in Safari. */

/** @import { Pixels } from "./calls.js" */

/** What the core says of a picture whose format it knows by name alone. */
const FOREIGN = "picture-foreign-format";

/**
 * What `decode` makes of a file; where its format is foreign to the core, what `ofPixels` makes of the pixels that the browser sees
 * in it, upright and in sRGB. Where the browser cannot read it either, the core's error stands.
 *
 * @template T
 * @param {Uint8Array<ArrayBuffer>} file  @param {() => T} decode  @param {(pixels: Pixels) => T} ofPixels
 * @returns {Promise<T>}
 */
export async function otherwiseDecoded(file, decode, ofPixels) {
  try {
    return decode();
  } catch (error) {
    if (/** @type {any} */ (error)?.code !== FOREIGN) throw error;
    const pixels = await pixelsOf(file);
    if (!pixels) throw error;
    return ofPixels(pixels);
  }
}

/** @param {Uint8Array<ArrayBuffer>} file  @returns {Promise<Pixels | null>} null where the browser cannot decode it */
async function pixelsOf(file) {
  const bitmap = await createImageBitmap(new Blob([file]), { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap) return null;
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context?.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = context?.getImageData(0, 0, width, height);
  return pixels ? { data: /** @type {Uint8ClampedArray<ArrayBuffer>} */ (pixels.data), width, height } : null;
}
