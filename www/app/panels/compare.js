/** Two maps of the same picture: one over the other, side by side, or their difference; and how alike they are. */

import { paintOverlay, paintSigned } from "../canvas.js";
import { find, findAll } from "../dom.js";
import { nameOf } from "../figure.js";
import { described } from "../targets.js";
import { counts } from "./doubts.js";
import { optionsOf } from "./facts.js";
import { number, percent, shown, t, word } from "../i18n.js";

/** @import { Comparison as Found, Result } from "../../scorecam.js" */
/** @import { Actions, Panel, View } from "../types.js" */

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createCompare(panel, { onError }) {
  /** @param {string} id */
  const byId = (id) => find(panel, `#${id}`);
  const comparison = byId("comparison");
  const sides = find(comparison, ".sides");
  const [first, second, difference] = findAll(sides, "canvas", HTMLCanvasElement);
  const captions = findAll(comparison, ".captions p");
  const divider = find(panel, "#compare-divider", HTMLInputElement);
  const [softmax, classes, keep] = [byId("compare-softmax"), byId("compare-classes"), byId("compare-keep")];
  const views = findAll(comparison, "[name=compare-view]", HTMLInputElement);
  /**
   * The result on the page, the one kept beside it, and the two that are compared.
   * @type {View | null}
   */
  let view = null;
  /** @type {View | null} */
  let kept = null;
  /** @type {View[] | null} */
  let pair = null;
  /** @type {Found | null} */
  let comparedWith = null;

  softmax.addEventListener("click", () => ready(beforeAndAfterSoftmax, "slider"));
  classes.addEventListener("click", () => ready(chosenAndRival, "difference"));
  keep.addEventListener("click", () => {
    kept = view;
    sayWhatIsKept();
    set(null);
  });
  divider.addEventListener("input", divide);
  for (const radio of views) radio.addEventListener("change", arrange);

  function sayWhatIsKept() {
    byId("compare-kept").hidden = !kept;
    if (kept) byId("compare-kept").textContent = t("compareKept", { map: describe(kept) });
  }

  /**
   * A comparison that is made in one click, in the view that shows its point.
   * @param {(view: View) => Promise<View[]>} make  @param {string} shownAs
   */
  async function ready(make, shownAs) {
    if (!view) return;
    try {
      for (const radio of views) radio.checked = radio.value === shownAs;
      await set(await make(view));
    } catch (error) {
      onError(error);
    }
  }

  /**
   * Scores after the softmax and before it, by the same masks.
   * @param {View} view
   */
  async function beforeAndAfterSoftmax(view) {
    const { recipe, options, method } = view.result;
    /** @param {"probability" | "logit"} score */
    const by = async (score) => {
      const asked = recipe
        ? { ...options, recipe: { ...(typeof recipe === "object" ? recipe : { name: recipe }), score } }
        : { ...options, method, score };
      return withResult(view, await view.result.forMethod(asked));
    };
    return [await by("probability"), await by("logit")];
  }

  /**
   * The class that is explained, and of the others the one that the network finds most probable.
   * @param {Result} result
   */
  function rivals({ class: index, predictions }) {
    const other = predictions.find((prediction) => prediction.index !== index);
    return index === null || !other ? [] : [index, other.index];
  }

  /** @param {View} view */
  async function chosenAndRival(view) {
    /** @param {number} index */
    const of = async (index) => withResult(view, await view.result.forClass(index));
    return Promise.all(rivals(view.result).map(of));
  }

  /** @param {View} view  @param {Result} result  @returns {View} */
  const withResult = (view, result) => ({
    ...view,
    result,
    label: described(result.target, view.labelOf),
  });

  /** @param {View[] | null} chosen */
  async function set(chosen) {
    pair = chosen;
    comparison.hidden = !chosen;
    if (!chosen) return;
    try {
      const found = await chosen[0].result.compare(chosen[1].result);
      if (pair === chosen) draw(chosen, found);
    } catch (error) {
      comparison.hidden = true;
      onError(error);
    }
  }

  /** @param {View[]} pair  @param {Found} found */
  function draw(pair, found) {
    comparedWith = found;
    const [{ colours: table, opacity, diverging }] = pair;
    [first, second].forEach((canvas, i) => {
      paintOverlay(canvas, pair[i].result, table(), opacity());
      captions[i].textContent = `${"AB"[i]}: ${describe(pair[i])}`;
      canvas.setAttribute("aria-label", captions[i].textContent ?? "");
    });
    paintSigned(difference, found.difference, found, found.largestDifference, diverging());
    difference.setAttribute("aria-label", t("compareDifferenceLabel"));
    sides.style.setProperty("--aspect", String(first.width / first.height));
    const alike =
      found.correlation === null ? t("compareNoRank") : t("compareRank", { correlation: number(found.correlation, 3) });
    const mean = t("compareMean", { difference: number(found.meanDifference, 3) });
    const colours = t("compareColours", { strongest: number(found.largestDifference, 2) });
    byId("compare-result").textContent = [alike, mean, colours].join(" ");
    arrange();
  }

  /**
   * What the map is of.
   * @param {View} view
   */
  function describe(view) {
    const { result, label, model } = view;
    const { recipe, layer, probability, diagnostics, method } = result;
    const score = typeof recipe === "object" && recipe?.score ? t(`score-${recipe.score}`) : "";
    const by = recipe ? [nameOf(recipe), score] : [word(`method-${method}`, method), optionsOf(view)];
    const how = [...by, layer ? shown(layer.name) : ""];
    const partial = diagnostics.partial ? t("partial", counts(result)) : "";
    const parts = [`${label} (${percent(probability)})`, ...how, shown(model.title), partial];
    return parts.filter(Boolean).join(t("listSeparator"));
  }

  function arrange() {
    sides.dataset.view = views.find(({ checked }) => checked)?.value;
    byId("compare-divider-field").hidden = sides.dataset.view !== "slider";
    divide();
  }

  function divide() {
    sides.style.setProperty("--divider", `${divider.value}%`);
  }

  /** In another language or other colours the same pair is drawn anew. */
  const again = () => set(pair);

  return {
    comparison() {
      if (!pair || !comparedWith || comparison.hidden) return null;
      return { pair, found: comparedWith, describe, sentence: byId("compare-result").textContent ?? "" };
    },
    forget() {
      kept = null;
      sayWhatIsKept();
      set(null);
    },
    hide() {
      panel.hidden = true;
    },
    repaint: again,
    async show(shown) {
      const isSame = shown.result === view?.result;
      view = shown;
      panel.hidden = false;
      const [first, second] = rivals(shown.result);
      classes.hidden = second === undefined;
      softmax.hidden = !shown.method.options.some(({ name }) => name === "score");
      if (second !== undefined)
        classes.textContent = t("compareClasses", { first: shown.labelOf(first), second: shown.labelOf(second) });
      sayWhatIsKept();
      if (isSame && pair) await again();
      else if (kept && kept.result !== shown.result) await set([kept, shown]);
      else await set(null);
    },
  };
}
