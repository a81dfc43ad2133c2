/** Draws the numbers that Rust made: values in [0, 1] by a table of colours, values of either sign, a map over its picture. */

/** Tables of 256 packed colours, made once for each table of bytes. */
const packed = new WeakMap();

/** 256 times red, green, blue as 32-bit pixels. */
function pack(colours) {
  if (!packed.has(colours)) {
    const bytes = new Uint8Array(4 * 256);
    for (let i = 0; i < 256; i++) bytes.set([colours[3 * i], colours[3 * i + 1], colours[3 * i + 2], 255], 4 * i);
    packed.set(colours, new Uint32Array(bytes.buffer));
  }
  return packed.get(colours);
}

/** Grey for [0, 1]: hundreds of colours side by side say less. */
export const GREY = Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3));

/** For [-1, 1]: blue below zero, red above, pale grey between. */
const SIGNED = Uint8Array.from({ length: 3 * 256 }, (_, i) => {
  const value = (Math.floor(i / 3) - 127.5) / 127.5;
  const end = (value < 0 ? [33, 102, 172] : [178, 24, 43])[i % 3];
  return 240 + (end - 240) * Math.abs(value);
});

/** Colours values in [0, 1], [height, width] row by row. */
export function paintValues(canvas, values, { width, height }, colours = GREY) {
  const table = pack(colours);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[Math.round(255 * values[i])];
  paintImage(canvas, image);
}

/** Colours values of either sign, those farthest from zero the strongest; `strongest` is what full colour stands for. */
export function paintSigned(canvas, values, size, strongest) {
  paintValues(
    canvas,
    values.map((value) => 0.5 + (0.5 * value) / (strongest || 1)),
    size,
    SIGNED,
  );
}

/** Puts an ImageData on a canvas of its size. */
export function paintImage(canvas, image) {
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** A picture with its map over it, at the picture's size. `region` is the part of it that the map covers. */
export function paintOverlay(canvas, { picture, region, heatmap, width, height }, colours, opacity) {
  paintImage(canvas, picture);
  const map = document.createElement("canvas");
  paintValues(map, heatmap, { width, height }, colours);
  const context = canvas.getContext("2d");
  context.globalAlpha = opacity;
  context.drawImage(map, region.x, region.y, region.width, region.height);
  context.globalAlpha = 1;
}

/** The values of channel `index` scaled to [0, 1]; those of a constant one are zero. `found` is what Result.channels gives. */
export function mapOf({ maps, width, height, channels }, index) {
  const { low, high } = channels[index];
  const span = high - low || 1;
  return maps.subarray(index * width * height, (index + 1) * width * height).map((value) => (value - low) / span);
}
