/** Finds any class by a part of its name or by its number. */

import { find } from "./find_classes.js";
import { t } from "./i18n.js";

export function createClassSearch(container, onChoose) {
  const query = container.querySelector("input");
  const list = container.querySelector("ul");
  let labels = [];

  query.addEventListener("input", () => {
    const wanted = query.value.trim().toLowerCase();
    list.replaceChildren(...(wanted ? entries(find(labels, wanted)) : []));
  });

  function entries(found) {
    if (!found.length) return [Object.assign(document.createElement("li"), { textContent: t("noClassMatch") })];
    return found.map((index) => {
      const text = t("classMatch", { index, label: labels[index] });
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      button.addEventListener("click", () => {
        // The button goes; the focus stays here.
        query.focus();
        query.value = "";
        list.replaceChildren();
        onChoose(index);
      });
      const entry = document.createElement("li");
      entry.append(button);
      return entry;
    });
  }

  return {
    setLabels(value) {
      labels = value;
    },
    show() {
      container.hidden = false;
    },
    hide() {
      container.hidden = true;
    },
  };
}
