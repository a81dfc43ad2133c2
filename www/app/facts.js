/** How the answer came about: network, layer, passes, time, threads. */

import { duration, megabytes, number, t } from "./i18n.js";

export function createFacts(list) {
  return {
    hide() {
      list.hidden = true;
    },
    show(model, { layer, recipe, diagnostics, timings, memoryBytes }) {
      const { scoredChannels: scored, channels, skippedChannels: skipped } = diagnostics;
      const rows = [
        ["factNetwork", model.title],
        ["factLayer", t("factLayerValue", { ...layer, channels: number(layer.channels) })],
        ["factRecipe", recipe.name ?? recipe],
        ["factChannels", t("factChannelsValue", { scored: number(scored), channels: number(channels), skipped: number(skipped) })],
        ["factTime", duration(timings.prepareMs + timings.scoreMs)],
        ["factMemory", megabytes(memoryBytes)],
      ];
      list.replaceChildren(...rows.flatMap(([key, value]) => [text("dt", t(key)), text("dd", value)]));
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

function text(tag, content) {
  return Object.assign(document.createElement(tag), { textContent: content });
}
