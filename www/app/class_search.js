/** Finds any class by a part of its name or by its number. */

import { find as elementIn, make } from "./dom.js";
import { find } from "./find_classes.js";
import { t } from "./i18n.js";

/** @param {HTMLElement} container  @param {(index: number) => void} onChoose */
export function createClassSearch(container, onChoose) {
  const query = elementIn(container, "input", HTMLInputElement);
  const list = elementIn(container, "ul");
  /** @type {string[]} */
  let labels = [];

  query.addEventListener("input", () => {
    const wanted = query.value.trim().toLowerCase();
    list.replaceChildren(...(wanted ? entries(find(labels, wanted)) : []));
  });

  /** @param {number[]} found */
  function entries(found) {
    if (!found.length) return [make("li", {}, t("noClassMatch"))];
    return found.map((index) => {
      const text = t("classMatch", { index, label: labels[index] });
      const button = make("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        // The button goes; the focus stays here.
        query.focus();
        query.value = "";
        list.replaceChildren();
        onChoose(index);
      });
      return make("li", {}, button);
    });
  }

  return {
    /** @param {string[]} value */
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
