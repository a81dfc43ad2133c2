/** A canvas over a picture to paint on, by pointer or by keyboard: what is painted is a cover [height, width], 1 where it hides. */

import { contextOf } from "./dom.js";

/** @typedef {"brush" | "rectangle" | "patch" | "eraser" | "box"} Tool  a box is the one rectangle that there is */
/** @import { Size } from "./types.js" */

/** Steps that can be taken back. */
const STEPS = 50;
/** Pixels that an arrow key goes; with Shift, one. */
const STRIDE = 8;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{
 *   tool: () => Tool, size: () => number, labels: () => Uint32Array | null, tint: () => string | null,
 *   onChange: (cover: Float32Array) => void,
 * }} options  `labels` are the patches; `tint` is the colour that what is painted has, null where the picture itself shows it
 */
export function createPainter(canvas, { tool, size, labels, tint, onChange }) {
  /** @type {Float32Array} */
  let cover = new Float32Array(0);
  /** @type {Size} */
  let area = { width: 0, height: 0 };
  /** @type {Float32Array[]} */
  let before = [];
  /** @type {ImageData | null} */
  let picture = null;
  /** Where the keyboard is, in pixels; null while a pointer is used. @type {{ x: number, y: number } | null} */
  let cursor = null;
  /** @type {{ x: number, y: number } | null} */
  let began = null;
  /** @type {Float32Array} */
  let strokeFrom = new Float32Array(0);

  const isRectangle = () => tool() === "rectangle" || tool() === "box";

  /** @param {PointerEvent} event */
  function placeOf(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - left) / width) * area.width);
    const y = Math.floor(((event.clientY - top) / height) * area.height);
    return { x: Math.min(area.width - 1, Math.max(0, x)), y: Math.min(area.height - 1, Math.max(0, y)) };
  }

  /** @param {number} left  @param {number} top  @param {number} right  @param {number} bottom  @param {(x: number, y: number) => boolean} isIn  @param {number} value */
  function fill(left, top, right, bottom, isIn, value) {
    for (let y = Math.max(0, Math.floor(top)); y <= Math.min(area.height - 1, bottom); y++)
      for (let x = Math.max(0, Math.floor(left)); x <= Math.min(area.width - 1, right); x++)
        if (isIn(x, y)) cover[y * area.width + x] = value;
  }

  /** @param {{ x: number, y: number }} from  @param {{ x: number, y: number }} to */
  function paint(from, to) {
    const chosen = tool();
    const patches = labels();
    if (chosen === "rectangle" || chosen === "box") {
      if (chosen === "box") cover.fill(0);
      else cover.set(strokeFrom);
      const [left, right] = [from.x, to.x].sort((a, b) => a - b);
      const [top, bottom] = [from.y, to.y].sort((a, b) => a - b);
      fill(left, top, right, bottom, () => true, 1);
    } else if (chosen === "patch") {
      // Nothing until they are found.
      const patch = patches?.[to.y * area.width + to.x];
      patches?.forEach((label, at) => label === patch && (cover[at] = 1));
    } else {
      const radius = size() / 2;
      // Along the way, so that a quick stroke has no holes.
      const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / Math.max(1, radius / 2)));
      for (let step = 0; step <= steps; step++) {
        const x = from.x + ((to.x - from.x) * step) / steps;
        const y = from.y + ((to.y - from.y) * step) / steps;
        const isIn = (/** @type {number} */ a, /** @type {number} */ b) => (a - x) ** 2 + (b - y) ** 2 <= radius ** 2;
        fill(x - radius, y - radius, x + radius, y + radius, isIn, chosen === "eraser" ? 0 : 1);
      }
    }
    changed();
  }

  function remember() {
    before = [...before.slice(1 - STEPS), cover.slice()];
    strokeFrom = cover.slice();
  }

  function changed() {
    redraw();
    onChange(cover.slice());
  }

  function redraw() {
    if (!picture) return;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    const context = contextOf(canvas);
    context.putImageData(picture, 0, 0);
    const colour = tint();
    if (colour) {
      context.fillStyle = colour;
      for (let y = 0; y < area.height; y++)
        for (let x = 0, from = -1; x <= area.width; x++) {
          const isPainted = x < area.width && cover[y * area.width + x] > 0;
          if (isPainted && from < 0) from = x;
          if (!isPainted && from >= 0) {
            context.fillRect(from, y, x - from, 1);
            from = -1;
          }
        }
    }
    if (cursor) {
      const radius = tool() === "brush" || tool() === "eraser" ? size() / 2 : 3;
      for (const [style, width] of /** @type {[string, number][]} */ ([
        ["#000", 3],
        ["#fff", 1],
      ])) {
        context.strokeStyle = style;
        context.lineWidth = width;
        context.beginPath();
        context.arc(cursor.x, cursor.y, Math.max(3, radius), 0, 2 * Math.PI);
        context.stroke();
      }
    }
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!picture || event.button !== 0) return;
    cursor = null;
    canvas.setPointerCapture(event.pointerId);
    remember();
    began = placeOf(event);
    paint(began, began);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!began) return;
    const place = placeOf(event);
    paint(began, place);
    // A rectangle keeps the corner that it began at.
    if (!isRectangle()) began = place;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (began = null));
  canvas.addEventListener("blur", () => {
    cursor = began = null;
    redraw();
  });
  canvas.addEventListener("keydown", (event) => {
    if (!picture) return;
    const stride = event.shiftKey ? 1 : STRIDE;
    /** @type {Record<string, [number, number]>} */
    const moves = { ArrowLeft: [-stride, 0], ArrowRight: [stride, 0], ArrowUp: [0, -stride], ArrowDown: [0, stride] };
    const move = moves[event.key];
    if (move) {
      cursor ??= { x: area.width >> 1, y: area.height >> 1 };
      cursor = {
        x: Math.min(area.width - 1, Math.max(0, cursor.x + move[0])),
        y: Math.min(area.height - 1, Math.max(0, cursor.y + move[1])),
      };
      // The second corner of a rectangle follows.
      if (began && isRectangle()) paint(began, cursor);
      else redraw();
    } else if (event.key === " " || event.key === "Enter") {
      cursor ??= { x: area.width >> 1, y: area.height >> 1 };
      if (isRectangle() && !began) {
        remember();
        began = { ...cursor };
      } else if (isRectangle() && began) {
        paint(began, cursor);
        began = null;
      } else {
        remember();
        paint(cursor, cursor);
      }
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
    else return;
    event.preventDefault();
  });

  function undo() {
    const last = before.pop();
    if (!last) return;
    cover = last;
    changed();
  }

  return {
    undo,
    /**
     * Another picture, with nothing painted on it.
     * @param {ImageData} image  @param {number} aspect  width over height of what is shown
     */
    begin(image, aspect) {
      picture = image;
      area = { width: image.width, height: image.height };
      cover = new Float32Array(area.width * area.height);
      before = [];
      cursor = began = null;
      canvas.style.setProperty("--aspect", String(aspect));
      redraw();
    },
    /**
     * What is under the paint now.
     * @param {ImageData} image
     */
    show(image) {
      picture = image;
      redraw();
    },
    /**
     * A cover that was found, in place of what was painted.
     * @param {Float32Array} found
     */
    set(found) {
      remember();
      cover = found.slice();
      changed();
    },
    clear() {
      remember();
      cover.fill(0);
      changed();
    },
    get cover() {
      return cover;
    },
    get isEmpty() {
      return cover.every((value) => value === 0);
    },
  };
}
