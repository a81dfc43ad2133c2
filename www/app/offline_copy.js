/** Says whether the page is kept for use without a connection, and removes the copies. */

import { make } from "./dom.js";
import { t } from "./i18n.js";

/** @param {HTMLElement} element  @param {import("./offline.js").Offline} offline */
export function createOfflineCopy(element, offline) {
  function translate() {
    if (!offline.isKept) return element.replaceChildren();
    const button = make("button", { type: "button", className: "link" }, t("offlineRemove"));
    button.addEventListener("click", () => offline.remove());
    element.replaceChildren(`${t("offlineKept")} `, button);
  }
  return { translate };
}
