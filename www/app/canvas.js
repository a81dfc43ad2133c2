/** Draws the numbers that Rust made: values in [0, 1] by a table of colours, values of either sign, a map over its picture. */

import { contextOf } from "./dom.js";

/** @import { Channels, Result, Signed } from "../scorecam.js" */
/** @import { Size } from "./types.js" */

/**
 * Tables of 256 packed colours, made once for each table of bytes.
 * @type {WeakMap<Uint8Array, Uint32Array>}
 */
const packed = new WeakMap();

/**
 * 256 times red, green, blue as 32-bit pixels.
 * @param {Uint8Array} colours
 */
function pack(colours) {
  const known = packed.get(colours);
  if (known) return known;
  const bytes = new Uint8Array(4 * 256);
  for (let i = 0; i < 256; i++) bytes.set([colours[3 * i], colours[3 * i + 1], colours[3 * i + 2], 255], 4 * i);
  const table = new Uint32Array(bytes.buffer);
  packed.set(colours, table);
  return table;
}

/** Grey for [0, 1]: hundreds of colours side by side say less. */
const GREY = Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3));

/**
 * Colours values in [0, 1], [height, width] row by row.
 * @param {HTMLCanvasElement} canvas  @param {Float32Array} values  @param {Size} size  @param {Uint8Array} [colours]
 */
export function paintValues(canvas, values, { width, height }, colours = GREY) {
  const table = pack(colours);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[Math.round(255 * values[i])];
  paintImage(canvas, image);
}

/**
 * Colours values of either sign, those farthest from zero the strongest; `strongest` is what full colour stands for.
 * @param {HTMLCanvasElement} canvas  @param {Float32Array} values  @param {Size} size  @param {number} strongest
 * @param {Uint8Array} colours  as ScoreCam.divergingColours
 */
export function paintSigned(canvas, values, size, strongest, colours) {
  const shares = values.map((value) => 0.5 + (0.5 * value) / (strongest || 1));
  paintValues(canvas, shares, size, colours);
}

/**
 * What full colour stands for in a map of either sign.
 * @param {{ low: number, high: number }} range
 */
export const strongestOf = ({ low, high }) => Math.max(Math.abs(low), Math.abs(high));

/**
 * A bar of colours, from the first to the last.
 * @param {HTMLCanvasElement} canvas  @param {Uint8Array} colours
 */
export function paintBar(canvas, colours) {
  paintValues(
    canvas,
    Float32Array.from({ length: 256 }, (_, i) => i / 255),
    { width: 256, height: 1 },
    colours,
  );
}

/**
 * Puts an ImageData on a canvas of its size.
 * @param {HTMLCanvasElement} canvas  @param {ImageData} image
 */
export function paintImage(canvas, image) {
  canvas.width = image.width;
  canvas.height = image.height;
  contextOf(canvas).putImageData(image, 0, 0);
}

/**
 * A picture with its map over it, at the picture's size.
 * @param {HTMLCanvasElement} canvas  @param {Result} result  @param {Uint8Array} colours  @param {number} opacity
 */
export function paintOverlay(canvas, result, colours, opacity) {
  const map = document.createElement("canvas");
  paintValues(map, result.heatmap, result, colours);
  layOver(canvas, result, map, opacity);
}

/**
 * A picture with what speaks for and against over it.
 * @param {HTMLCanvasElement} canvas  @param {Result} result  @param {Signed} signed  @param {Uint8Array} colours  @param {number} opacity
 */
export function paintSignedOverlay(canvas, result, signed, colours, opacity) {
  const map = document.createElement("canvas");
  paintSigned(map, signed.values, signed, strongestOf(signed), colours);
  layOver(canvas, result, map, opacity);
}

/** @param {HTMLCanvasElement} canvas  @param {Result} result  @param {HTMLCanvasElement} map  @param {number} opacity */
function layOver(canvas, { picture, region }, map, opacity) {
  paintImage(canvas, picture);
  drawOver(canvas, map, opacity, region);
}

/**
 * Lays a map over what is on a canvas: over all of it, or where `region` says.
 * @param {HTMLCanvasElement} canvas  @param {HTMLCanvasElement} map  @param {number} opacity
 * @param {{ x: number, y: number, width: number, height: number }} [region]
 */
export function drawOver(canvas, map, opacity, region = { x: 0, y: 0, width: canvas.width, height: canvas.height }) {
  const context = contextOf(canvas);
  context.globalAlpha = opacity;
  context.drawImage(map, region.x, region.y, region.width, region.height);
  context.globalAlpha = 1;
}

/**
 * The values of channel `index` scaled to [0, 1]; those of a constant one are zero.
 * @param {Channels} found  @param {number} index
 */
export function mapOf({ maps, width, height, channels }, index) {
  const { low, high } = channels[index];
  const span = high - low || 1;
  return maps.subarray(index * width * height, (index + 1) * width * height).map((value) => (value - low) / span);
}
