/** What is kept of a picture that was explained: small enough for a thousand of them. */

import { contextOf, make } from "../dom.js";
import { SMALL } from "./rows.js";

/** @import { Result } from "../../scorecam.js" */
/** @import { Kept } from "./rows.js" */

/** The longer side of the picture that a row, the gallery and the mean picture are made of. */
export const SIDE = 160;
const QUALITY = 0.85;

/**
 * @param {Result} result
 * @returns {Promise<Kept>}
 */
export async function smallOf(result) {
  const { heatmap, height, width } = result;
  const plain = new Blob([/** @type {Float32Array<ArrayBuffer>} */ (heatmap)]);
  const isZipped = "CompressionStream" in globalThis;
  const map = isZipped ? await through(plain, new CompressionStream("gzip")) : plain;
  const small = shrunk(heatmap, height, width);
  return { thumbnail: await thumbnailOf(result), map, isZipped, height, width, small };
}

/**
 * The map's numbers.
 * @param {Kept} kept
 */
export async function mapOf({ map, isZipped }) {
  const plain = isZipped ? await through(map, new DecompressionStream("gzip")) : map;
  return new Float32Array(await plain.arrayBuffer());
}

/** @param {Blob} blob  @param {CompressionStream | DecompressionStream} stream */
const through = (blob, stream) => new Response(blob.stream().pipeThrough(stream)).blob();

/**
 * What the network saw of the picture.
 * @param {Result} result
 * @returns {Promise<Blob>}
 */
async function thumbnailOf({ picture, region }) {
  const scale = SIDE / Math.max(region.width, region.height);
  const [width, height] = [region.width, region.height].map((side) => Math.max(1, Math.round(side * scale)));
  const [left, top] = [Math.round(region.x), Math.round(region.y)];
  const [across, down] = [region.width, region.height].map((side) => Math.max(1, Math.round(side)));
  const seen = await createImageBitmap(picture, left, top, across, down, {
    resizeWidth: width,
    resizeHeight: height,
    resizeQuality: "medium",
  });
  const canvas = make("canvas", { width, height });
  contextOf(canvas).drawImage(seen, 0, 0);
  seen.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no thumbnail"))), "image/jpeg", QUALITY);
  });
}

/**
 * The map's values at SMALL by SMALL places, as bytes.
 * @param {Float32Array} values  @param {number} height  @param {number} width
 */
export function shrunk(values, height, width) {
  const small = new Uint8Array(SMALL * SMALL);
  for (let row = 0; row < SMALL; row++)
    for (let column = 0; column < SMALL; column++) {
      const y = Math.floor(((row + 0.5) * height) / SMALL);
      const x = Math.floor(((column + 0.5) * width) / SMALL);
      small[row * SMALL + column] = Math.round(255 * values[y * width + x]);
    }
  return small;
}
