/** Curves as SVG: a few lines over shares from 0 to 1, of scores from 0 to 1. */

const WIDTH = 400;
const HEIGHT = 200;
const LEFT = 34;
const BELOW = 22;
const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {object} Line
 * @property {string} kind  what it is drawn as: "own", "random", "centred"
 * @property {number[]} x
 * @property {number[]} y
 */

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag  @param {Record<string, string | number>} attributes  @param {(Node | string)[]} children
 */
function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

const across = (/** @type {number} */ x) => LEFT + x * (WIDTH - LEFT - 8);
const down = (/** @type {number} */ y) => 8 + (1 - Math.min(1, Math.max(0, y))) * (HEIGHT - BELOW - 8);

/**
 * A chart of `lines`, and `mark`, which moves a line across it.
 * @param {Line[]} lines  @param {{ share: (value: number) => string }} written
 */
export function chart(lines, { share }) {
  const marker = draw("line", { class: "marker-line", y1: 8, y2: HEIGHT - BELOW, x1: across(0), x2: across(0) });
  const ticks = [0, 0.5, 1].flatMap((value) => [
    draw("text", { x: LEFT - 4, y: down(value) + 4, "text-anchor": "end" }, share(value)),
    draw("line", { class: "grid-line", x1: LEFT, x2: WIDTH - 8, y1: down(value), y2: down(value) }),
    draw("text", { x: across(value), y: HEIGHT - 4, "text-anchor": value === 1 ? "end" : "middle" }, share(value)),
  ]);
  const drawn = lines.map(({ kind, x, y }) =>
    draw("polyline", { class: `line-${kind}`, points: x.map((x, i) => `${across(x)},${down(y[i])}`).join(" ") }),
  );
  const svg = draw(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", "aria-hidden": "true" },
    ...ticks,
    ...drawn,
    marker,
  );
  return {
    svg,
    /** @param {number} x */
    mark(x) {
      for (const end of ["x1", "x2"]) marker.setAttribute(end, String(across(x)));
    },
  };
}
