/** Sentences for the visitor: what went wrong and what to do, or what one should know. */

import { t, translateError } from "./i18n.js";

export function createNotices(container) {
  function add(kind, message, hint, key = "") {
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.dataset.kind = kind;
    notice.dataset.key = key;
    const text = document.createElement("p");
    const strong = document.createElement("strong");
    strong.textContent = message;
    text.append(strong, hint ? ` ${hint}` : "");
    const dismiss = Object.assign(document.createElement("button"), { type: "button", textContent: "×", title: t("dismiss") });
    dismiss.setAttribute("aria-label", t("dismiss"));
    dismiss.addEventListener("click", () => notice.remove());
    notice.append(text, dismiss);
    container.append(notice);
  }

  return {
    /** An error: a ScoreCamError or anything that was thrown. */
    error(error) {
      container.replaceChildren();
      add("error", error?.message ? translateError(error.message) : `${t("errorTitle")} ${error}`, translateError(error?.hint ?? ""));
    },
    /** Something to know, by the key of its sentence. */
    note(key, values) {
      add("note", t(key, values), "", key);
    },
    /** Takes away the notice of this key, or all. */
    clear(key) {
      for (const notice of [...container.children]) if (!key || notice.dataset.key === key) notice.remove();
    },
  };
}
