/** How the map of another method than Score-CAM came about: what is masked or looked at, what is asked, what is summed. */

import { bars } from "../bars.js";
import { mapOf, paintImage, paintOverlay, paintValues } from "../canvas.js";
import { find, image, make } from "../dom.js";
import { number, t, word } from "../i18n.js";

/** @import { Result } from "../../scorecam.js" */
/** @import { Actions, Panel, View } from "../types.js" */

/** Maps that are shown with their weights. */
const SHOWN = 4;
/** Of LIME's samples the first that chance has drawn: the picture itself and its covered version come before it. */
const FIRST_SAMPLE = 2;

/**
 * What the sentences are named after: what is masked, or how maps are weighed where nothing is.
 * @param {Result} result
 */
const kindOf = ({ part, weighing }) => (part === "none" ? (weighing === "gradient" ? "gradient" : "variation") : part);

/**
 * The mask that weighs most, of methods that mask the picture; null of others.
 * @param {Result} result
 */
function heaviest({ part, weights }) {
  if (part === "superpixel") return FIRST_SAMPLE;
  if (!["window", "grid", "cluster", "smoothed-map"].includes(part)) return null;
  return weights.reduce((best, weight, at) => (Math.abs(weight) > Math.abs(weights[best]) ? at : best), 0);
}

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createSteps(panel, { onError }) {
  const list = find(panel, "ol");
  /** @type {View | null} */
  let view = null;

  /** @param {View} shown */
  async function draw(shown) {
    const { result } = shown;
    const kind = kindOf(result);
    const [masked, asked] = await of(shown);
    if (view !== shown) return;
    const summed = image(t("wallMap", { method: word(`method-${result.method}`, result.method) }));
    paintOverlay(summed, result, shown.colours(), shown.opacity());
    const steps = [
      [t(`how-masked-${kind}`), masked],
      [t(`how-asked-${kind}`, { label: shown.label }), asked],
      [t(`how-summed-${kind}`, { label: shown.label }), [summed]],
    ];
    list.replaceChildren(
      .../** @type {[string, Node[]][]} */ (steps).map(([sentence, figures]) =>
        make("li", {}, make("p", {}, sentence), make("div", { className: "figures" }, ...figures)),
      ),
    );
  }

  /**
   * What the first and the second step show.
   * @param {View} view
   * @returns {Promise<[Node[], Node[]]>}
   */
  async function of({ result, labelOf }) {
    const mask = heaviest(result);
    if (mask !== null) {
      const [picture, predictions] = await Promise.all([result.maskedPicture(mask), result.maskedPredictions(mask)]);
      const canvas = image(t("stepsMasked"));
      paintImage(canvas, picture);
      canvas.style.aspectRatio = String(result.region.width / result.region.height);
      return [[canvas], [make("ol", { className: "bars" }, ...bars(predictions, labelOf))]];
    }
    if (result.part === "cell") return [[], []];
    const found = await result.channels();
    const most = found.channels.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, SHOWN);
    const maps = most.map(({ channel }) => {
      const canvas = image(t("channelMap", { channel }), "pixels");
      paintValues(canvas, mapOf(found, channel), found);
      return canvas;
    });
    const weights = most.map(({ channel, weight }) =>
      make("li", {}, t("montageCaption", { channel, weight: number(weight, 4) })),
    );
    return [maps, [make("ul", {}, ...weights)]];
  }

  return {
    hide() {
      view = null;
      panel.hidden = true;
    },
    show(shown) {
      view = shown;
      // Score-CAM has steps of its own.
      panel.hidden = shown.result.part === "map";
      if (!panel.hidden) return draw(shown).catch(onError);
    },
    repaint: (shown) => {
      if (!panel.hidden) return draw(shown).catch(onError);
    },
  };
}
