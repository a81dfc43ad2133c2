/** Large type for a projector, remembered by the browser. */

import { recall, remember } from "./storage.js";

const STORED = "scorecam-large-type";

export function createLargeType(button) {
  function apply(large) {
    document.documentElement.classList.toggle("large", large);
    button.setAttribute("aria-pressed", large);
  }
  button.addEventListener("click", () => {
    const large = button.getAttribute("aria-pressed") !== "true";
    apply(large);
    remember(STORED, large);
  });
  apply(recall(STORED) === "true");
}
