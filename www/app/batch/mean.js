/** Where a network looks for a class: the mean of the maps of all pictures that it takes for it, and the mean of those pictures. */

import { contextOf, make } from "../dom.js";
import { SIDE, mapOf } from "./small.js";

/** @import { Row } from "./rows.js" */

/** Pictures between which others have their turn. */
const AT_A_TIME = 20;

/**
 * The mean of as many lists of numbers as are added, all of one length.
 * @param {number} length
 */
export function meanOf(length) {
  const sums = new Float64Array(length);
  let count = 0;
  return {
    /** @param {ArrayLike<number>} values */
    add(values) {
      for (let at = 0; at < length; at++) sums[at] += values[at];
      count++;
    },
    value: () => Float32Array.from(sums, (sum) => sum / Math.max(1, count)),
    count: () => count,
  };
}

/**
 * Of the rows that have a map of the same size as the first; `isWanted` says whether somebody still waits.
 * @param {Row[]} rows  @param {() => boolean} isWanted
 */
export async function meansOf(rows, isWanted) {
  const kept = rows.flatMap((row) => row.kept ?? []);
  const [first] = kept;
  if (!first) return null;
  const { height, width } = first;
  const scale = SIDE / Math.max(height, width);
  const canvas = make("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) });
  const context = contextOf(canvas);
  const [maps, pictures] = [meanOf(height * width), meanOf(4 * canvas.width * canvas.height)];
  for (const [at, each] of kept.entries()) {
    if (at % AT_A_TIME === AT_A_TIME - 1) await new Promise((resolve) => setTimeout(resolve));
    if (!isWanted()) return null;
    if (each.height !== height || each.width !== width) continue;
    maps.add(await mapOf(each));
    const seen = await createImageBitmap(each.thumbnail);
    context.drawImage(seen, 0, 0, canvas.width, canvas.height);
    seen.close();
    pictures.add(context.getImageData(0, 0, canvas.width, canvas.height).data);
  }
  const pixels = Uint8ClampedArray.from(pictures.value());
  const picture = new ImageData(pixels, canvas.width, canvas.height);
  return { map: maps.value(), height, width, picture, count: maps.count() };
}
