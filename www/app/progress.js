/** What is going on: loading, classifying, done / total with the time left, and the way to stop it. */

import { duration, number, percent, t } from "./i18n.js";

/** Below this many passes the pace is a guess. */
const PASSES_FOR_A_PACE = 8;

export function createProgress({ container, live, onCancel, onEnough }) {
  const bar = container.querySelector("progress");
  const text = container.querySelector("p");
  const cancel = container.querySelector("#cancel");
  const enough = container.querySelector("#enough");
  let last = { done: 0, total: 0 };
  let settled = null;

  cancel.addEventListener("click", onCancel);
  enough.addEventListener("click", onEnough);

  /** `buttons` are those that make sense now. */
  function show(sentence, share, ...buttons) {
    container.hidden = false;
    container.classList.remove("settled");
    settled = null;
    bar.hidden = false;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    for (const button of [cancel, enough]) button.hidden = !buttons.includes(button);
    text.textContent = sentence;
  }

  /** `sentence` is asked again when the language changes. */
  function settle(sentence) {
    // The button that was pressed goes; the focus should not go with it.
    if (container.contains(document.activeElement)) container.closest("[tabindex]").focus();
    settled = sentence;
    container.hidden = false;
    container.classList.add("settled");
    bar.hidden = true;
    cancel.hidden = enough.hidden = true;
    text.textContent = live.textContent = sentence();
  }

  return {
    hide() {
      container.hidden = true;
    },
    model(model, part, share) {
      const loading = part === "download";
      show(loading ? t("loadingModel", { model, percent: percent(share, 0) }) : t("preparingModel", { model }), loading ? share : null);
    },
    classifying() {
      show(t("classifying"), null, cancel);
    },
    scoring({ done, total, etaMs }) {
      last = { done, total };
      const values = { done: number(done), total: number(total), left: duration(etaMs ?? 0) };
      show(t(done < PASSES_FOR_A_PACE ? "scoringSoon" : "scoring", values), total ? done / total : 1, cancel, ...(done > 0 ? [enough] : []));
    },
    finished({ diagnostics, timings }) {
      const { scoredChannels, partial } = diagnostics;
      const values = { done: number(scoredChannels), total: number(last.total), time: duration(timings.scoreMs) };
      settle(() => t(partial ? "stopped" : "finished", values));
    },
    cancelled() {
      const { done, total } = last;
      settle(() => t("cancelled", { done: number(done), total: number(total) }));
    },
    translate() {
      if (settled) text.textContent = settled();
    },
  };
}
