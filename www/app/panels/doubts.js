/** What one should know before trusting a map, in words. */

import { find, make } from "../dom.js";
import { number, percent, t } from "../i18n.js";

/** @import { Result } from "../../scorecam.js" */
/** @import { Panel, View } from "../types.js" */

/** Of the layer's maps: beyond this share that is left out it is worth a sentence. */
const MANY_SKIPPED = 1 / 4;

/**
 * Sentences for a result, the gravest first.
 * @param {View} view
 */
export function doubtsAbout({ result, label, model, singleThreadReason }) {
  const { diagnostics, probability } = result;
  /** @type {string[]} */
  const doubts = [];
  /** @param {boolean} holds  @param {string} key  @param {Record<string, unknown>} [values] */
  const add = (holds, key, values) => holds && doubts.push(t(key, values));
  const { noPositiveEvidence, low, high } = diagnostics;
  add(noPositiveEvidence, "doubt-empty", { label });
  add(noPositiveEvidence && low < 0, "doubt-against", { label, low: number(low, 3), high: number(high, 3) });
  add(diagnostics.partial, "doubt-partial", counts(result));
  add(diagnostics.improbable, "doubt-improbable", { label, percent: percent(probability) });
  const unsure = model.output === "sigmoid" ? "doubt-confidence-sigmoid" : "doubt-confidence";
  const isUnsure = diagnostics.lowConfidence && !diagnostics.improbable;
  add(isUnsure, unsure, { label, percent: percent(probability) });
  add(diagnostics.nearUniformWeights, "doubt-even", { percent: percent(diagnostics.evenness, 0) });
  add(diagnostics.tokensAsMaps, "doubt-tokens");
  const { skippedChannels: skipped, channels } = diagnostics;
  add(skipped > channels * MANY_SKIPPED, "doubt-skipped", {
    skipped: number(skipped),
    kept: number(channels - skipped),
    channels: number(channels),
  });
  const { layer, part } = result;
  add(true, `doubt-coarse-${part}`, { height: layer?.height, width: layer?.width });
  if (singleThreadReason) doubts.push(t("engineOne", { reason: t(`reason-${singleThreadReason}`) }));
  return doubts;
}

/**
 * Masked pictures done and to do.
 * @param {Result} result
 */
export function counts({ passes: { done, total } }) {
  return { done: number(done), total: number(total) };
}

/** @param {HTMLElement} container  @returns {Panel} */
export function createDoubts(container) {
  return {
    hide() {
      container.hidden = true;
    },
    show(view) {
      find(container, "ul").replaceChildren(...doubtsAbout(view).map((doubt) => make("li", {}, doubt)));
      container.hidden = false;
    },
  };
}
