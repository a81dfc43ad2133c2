/** The most probable classes as bars; one is chosen. */

import { percent, t } from "./i18n.js";

export function createPredictions(list, hint, onChoose) {
  let enabled = false;

  function setEnabled(value) {
    enabled = value;
    for (const button of list.querySelectorAll("button")) button.setAttribute("aria-disabled", String(!value));
  }

  function item({ index, label, probability }, chosen) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "prediction";
    button.dataset.class = index;
    button.setAttribute("aria-pressed", String(index === chosen));
    button.setAttribute("aria-disabled", String(!enabled));
    button.setAttribute("aria-label", t("explainClass", { label, percent: percent(probability) }));
    button.style.setProperty("--probability", probability);
    button.append(span("prediction-label", label), " ", span("prediction-value", percent(probability)));
    button.addEventListener("click", () => enabled && onChoose(index));
    const entry = document.createElement("li");
    entry.append(button);
    return entry;
  }

  return {
    enable: () => setEnabled(true),
    disable: () => setEnabled(false),
    show(predictions, chosen) {
      const focused = list.contains(document.activeElement) ? document.activeElement.dataset.class : null;
      hint.hidden = true;
      list.replaceChildren(...predictions.map((prediction) => item(prediction, chosen)));
      if (focused) list.querySelector(`[data-class="${focused}"]`)?.focus();
    },
  };
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}
