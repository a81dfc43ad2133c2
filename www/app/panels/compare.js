/** Two maps of the same picture: one over the other, side by side, or their difference; and how alike they are. */

import { paintOverlay, paintSigned } from "../canvas.js";
import { counts } from "./doubts.js";
import { number, percent, shown, t } from "./i18n.js";

export function createCompare(panel, { onError }) {
  const byId = (id) => panel.querySelector(`#${id}`);
  const comparison = byId("comparison");
  const sides = comparison.querySelector(".sides");
  const [first, second, difference] = sides.querySelectorAll("canvas");
  const captions = comparison.querySelectorAll(".captions p");
  const divider = byId("compare-divider");
  const [softmax, classes, keep] = [byId("compare-softmax"), byId("compare-classes"), byId("compare-keep")];
  const views = comparison.querySelectorAll("[name=compare-view]");
  /** The result on the page, the one kept beside it, and the two that are compared. */
  let view = null;
  let kept = null;
  let pair = null;
  let comparedWith = null;

  softmax.addEventListener("click", () => ready(beforeAndAfterSoftmax, "slider"));
  classes.addEventListener("click", () => ready(chosenAndRival, "difference"));
  keep.addEventListener("click", () => {
    kept = view;
    byId("compare-kept").textContent = t("compareKept", { map: describe(kept) });
    byId("compare-kept").hidden = false;
    set(null);
  });
  divider.addEventListener("input", divide);
  for (const radio of views) radio.addEventListener("change", arrange);

  /** A comparison that is made in one click, in the view that shows its point. */
  async function ready(make, shownAs) {
    try {
      for (const radio of views) radio.checked = radio.value === shownAs;
      await set(await make());
    } catch (error) {
      onError(error);
    }
  }

  async function beforeAndAfterSoftmax() {
    const recipe = view.result.recipe.name ? view.result.recipe : { name: view.result.recipe };
    const by = async (score) => withResult(view, await view.result.forRecipe({ ...recipe, score }));
    return [await by("probability"), await by("logit")];
  }

  /** The class that is explained, and of the others the one that the network finds most probable. */
  function rivals({ target, predictions }) {
    return [target, predictions.find(({ index }) => index !== target)?.index];
  }

  async function chosenAndRival() {
    const of = async (index) => withResult(view, await view.result.forClass(index));
    return Promise.all(rivals(view.result).map(of));
  }

  const withResult = (view, result) => ({ ...view, result, label: view.labelOf(result.target) });

  async function set(chosen) {
    pair = chosen;
    comparison.hidden = !pair;
    if (!pair) return;
    try {
      const found = await pair[0].result.compare(pair[1].result);
      if (pair !== chosen) return;
      draw(found);
    } catch (error) {
      comparison.hidden = true;
      onError(error);
    }
  }

  function draw(found) {
    comparedWith = found;
    [first, second].forEach((canvas, i) => {
      paintOverlay(canvas, pair[i].result, view.colours(), view.opacity());
      captions[i].textContent = `${"AB"[i]}: ${describe(pair[i])}`;
      canvas.setAttribute("aria-label", captions[i].textContent);
    });
    paintSigned(difference, found.difference, found, found.largestDifference);
    difference.setAttribute("aria-label", t("compareDifferenceLabel"));
    sides.style.setProperty("--aspect", first.width / first.height);
    const alike =
      found.correlation === null ? t("compareNoRank") : t("compareRank", { correlation: number(found.correlation, 3) });
    const mean = t("compareMean", { difference: number(found.meanDifference, 3) });
    const colours = t("compareColours", { strongest: number(found.largestDifference, 2) });
    byId("compare-result").textContent = [alike, mean, colours].join(" ");
    arrange();
  }

  /** What the map is of. */
  function describe({ result, label, model }) {
    const { recipe, layer, probability, diagnostics } = result;
    const score = recipe.score ? t(`score-${recipe.score}`) : "";
    const partial = diagnostics.partial ? t("partial", counts(result)) : "";
    return [
      `${label} (${percent(probability)})`,
      recipe.name ?? recipe,
      score,
      shown(layer.name),
      shown(model.title),
      partial,
    ]
      .filter(Boolean)
      .join(t("listSeparator"));
  }

  function arrange() {
    sides.dataset.view = [...views].find(({ checked }) => checked).value;
    byId("compare-divider-field").hidden = sides.dataset.view !== "slider";
    divide();
  }

  function divide() {
    sides.style.setProperty("--divider", `${divider.value}%`);
  }

  return {
    /** What is compared now, for the report: both maps with what they are of, and how alike they are. */
    current: () =>
      pair &&
      comparedWith &&
      !comparison.hidden && { pair, found: comparedWith, describe, sentence: byId("compare-result").textContent },
    /** Another picture: there is nothing to compare any more. */
    forget() {
      kept = null;
      byId("compare-kept").hidden = true;
      set(null);
    },
    hide() {
      panel.hidden = true;
    },
    /** Another result of the same picture, beside the one that was kept. */
    async show(shown) {
      const isSame = shown.result === view?.result;
      view = shown;
      panel.hidden = false;
      const [first, second] = rivals(shown.result);
      classes.hidden = second === undefined;
      if (second !== undefined)
        classes.textContent = t("compareClasses", { first: shown.labelOf(first), second: shown.labelOf(second) });
      if (kept) byId("compare-kept").textContent = t("compareKept", { map: describe(kept) });
      // In another language or other colours the same pair is drawn anew.
      if (isSame && pair) await set(pair);
      else if (kept && kept.result !== shown.result) await set([kept, shown]);
      else await set(null);
    },
  };
}
