/** How the answer came about: network, layer, method, passes, time, threads. */

import { make } from "../dom.js";
import { nameOf } from "../figure.js";
import { duration, megabytes, number, shown, t, word } from "../i18n.js";

/** @import { ScoreCam } from "../../scorecam.js" */
/** @import { Panel, View } from "../types.js" */

/**
 * The options of a method as they were chosen, in words.
 * @param {View} view
 */
export function optionsOf({ method, result }) {
  const given = /** @type {Record<string, unknown>} */ (result.options);
  const said = method.options.map((option) => {
    const value = given[option.name] ?? option.default;
    const chosen = option.type === "name" ? word(`option-${option.name}-${value}`, String(value)) : String(value);
    return t("optionValue", { option: word(`option-${option.name}`, option.name), value: chosen });
  });
  return said.join(t("listSeparator"));
}

/**
 * Names and values.
 * @param {View} view
 * @returns {[string, string][]}
 */
export function factRows(view) {
  const { model, method, result } = view;
  const { layer, recipe, diagnostics, timings, memoryBytes, part } = result;
  const { scoredChannels: scored, channels, skippedChannels: skipped } = diagnostics;
  /** @type {[string, string][]} */
  const of = layer ? [[t("factLayer"), t("factLayerValue", { ...layer, channels: number(layer.channels) })]] : [];
  /** @type {[string, string]} */
  const by = recipe ? [t("factRecipe"), nameOf(recipe)] : [t("factOptions"), optionsOf(view)];
  const counted = { scored: number(scored), channels: number(channels), skipped: number(skipped) };
  return [
    [t("factNetwork"), shown(model.title)],
    [t("factMethod"), word(`method-${method.name}`, method.name)],
    ...of,
    by,
    [t("factChannels"), t(`factChannelsValue-${part}`, counted)],
    [t("factTime"), duration(timings.prepareMs + timings.scoreMs)],
    [t("factMemory"), megabytes(memoryBytes)],
  ];
}

/** @param {HTMLElement} list  @returns {Panel} */
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

/** Bytes that WebAssembly can address: what the memory may grow to in most browsers. */
const WHOLE = 4 * 2 ** 30;

/**
 * Says on how many threads the page computes and, if on one, why; which build it runs, and why not the best.
 * @param {HTMLElement} element  @param {ScoreCam} cam
 */
export function describeEngine(element, { threads, singleThreadReason, build, features, memoryLimit }) {
  const on =
    threads > 1
      ? t("engineThreads", { threads: number(threads) })
      : t("engineOne", { reason: t(`reason-${singleThreadReason}`) });
  const limited = memoryLimit < WHOLE ? ` ${t("engineMemory", { memory: megabytes(memoryLimit) })}` : "";
  element.textContent = `${on} ${t(`build-${build === "simd" && features.relaxedSimd ? "only" : build}`)}${limited}`;
}
