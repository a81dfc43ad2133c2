/** What is asked about, in words. */

import { t } from "./i18n.js";

/** @import { Target } from "../scorecam.js" */

/**
 * @param {Exclude<Target, null>} target
 * @param {(index: number) => string} labelOf
 */
export function described(target, labelOf) {
  /** @param {number[]} classes */
  const listed = (classes) => classes.map(labelOf).join(t("listSeparator"));
  if (typeof target === "number") return labelOf(target);
  if ("group" in target) return t("targetGroup", { labels: listed(target.group) });
  const [first, others] =
    "difference" in target ? [target.difference[0], [target.difference[1]]] : [target.finer, target.against ?? []];
  return t("targetContrast", { label: first === null ? "" : labelOf(first), labels: listed(others) });
}
