/** The most probable classes as bars; one is chosen. */

import { make } from "./dom.js";
import { percent, t } from "./i18n.js";

/** @import { Prediction } from "../scorecam.js" */

/** @param {HTMLElement} list  @param {HTMLElement} hint  @param {(index: number) => void} onChoose */
export function createPredictions(list, hint, onChoose) {
  let enabled = false;

  /** @param {boolean} value */
  function setEnabled(value) {
    enabled = value;
    for (const button of list.querySelectorAll("button")) button.setAttribute("aria-disabled", String(!value));
  }

  /** @param {Prediction} prediction  @param {number | null} chosen */
  function item({ index, label, probability }, chosen) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "prediction";
    button.dataset.class = String(index);
    button.setAttribute("aria-pressed", String(index === chosen));
    button.setAttribute("aria-disabled", String(!enabled));
    button.setAttribute("aria-label", t("explainClass", { label, percent: percent(probability) }));
    button.style.setProperty("--probability", String(probability));
    button.append(
      make("span", { className: "prediction-label" }, label),
      " ",
      make("span", { className: "prediction-value" }, percent(probability)),
    );
    button.addEventListener("click", () => enabled && onChoose(index));
    return make("li", {}, button);
  }

  return {
    enable: () => setEnabled(true),
    disable: () => setEnabled(false),
    /** @param {Prediction[]} predictions  @param {number | null} chosen */
    show(predictions, chosen) {
      const { activeElement: active } = document;
      const focused = active instanceof HTMLElement && list.contains(active) ? active.dataset.class : null;
      hint.hidden = true;
      list.replaceChildren(...predictions.map((prediction) => item(prediction, chosen)));
      const again = focused && list.querySelector(`[data-class="${focused}"]`);
      if (again instanceof HTMLElement) again.focus();
    },
  };
}
