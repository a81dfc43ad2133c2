/** Where the evidence lies, in words: the picture in three by three parts. */

import { percent, t } from "../i18n.js";

const PLACES = [
  "upperLeft",
  "upperMiddle",
  "upperRight",
  "middleLeft",
  "centre",
  "middleRight",
  "lowerLeft",
  "lowerMiddle",
  "lowerRight",
];
/** Parts that are named, together at least this share of the evidence, but never more than three. */
const TOLD = 0.6;
const NAMED = 3;
/** If no part has this much, none stands out: evenly spread, each would have a ninth. */
const STANDS_OUT = 1.5 / 9;

/** @import { Panel, View } from "../types.js" */

/**
 * A sentence for a result.
 * @param {View} view
 */
export function placesOf({ result: { ninths, diagnostics }, label }) {
  if (diagnostics.noPositiveEvidence) return t("placesNone", { label });
  const ordered = ninths.map((share, i) => ({ share, place: PLACES[i] })).sort((a, b) => b.share - a.share);
  if (ordered[0].share < STANDS_OUT) return t("placesSpread", { label, percent: percent(ordered[0].share, 0) });
  const named = [];
  for (let sum = 0; sum < TOLD && named.length < NAMED;) {
    /** @type {{ share: number, place: string }} */
    const next = ordered[named.length];
    named.push(t("placeShare", { place: t(`place-${next.place}`), percent: percent(next.share, 0) }));
    sum += next.share;
  }
  return t("places", { label, named: named.join(t("listSeparator")) });
}

/** @param {HTMLElement} output  @returns {Panel} */
export function createPlaces(output) {
  return {
    hide() {
      output.hidden = true;
    },
    show(view) {
      output.textContent = placesOf(view);
      output.hidden = false;
    },
  };
}
