/** What made a pixel of the map: by pointer, finger or the arrow keys. */

import { find } from "../dom.js";
import { number, percent, t } from "../i18n.js";

/** Channels that are named; the others are summed up. */
const NAMED = 3;
/** Share of the map's side that an arrow key moves. */
const KEY_STEP = 1 / 32;
/**
 * Steps to the right and down.
 * @type {Record<string, [number, number]>}
 */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @import { Result, Share } from "../../scorecam.js" */
/** @import { Actions, Panel } from "../types.js" */

/** @param {HTMLElement} section  @param {Actions} actions  @returns {Panel} */
export function createProvenance(section, { onError }) {
  const [layers, heat, marker, output] = [".layers", "#heat", "#marker", "#provenance"].map((part) =>
    find(section, part),
  );
  /** @type {Result | null} */
  let result = null;
  let point = { x: 0.5, y: 0.5 };
  /** @type {{ x: number, y: number } | null} */
  let asked = null;
  let busy = false;

  /** @param {PointerEvent} event */
  const follow = (event) => {
    const box = heat.getBoundingClientRect();
    const at = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
    if (result && at.x >= 0 && at.x < 1 && at.y >= 0 && at.y < 1) move(at);
  };
  layers.addEventListener("pointermove", (event) => event.pointerType === "mouse" && follow(event));
  layers.addEventListener("pointerdown", follow);
  layers.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!result || !step) return;
    event.preventDefault();
    /** @param {number} value */
    const within = (value) => Math.min(0.999, Math.max(0, value));
    move({ x: within(point.x + step[0] * KEY_STEP), y: within(point.y + step[1] * KEY_STEP) });
  });

  /** @param {{ x: number, y: number }} at */
  function move(at) {
    point = at;
    marker.style.left = `calc(${heat.style.left} + ${at.x} * ${heat.style.width})`;
    marker.style.top = `calc(${heat.style.top} + ${at.y} * ${heat.style.height})`;
    marker.hidden = false;
    asked = at;
    if (!busy) answer();
  }

  /** Asks for the latest point only; those passed on the way are not worth an answer. */
  async function answer() {
    busy = true;
    while (asked && result) {
      const [at, of] = [asked, result];
      asked = null;
      const row = Math.floor(at.y * of.height);
      const column = Math.floor(at.x * of.width);
      try {
        const shares = await of.provenance(row, column);
        if (of === result) output.textContent = sentence(of, of.heatmap[row * of.width + column], shares);
      } catch (error) {
        onError(error);
        break;
      }
    }
    busy = false;
  }

  /** @param {Result} of  @param {number} value  @param {Share[]} shares */
  function sentence({ part }, value, shares) {
    if (!shares.length) return t(`provenanceNone-${part}`, { value: number(value, 2) });
    const named = shares
      .slice(0, NAMED)
      .map(({ channel, share }) => t(`provenanceShare-${part}`, { channel, percent: percent(share) }));
    const rest = shares.slice(NAMED).reduce((sum, { share }) => sum + share, 0);
    const values = {
      value: number(value, 2),
      named: named.join(t("listSeparator")),
      count: number(Math.max(0, shares.length - NAMED)),
      rest: percent(rest),
    };
    return t("provenance", values);
  }

  return {
    show(view) {
      ({ result } = view);
      layers.tabIndex = 0;
      layers.setAttribute("role", "application");
      layers.setAttribute("aria-label", t("provenanceLabel"));
      output.textContent = t(`provenanceHint-${view.result.part}`);
      output.hidden = false;
      if (!marker.hidden) move(point);
    },
    hide() {
      result = null;
      marker.hidden = output.hidden = true;
    },
  };
}
