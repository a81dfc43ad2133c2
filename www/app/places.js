/** Where the evidence lies, in words: the picture in three by three parts. */

import { percent, t } from "./i18n.js";

const PLACES = [
  "upperLeft", "upperMiddle", "upperRight",
  "middleLeft", "centre", "middleRight",
  "lowerLeft", "lowerMiddle", "lowerRight",
];
/** Parts that are named, together at least this share of the evidence, but never more than three. */
const TOLD = 0.6;
const NAMED = 3;

/** A sentence for a result. */
export function placesOf({ result: { ninths, diagnostics }, label }) {
  if (diagnostics.noPositiveEvidence) return t("placesNone", { label });
  const ordered = ninths.map((share, i) => ({ share, place: PLACES[i] })).sort((a, b) => b.share - a.share);
  const named = [];
  for (let sum = 0; sum < TOLD && named.length < NAMED; ) {
    const next = ordered[named.length];
    named.push(t("placeShare", { place: t(`place-${next.place}`), percent: percent(next.share, 0) }));
    sum += next.share;
  }
  return t("places", { label, named: named.join(t("listSeparator")) });
}

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
