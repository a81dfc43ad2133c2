/** What one should know before trusting a map, in words. */

import { make } from "../dom.js";
import { number, percent, t } from "./i18n.js";

/** Sentences for a result, the gravest first. */
export function doubtsAbout({ result, label, model, singleThreadReason }) {
  const { diagnostics, probability } = result;
  const doubts = [];
  const add = (holds, key, values) => holds && doubts.push(t(key, values));
  add(diagnostics.noPositiveEvidence, "doubt-empty", { label });
  add(diagnostics.partial, "doubt-partial", counts(result));
  add(diagnostics.improbable, "doubt-improbable", { label, percent: percent(probability) });
  add(
    diagnostics.lowConfidence && !diagnostics.improbable,
    model.output === "sigmoid" ? "doubt-confidence-sigmoid" : "doubt-confidence",
    { label, percent: percent(probability) },
  );
  add(diagnostics.nearUniformWeights, "doubt-even", { percent: percent(diagnostics.evenness, 0) });
  const { skippedChannels: skipped, channels } = diagnostics;
  add(skipped > channels / 4, "doubt-skipped", {
    skipped: number(skipped),
    kept: number(channels - skipped),
    channels: number(channels),
  });
  const { height, width } = result.layer;
  add(true, "doubt-coarse", { height, width });
  if (singleThreadReason) doubts.push(t("engineOne", { reason: t(`reason-${singleThreadReason}`) }));
  return doubts;
}

/** Masked pictures done and to do. */
export function counts({ diagnostics: { scoredChannels, channels, skippedChannels } }) {
  return { done: number(scoredChannels), total: number(channels - skippedChannels) };
}

export function createDoubts(container) {
  return {
    hide() {
      container.hidden = true;
    },
    show(view) {
      container.querySelector("ul").replaceChildren(...doubtsAbout(view).map((doubt) => make("li", {}, doubt)));
      container.hidden = false;
    },
  };
}
