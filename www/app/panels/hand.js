/** The visitor's own hand: whatever is painted over is hidden from the network, which answers while one paints. */

import { bars } from "../bars.js";
import { paintImage } from "../canvas.js";
import { contextOf, find, make } from "../dom.js";
import { FONT } from "../figure.js";
import { number, percent, t } from "../i18n.js";
import { latest } from "../latest.js";
import { createPainter } from "../painter.js";
import { pngOf, saveFile } from "../save.js";

/** @import { CoverFill, Covered } from "../../scorecam.js" */
/** @import { Actions, Panel, View } from "../types.js" */

/** Steps of a search for the smallest cover, in shares of the pixels. */
const STEP = 0.01;

/** Whether two views ask about the same. @param {View} a  @param {View} b */
const sameTarget = (a, b) => JSON.stringify(a.result.target) === JSON.stringify(b.result.target);

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createHand(panel, { onError, mode, name }) {
  const canvas = find(panel, "#hand-picture", HTMLCanvasElement);
  const [tool, fill] = ["#hand-tool", "#hand-fill"].map((id) => find(panel, id, HTMLSelectElement));
  const size = find(panel, "#hand-size", HTMLInputElement);
  const [classes, said] = ["#hand-classes", "#hand-said"].map((id) => find(panel, id));
  const smallest = find(panel, "#hand-smallest", HTMLButtonElement);
  /** @type {View | null} */
  let view = null;
  /** The view that the painter has begun with. @type {View | null} */
  let begun = null;
  /** Of the picture, once they were asked for. @type {Uint32Array | null} */
  let patches = null;
  /** @type {Covered | null} */
  let answer = null;

  const painter = createPainter(canvas, {
    tool: () => /** @type {import("../painter.js").Tool} */ (tool.value),
    size: () => Number(size.value),
    labels: () => patches,
    tint: () => null,
    onChange: (cover) => ask(cover),
  });
  const filling = () => /** @type {CoverFill} */ (fill.value);

  const ask = latest(async (/** @type {Float32Array} */ cover) => {
    const asked = view;
    if (!asked) return;
    const found = await asked.result.cover({ cover, fill: filling() });
    if (view === asked) present(found);
  }, onError);

  /** @param {Covered} covered */
  function present(covered) {
    if (!view) return;
    answer = covered;
    const { labelOf, label, result } = view;
    painter.show(covered.picture);
    classes.replaceChildren(...bars(covered.predictions, labelOf));
    const [first] = covered.predictions;
    const changed = first.index !== result.predictions[0].index;
    const values = {
      label,
      area: percent(covered.area, 0),
      evidence: covered.evidence === null ? "–" : percent(covered.evidence, 0),
      before: percent(result.probability),
      after: percent(covered.probability),
    };
    const mind = changed ? ` ${t("handChanged", { now: labelOf(first.index) })}` : "";
    said.textContent = covered.area === 0 ? t("handNothing", values) : t("handSaid", values) + mind;
  }

  /** Shows the picture as the network sees it, with nothing covered. */
  async function begin() {
    const asked = view;
    if (!asked || begun === asked) return;
    begun = asked;
    try {
      const { width, height, region } = asked.result;
      const covered = await asked.result.cover({ cover: new Float32Array(width * height), fill: filling() });
      if (view !== asked) return;
      painter.begin(covered.picture, region.width / region.height);
      canvas.setAttribute("aria-label", t("handPicture", { label: asked.label }));
      present(covered);
    } catch (error) {
      onError(error);
    }
  }

  /** Hides the pixels that the map names first, a hundredth of the picture at a time, until another class comes first. */
  async function findSmallest() {
    const asked = view;
    if (!asked) return;
    smallest.disabled = true;
    try {
      const { result } = asked;
      for (let share = STEP; share < 1; share += STEP) {
        const cover = await result.coverOf({ share });
        const covered = await result.cover({ cover, fill: filling() });
        if (view !== asked) return;
        if (covered.predictions[0].index === result.predictions[0].index) {
          painter.show(covered.picture);
          continue;
        }
        painter.set(cover);
        return;
      }
      said.textContent = t("handNever");
    } catch (error) {
      onError(error);
    } finally {
      smallest.disabled = false;
    }
  }

  /** Before and after, side by side, with what the network makes of both. */
  async function saveBoth() {
    if (!view || !answer) return;
    const { width, height, region } = view.result;
    const before = await view.result.cover({ cover: new Float32Array(width * height), fill: filling() });
    const across = Math.round((height * region.width) / region.height);
    const [scale, line] = [2, 22];
    const sheet = make("canvas", { width: 2 * across * scale + 16, height: height * scale + line + 12 });
    const context = contextOf(sheet);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, sheet.width, sheet.height);
    context.fillStyle = "#111";
    context.font = FONT;
    [before, answer].forEach((covered, i) => {
      const part = make("canvas");
      paintImage(part, covered.picture);
      const left = i * (across * scale + 16);
      context.drawImage(part, left, 0, across * scale, height * scale);
      const [{ index, probability }] = covered.predictions;
      const text = `${view?.labelOf(index)} ${percent(probability)}`;
      context.fillText(text, left + 4, height * scale + line, across * scale - 8);
    });
    saveFile(pngOf(sheet), `${name()}.covered.png`, "image/png");
  }

  tool.addEventListener("change", async () => {
    const asked = view;
    if (tool.value !== "patch" || !asked || patches) return;
    try {
      said.textContent = t("handPatches");
      const { labels, count } = await asked.result.superpixels();
      if (view !== asked) return;
      patches = labels;
      said.textContent = t("handPatchesFound", { count: number(count) });
    } catch (error) {
      onError(error);
    }
  });
  fill.addEventListener("change", () => ask(painter.cover.slice()));
  find(panel, "#hand-undo").addEventListener("click", () => painter.undo());
  find(panel, "#hand-clear").addEventListener("click", () => painter.clear());
  find(panel, "#hand-save").addEventListener("click", () => saveBoth().catch(onError));
  smallest.addEventListener("click", findSmallest);

  return {
    hide() {
      view = begun = answer = patches = null;
      tool.value = "brush";
      panel.hidden = true;
    },
    show(shown) {
      // Another picture has hidden this panel first.
      const isSame = view !== null && sameTarget(view, shown);
      const wasBegun = begun === view;
      view = shown;
      panel.hidden = false;
      // In another language or by another method what is painted stays.
      if (isSame && wasBegun && answer) {
        begun = shown;
        ask(painter.cover.slice());
      } else if (mode() === "test") begin();
    },
    enter: (entered) => {
      if (entered === "test") begin();
    },
    /** The covered picture, for the report. */
    hand: () => (answer && answer.area > 0 ? answer : null),
  };
}
