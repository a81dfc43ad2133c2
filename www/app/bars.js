/** Classes as bars, as long as they are probable. */

import { make } from "./dom.js";
import { percent } from "./i18n.js";

/** @import { Prediction } from "../scorecam.js" */

/**
 * A bar for each class.
 * @param {Prediction[]} predictions  @param {(index: number) => string} labelOf
 */
export const bars = (predictions, labelOf) =>
  predictions.map(({ index, probability }) => {
    const texts = [labelOf(index), percent(probability)].map((text) => make("span", {}, text));
    const bar = make("li", { className: "bar" }, ...texts);
    bar.style.setProperty("--probability", String(probability));
    return bar;
  });
