/** The weighted sum as it builds up, the heaviest maps first: a bar for every weight, the map of those summed so far. */

import { contextOf, image, make } from "../../dom.js";
import { number, t } from "../../i18n.js";

/** Milliseconds that the whole sum takes. */
const LASTS = 3000;
/** Pictures of it on the way. */
const FRAMES = 24;
const CHART = { width: 600, height: 160 };

/** @import { LayerView } from "../../types.js" */

/**
 * `onError` gets what goes wrong after the start.
 * @param {LayerView} view  @param {(error: unknown) => void} onError
 */
export function createBuildUp({ result, paint }, onError) {
  const weights = Array.from(result.weights)
    .sort((a, b) => Math.abs(b) - Math.abs(a))
    .slice(0, result.diagnostics.scoredChannels);
  const chart = image(t("weightsLabel", { count: number(weights.length) }), "chart");
  /** @param {number} count */
  const captionOf = (count) => t("summedCaption", { count: number(count), all: number(weights.length) });
  const map = image(captionOf(weights.length));
  const caption = make("figcaption", { className: "quiet" });
  const slider = make("input", {
    type: "range",
    min: "1",
    max: String(weights.length),
    value: String(weights.length),
    id: "summed",
  });
  const field = make("div", {}, make("label", { htmlFor: "summed" }, t("summed")), slider);
  const element = make(
    "div",
    { className: "full build-up" },
    make("div", {}, chart, field),
    make("figure", {}, map, caption),
  );
  let asked = 0;

  /**
   * Shows the sum of the `count` heaviest maps; an answer that comes late is dropped.
   * @param {number} count
   */
  async function show(count) {
    asked = count;
    const { heatmap } = await result.partialSum(count);
    if (asked !== count) return;
    slider.value = String(count);
    caption.textContent = captionOf(count);
    map.setAttribute("aria-label", captionOf(count));
    paint(map, heatmap, result);
    drawWeights(chart, weights, count);
  }

  let playing = false;
  slider.addEventListener("input", () => {
    playing = false;
    show(Number(slider.value)).catch(onError);
  });

  return {
    element,
    /**
     * Shows the whole sum; if `animate`, from the heaviest map on.
     * @param {boolean} animate  @param {() => boolean} isStale
     */
    async start(animate, isStale) {
      if (!animate) return show(weights.length);
      playing = true;
      await show(1);
      const began = performance.now();
      // More and more at a time: the heaviest maps matter most.
      const next = async () => {
        if (!playing || isStale()) return;
        const share = Math.min(1, (performance.now() - began) / LASTS);
        await show(Math.max(1, Math.round(weights.length ** share)));
        if (share < 1) setTimeout(() => next().catch(onError), LASTS / FRAMES);
      };
      next().catch(onError);
    },
  };
}

/**
 * Bars of weights by size, the first `count` of them in the ink of the page.
 * @param {HTMLCanvasElement} canvas  @param {number[]} weights  @param {number} count
 */
function drawWeights(canvas, weights, count) {
  Object.assign(canvas, CHART);
  const context = contextOf(canvas);
  const style = getComputedStyle(canvas);
  const [low, high] = [Math.min(0, ...weights), Math.max(0, ...weights)];
  const unit = CHART.height / (high - low || 1);
  const bar = CHART.width / weights.length;
  weights.forEach((weight, i) => {
    context.fillStyle = style.getPropertyValue(i < count ? "--accent" : "--line");
    context.fillRect(
      i * bar,
      (high - Math.max(0, weight)) * unit,
      Math.max(1, bar - 0.5),
      Math.max(1, Math.abs(weight) * unit),
    );
  });
}
