/** Guess first: the visitor marks where the evidence should lie, and only then sees where the map has it. */

import { paintValues } from "../canvas.js";
import { contextOf, find, make } from "../dom.js";
import { number, percent, t } from "../i18n.js";
import { createPainter } from "../painter.js";

/** @import { Actions, Panel, View } from "../types.js" */

/** Side of the brush in pixels of the network's input. */
const BRUSH = 26;

/**
 * What a guess is worth.
 * @param {number} times  as much evidence as chance would have
 */
function judged(times) {
  if (times > 1.5) return t("guessGood");
  return times < 0.9 ? t("guessOther") : t("guessChance");
}

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createGuess(panel, { onError, mode }) {
  const canvas = find(panel, "#guess-picture", HTMLCanvasElement);
  const [hint, said, scores] = ["#guess-hint", "#guess-said", "#guess-score"].map((id) => find(panel, id));
  const reveal = find(panel, "#guess-reveal", HTMLButtonElement);
  /** @type {View | null} */
  let view = null;
  /** @type {View | null} */
  let begun = null;
  let isRevealed = false;
  /** How much better than chance each guess of this visit was. @type {number[]} */
  const rounds = [];

  const painter = createPainter(canvas, {
    tool: () => "brush",
    size: () => BRUSH,
    labels: () => null,
    tint: () => "rgb(255 255 255 / 55%)",
    onChange() {
      reveal.disabled = painter.isEmpty || isRevealed;
      if (!isRevealed) said.textContent = "";
    },
  });

  async function begin() {
    const asked = view;
    if (!asked || begun?.result === asked.result) return;
    begun = asked;
    isRevealed = false;
    said.textContent = "";
    reveal.disabled = true;
    try {
      const { width, height, region } = asked.result;
      const { picture } = await asked.result.cover({ cover: new Float32Array(width * height) });
      if (view !== asked) return;
      painter.begin(picture, region.width / region.height);
      canvas.setAttribute("aria-label", t("guessPicture", { label: asked.label }));
    } catch (error) {
      onError(error);
    }
  }

  reveal.addEventListener("click", async () => {
    const asked = view;
    if (!asked) return;
    const { result } = asked;
    const cover = painter.cover.slice();
    try {
      const { area, evidence, picture } = await result.cover({ cover });
      // As much of the picture as was marked, where the map is hottest.
      const hottest = await result.coverOf({ share: area });
      if (view !== asked || evidence === null)
        return void (said.textContent = evidence === null ? t("guessEmpty") : "");
      let both = 0;
      let either = 0;
      cover.forEach((marked, at) => {
        both += marked * hottest[at];
        either += Math.max(marked, hottest[at]);
      });
      const times = evidence / area;
      rounds.push(times);
      isRevealed = true;
      reveal.disabled = true;
      const values = {
        area: percent(area, 0),
        evidence: percent(evidence, 0),
        overlap: percent(both / either, 0),
        times: number(times, 1),
      };
      said.textContent = `${t("guessSaid", values)} ${judged(times)}`;
      const all = rounds.reduce((sum, value) => sum + value, 0) / rounds.length;
      scores.textContent = t("guessScore", { rounds: number(rounds.length), times: number(all, 1) });
      painter.show(overlaid(asked, picture));
    } catch (error) {
      onError(error);
    }
  });

  /**
   * The picture at input size with the map over it.
   * @param {View} view  @param {ImageData} covered  of the size that is wanted
   */
  function overlaid({ result, colours }, { width, height }) {
    const canvas = make("canvas", { width, height });
    const context = contextOf(canvas);
    const shown = make("canvas", { width: result.picture.width, height: result.picture.height });
    contextOf(shown).putImageData(result.picture, 0, 0);
    const { region } = result;
    context.drawImage(shown, region.x, region.y, region.width, region.height, 0, 0, width, height);
    const map = make("canvas");
    paintValues(map, result.heatmap, result, colours());
    context.globalAlpha = 0.5;
    context.drawImage(map, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }

  find(panel, "#guess-undo").addEventListener("click", () => painter.undo());
  find(panel, "#guess-clear").addEventListener("click", () => painter.clear());

  return {
    hide() {
      view = begun = null;
      panel.hidden = true;
    },
    show(shown) {
      view = shown;
      panel.hidden = false;
      hint.textContent = t("guessHint", { label: shown.label });
      if (mode() === "test") begin();
    },
    enter: (entered) => {
      if (entered === "test") begin();
    },
  };
}
