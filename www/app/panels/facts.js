/** How the answer came about: network, layer, passes, time, threads. */

import { make } from "../dom.js";
import { duration, megabytes, number, shown, t } from "./i18n.js";

/** Names and values. */
export function factRows({ model, result: { layer, recipe, diagnostics, timings, memoryBytes } }) {
  const { scoredChannels: scored, channels, skippedChannels: skipped } = diagnostics;
  return [
    [t("factNetwork"), shown(model.title)],
    [t("factLayer"), t("factLayerValue", { ...layer, channels: number(layer.channels) })],
    [t("factRecipe"), recipe.name ?? recipe],
    [
      t("factChannels"),
      t("factChannelsValue", { scored: number(scored), channels: number(channels), skipped: number(skipped) }),
    ],
    [t("factTime"), duration(timings.prepareMs + timings.scoreMs)],
    [t("factMemory"), megabytes(memoryBytes)],
  ];
}

export function createFacts(list) {
  return {
    hide() {
      list.hidden = true;
    },
    show(view) {
      list.replaceChildren(...factRows(view).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
      list.hidden = false;
    },
  };
}

/** Says on how many threads the page computes and, if on one, why. */
export function describeEngine(element, { threads, singleThreadReason }) {
  element.textContent =
    threads > 1
      ? t("engineThreads", { threads: number(threads) })
      : t("engineOne", { reason: t(`reason-${singleThreadReason}`) });
}
