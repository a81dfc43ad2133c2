/** Large type for a projector, remembered by the browser. */

import { recall, remember } from "./storage.js";

const STORED = "scorecam-large-type";

/** @param {HTMLElement} button */
export function createLargeType(button) {
  /** @param {boolean} large */
  function apply(large) {
    document.documentElement.classList.toggle("large", large);
    button.setAttribute("aria-pressed", String(large));
  }
  button.addEventListener("click", () => {
    const large = button.getAttribute("aria-pressed") !== "true";
    apply(large);
    remember(STORED, String(large));
  });
  apply(recall(STORED) === "true");
}
