/** A box around the thing: how much of each map lies in it, which is the pointing game with energy. */

import { find, make } from "../dom.js";
import { percent, t } from "../i18n.js";
import { latest } from "../latest.js";
import { createPainter } from "../painter.js";
import { mapName } from "./measured.js";

/** @import { MeasuredMap, Region, Result } from "../../scorecam.js" */
/** @import { Actions, Panel, View } from "../types.js" */

/**
 * The box around what is painted, in the picture's pixels; null if nothing is.
 * @param {Float32Array} cover  @param {Result} result
 * @returns {Region | null}
 */
function boxOf(cover, { width, height, region }) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  cover.forEach((painted, at) => {
    if (!painted) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  if (right < 0) return null;
  const [across, down] = [region.width / width, region.height / height];
  return {
    x: region.x + left * across,
    y: region.y + top * down,
    width: (right - left + 1) * across,
    height: (bottom - top + 1) * down,
  };
}

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createBox(panel, { onError, mode, proof }) {
  const canvas = find(panel, "#box-picture", HTMLCanvasElement);
  const [said, table] = ["#box-said", "#box-table"].map((id) => find(panel, id));
  /** @type {View | null} */
  let view = null;
  /** @type {Result | null} */
  let begun = null;

  const painter = createPainter(canvas, {
    tool: () => "box",
    size: () => 0,
    labels: () => null,
    tint: () => "rgb(255 255 255 / 45%)",
    onChange: (cover) => view && measure(boxOf(cover, view.result)),
  });

  const measure = latest(async (/** @type {Region | null} */ box) => {
    const asked = view;
    if (!asked) return;
    if (!box) {
      said.textContent = "";
      table.replaceChildren();
      return;
    }
    const others = proof().wall.results.filter((result) => result !== asked.result);
    const { rows } = await asked.result.measure({ measures: ["energy"], box, beside: others });
    if (view === asked) present(rows);
  }, onError);

  /** @param {MeasuredMap[]} rows */
  function present(rows) {
    /** @param {MeasuredMap} row  @param {string} name */
    const of = ({ numbers }, name) => numbers.find((number) => number.name === name)?.value ?? null;
    const share = (/** @type {MeasuredMap} */ row) => of(row, "energy") ?? -1;
    said.textContent = t("boxSaid", { area: percent(of(rows[0], "box-share") ?? 0, 0) });
    const lines = rows
      .toSorted((a, b) => share(b) - share(a))
      .map((row) => {
        const energy = of(row, "energy");
        const bar = make("span", {}, energy === null ? "–" : percent(energy, 0));
        const cell = make("td", { className: "bar" }, bar);
        cell.style.setProperty("--probability", String(energy ?? 0));
        const className = row.isBaseline ? "baseline" : "";
        return make("tr", { className }, make("th", { scope: "row" }, mapName(row.name)), cell);
      });
    table.replaceChildren(...lines);
  }

  async function begin() {
    const asked = view;
    if (!asked || begun === asked.result) return;
    // Another picture has hidden this panel first.
    const isSamePicture = begun !== null;
    begun = asked.result;
    if (isSamePicture) return void measure(boxOf(painter.cover, asked.result));
    try {
      const { width, height, region } = asked.result;
      const { picture } = await asked.result.cover({ cover: new Float32Array(width * height) });
      if (view !== asked) return;
      painter.begin(picture, region.width / region.height);
      canvas.setAttribute("aria-label", t("boxPicture"));
      measure(null);
    } catch (error) {
      onError(error);
    }
  }

  return {
    hide() {
      view = begun = null;
      panel.hidden = true;
    },
    show(shown) {
      view = shown;
      panel.hidden = false;
      if (mode() === "compare") begin();
    },
    enter: (entered) => {
      if (entered === "compare") begin();
    },
  };
}
