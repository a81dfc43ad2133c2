/** What was measured of several maps, as tables: numbers by map, and how alike the maps are. */

import { make } from "../dom.js";
import { number, t, word } from "../i18n.js";

/** @import { MeasuredMap, Measurement } from "../../scorecam.js" */

/**
 * What a map is called: a method, or one that knows nothing.
 * @param {string} name
 */
export function mapName(name) {
  const [, chance] = name.match(/^random-(\d)$/) ?? [];
  if (chance) return t("mapRandom", { number: chance });
  return name === "centred" ? t("mapCentred") : word(`method-${name}`, name);
}

/** @param {{ value: number | null } | undefined} found */
const written = (found) => (!found || found.value === null ? "–" : number(found.value, 3));

/**
 * A number of a map, the better the larger; NaN where there is none, or more of it is neither better nor worse.
 * @param {MeasuredMap} map  @param {string} name
 */
export function worthOf({ numbers }, name) {
  const found = numbers.find((each) => each.name === name);
  if (!found || found.value === null || found.better === "neither") return NaN;
  return found.better === "lower" ? -found.value : found.value;
}

/**
 * The best of a measure among the maps that know something.
 * @param {MeasuredMap[]} rows  @param {string} name
 */
function bestOf(rows, name) {
  const found = rows
    .filter(({ isBaseline, isEmpty }) => !isBaseline && !isEmpty)
    .map((row) => worthOf(row, name))
    .filter((worth) => !Number.isNaN(worth));
  // Where all are the same, none is the best.
  return found.every((value) => value === found[0]) ? NaN : Math.max(...found);
}

/**
 * A row for each map, a column for each number; the best that is not chance is marked.
 * @param {Measurement} measured
 */
export function numbersTable({ rows }) {
  const names = rows[0]?.numbers.map(({ name }) => name) ?? [];
  const head = make(
    "tr",
    {},
    make("th", { scope: "col" }, t("columnMap")),
    ...names.map((name) => make("th", { scope: "col" }, word(`number-${name}`, name))),
  );
  const lines = rows.map((row) => {
    const cells = names.map((name) => {
      const found = row.numbers.find((each) => each.name === name);
      const isBest = !row.isBaseline && worthOf(row, name) === bestOf(rows, name);
      return make("td", {}, isBest ? make("strong", {}, written(found)) : written(found));
    });
    return make(
      "tr",
      { className: row.isBaseline ? "baseline" : "" },
      make("th", { scope: "row" }, mapName(row.name)),
      ...cells,
    );
  });
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...lines));
}

/**
 * Spearman's correlation of each map with each; the deeper the colour, the more alike.
 * @param {Measurement} measured
 */
export function agreementTable({ rows, agreement }) {
  const names = rows.map(({ name }) => mapName(name));
  const head = make("tr", {}, make("td"), ...names.map((name) => make("th", { scope: "col" }, name)));
  const lines = agreement.map((row, i) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, names[i]),
      ...row.map((value) => {
        const cell = make("td", {}, value === null ? "–" : number(Math.round(100 * value) / 100, 2));
        cell.style.setProperty("--alike", String(Math.max(0, value ?? 0)));
        return cell;
      }),
    ),
  );
  return make("table", { className: "agreement" }, make("thead", {}, head), make("tbody", {}, ...lines));
}
