/** What is going on: loading, classifying, done / total with the time left, and the way to stop it. */

import { find } from "./dom.js";
import { duration, megabytes, number, percent, t } from "./i18n.js";

/** @import { Progress, Result } from "../scorecam.js" */

/**
 * @typedef {object} Options
 * @property {HTMLElement} container
 * @property {HTMLElement} live
 * @property {() => void} onCancel
 * @property {() => void} onEnough
 * @property {() => void} onContinue
 */

/**
 * Passes and the time left, for sentences.
 * @param {Pick<Progress, "done" | "total" | "etaMs">} event
 */
export const passesLeft = ({ done, total, etaMs }) => ({
  done: number(done),
  total: number(total),
  left: duration(etaMs ?? 0),
});

/** @param {Options} options */
export function createProgress({ container, live, onCancel, onEnough, onContinue }) {
  const bar = find(container, "progress", HTMLProgressElement);
  const text = find(container, "p");
  const cancel = find(container, "#cancel");
  const enough = find(container, "#enough");
  const proceed = find(container, "#continue");
  /** @type {(() => string) | null} */
  let settled = null;
  /** Whether a picture waits for its turn. */
  let isWaiting = false;

  cancel.addEventListener("click", onCancel);
  enough.addEventListener("click", onEnough);
  proceed.addEventListener("click", onContinue);

  /**
   * `buttons` are those that make sense now.
   * @param {string} sentence  @param {number | null} share  @param {HTMLElement[]} buttons
   */
  function show(sentence, share, ...buttons) {
    container.hidden = false;
    container.classList.remove("settled");
    settled = null;
    bar.hidden = false;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    for (const button of [cancel, enough, proceed]) button.hidden = !buttons.includes(button);
    text.textContent = sentence;
  }

  /**
   * `sentence` is asked again when the language changes. `buttons` are those that make sense then.
   * @param {() => string} sentence  @param {HTMLElement[]} buttons
   */
  function settle(sentence, ...buttons) {
    // The button that was pressed goes; the focus should not go with it.
    if (container.contains(document.activeElement))
      /** @type {HTMLElement | null} */ (container.closest("[tabindex]"))?.focus();
    settled = sentence;
    container.hidden = false;
    container.classList.add("settled");
    bar.hidden = true;
    for (const button of [cancel, enough, proceed]) button.hidden = !buttons.includes(button);
    text.textContent = live.textContent = sentence();
  }

  /** @param {string} sentence */
  const pending = (sentence) =>
    isWaiting && !sentence.startsWith(t("waiting")) ? `${t("waiting")} ${sentence}` : sentence;

  return {
    hide() {
      if (!isWaiting) container.hidden = true;
    },
    /**
     * The program of the page itself: megabytes so far, of all where that is known.
     * @param {number} done  @param {number | null} total
     */
    program(done, total) {
      show(pending(t("loadingProgram", { done: megabytes(done) })), total ? done / total : null);
    },
    /** @param {string} model  @param {"download" | "prepare"} part  @param {number} share */
    model(model, part, share) {
      const loading = part === "download";
      show(
        pending(loading ? t("loadingModel", { model, percent: percent(share, 0) }) : t("preparingModel", { model })),
        loading ? share : null,
      );
    },
    /** A picture was chosen; what is loaded before its turn says so. */
    waiting() {
      isWaiting = true;
      show(container.hidden || !text.textContent ? t("waiting") : pending(text.textContent), null, cancel);
    },
    classifying() {
      isWaiting = false;
      show(t("classifying"), null, cancel);
    },
    /** @param {Progress} event */
    scoring(event) {
      const { done, total, etaMs } = event;
      show(
        t(etaMs === null ? "scoringSoon" : "scoring", passesLeft(event)),
        total ? done / total : 1,
        cancel,
        ...(done > 0 ? [enough] : []),
      );
    },
    /** @param {Result} result */
    finished({ diagnostics: { partial }, timings, passes: { done, total }, spread }) {
      isWaiting = false;
      const values = () => ({
        done: number(done),
        total: number(total),
        time: duration(timings.prepareMs + timings.scoreMs),
        spread: percent(spread ?? 0, 1),
      });
      const stopped = spread === null ? "stopped" : "stoppedOpen";
      const sentence = () => (total ? t(partial ? stopped : "finished", values()) : t("finishedAtOnce", values()));
      settle(sentence, ...(partial ? [proceed] : []));
    },
    cancelled() {
      isWaiting = false;
      settle(() => t("cancelled"));
    },
    translate() {
      if (settled) text.textContent = settled();
    },
  };
}
