/** Finds any class by a part of its name or by its number: to ask about it, about a group with it, or about the chosen one against it. */

import { find as elementIn, make } from "./dom.js";
import { find } from "./find_classes.js";
import { t } from "./i18n.js";

/** @typedef {"alone" | "together" | "against"} How */

/** @param {HTMLElement} container  @param {(classes: number[], how: How) => void} onChoose */
export function createClassSearch(container, onChoose) {
  const query = elementIn(container, "input", HTMLInputElement);
  const how = elementIn(container, "select", HTMLSelectElement);
  const list = elementIn(container, "ul");
  /** @type {string[]} */
  let labels = [];
  /** The same in English, as the network's file has them. @type {string[]} */
  let english = [];

  for (const field of [query, how]) field.addEventListener("input", offer);

  function offer() {
    const wanted = query.value.trim().toLowerCase();
    list.replaceChildren(...(wanted ? entries(find(labels, wanted, english)) : []));
  }

  /** @param {number[]} found */
  function entries(found) {
    if (!found.length) return [make("li", {}, t("noClassMatch"))];
    const each = found.map((index) => entry(t("classMatch", { index, label: labels[index] }), [index]));
    const all =
      found.length > 1 && how.value !== "against" ? [entry(t("classAll", { count: found.length }), found)] : [];
    return [...each, ...all];
  }

  /** @param {string} text  @param {number[]} classes */
  function entry(text, classes) {
    const button = make("button", { type: "button" }, text);
    button.addEventListener("click", () => {
      const asked = /** @type {How} */ (how.value);
      // The button goes; the focus stays here.
      query.focus();
      query.value = "";
      how.value = "alone";
      list.replaceChildren();
      onChoose(classes, asked);
    });
    return make("li", {}, button);
  }

  return {
    /** @param {string[]} shown  @param {string[]} inEnglish */
    setLabels(shown, inEnglish) {
      [labels, english] = [shown, inEnglish];
      list.replaceChildren();
    },
    show() {
      container.hidden = false;
    },
    hide() {
      container.hidden = true;
    },
  };
}
