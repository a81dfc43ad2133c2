/** Explain, compare, test: three ways to look at one picture; and a folder of many. What belongs to the others is out of sight, and does not work. */

import { find, findAll } from "./dom.js";

/** @import { Mode } from "./types.js" */

/** @type {Mode[]} */
const MODES = ["explain", "compare", "test", "folder"];

/**
 * @param {{ buttons: HTMLElement, main: HTMLElement, progress: HTMLElement }} elements
 * @param {(mode: Mode) => void} onMode  is told of another one
 */
export function createModes({ buttons, main, progress }, onMode) {
  const all = findAll(buttons, "button", HTMLButtonElement);
  /** @type {Mode} */
  let mode = "explain";

  /** @param {string} wished  one that there is not changes nothing */
  function choose(wished) {
    const chosen = MODES.find((known) => known === wished);
    if (!chosen || chosen === mode) return;
    mode = chosen;
    main.dataset.mode = mode;
    for (const button of all) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    // What is going on is told where one looks.
    find(main, `[data-in="${mode}"] .progress-place`).append(progress);
    onMode(mode);
  }
  for (const button of all) button.addEventListener("click", () => choose(button.dataset.mode ?? ""));

  return {
    choose,
    get current() {
      return mode;
    },
  };
}
