/** The pictures of a folder and what is known of each, without DOM: what was found, what was expected, in which order they are shown. */

/** @import { PictureRecord } from "../../scorecam.js" */
/** @import { Given } from "./intake.js" */

/**
 * @typedef {object} Row
 * @property {string} id  its name, with its folders
 * @property {File} file
 * @property {"waiting" | "running" | "explained" | "failed"} state
 * @property {PictureRecord | null} record
 * @property {unknown} error  why it failed
 * @property {Kept | null} kept
 * @property {string | null} expected  what somebody says that it shows
 * @property {number | null} expectedClass  the class that this names
 *
 * @typedef {object} Kept  what is drawn and saved of a picture
 * @property {Blob} thumbnail  what the network saw of it, small
 * @property {Blob} map  the map's numbers: float32 [height, width]
 * @property {boolean} isZipped  whether they are gzipped: an old browser cannot
 * @property {number} height
 * @property {number} width
 * @property {Uint8Array} small  the map [SMALL, SMALL] in 0..255, to be looked at
 */

/** Cells a side of the map that a row shows. */
export const SMALL = 56;

/** How rows can be ordered besides by what was measured. */
export const ORDERS = /** @type {const} */ (["given", "mistakes", "unsure"]);

/**
 * Rows for pictures, each once.
 * @param {Row[]} before  @param {Given[]} given
 */
export function withPictures(before, given) {
  const known = new Set(before.map(({ id }) => id));
  /** @type {Row[]} */
  const rows = given
    .filter(({ id }) => !known.has(id) && known.add(id))
    .map(({ id, file }) => ({
      id,
      file,
      state: "waiting",
      record: null,
      error: null,
      kept: null,
      expected: null,
      expectedClass: null,
    }));
  return [...before, ...rows];
}

/** Whether the network was right; null where that is not known. @param {Row} row */
export const isCorrect = ({ record, expectedClass }) =>
  record && expectedClass !== null ? record.class === expectedClass : null;

/**
 * What a picture's folder says that it shows: the name of the innermost one.
 * @param {string} id
 */
export const folderOf = (id) => id.split("/").at(-2) ?? null;

/**
 * What a table says of each picture, by its name; a name without its folders will do where only one picture has it.
 * @param {string[][]} table  its first line may name the columns
 * @param {Row[]} rows
 * @returns {Map<string, string>}
 */
export function namesOf(table, rows) {
  const head = table[0]?.map((name) => name.trim().toLowerCase()) ?? [];
  const [image, expected] = [
    ["image", "path", "file", "filename", "id"],
    ["expected", "class", "label"],
  ].map((names) => head.findIndex((name) => names.includes(name)));
  const hasHead = image >= 0 && expected >= 0;
  const [from, to] = hasHead ? [image, expected] : [0, 1];
  /** @type {Map<string, string>} */
  const said = new Map();
  for (const line of hasHead ? table.slice(1) : table) if (line[to]?.trim()) said.set(line[from], line[to].trim());
  const last = (/** @type {string} */ id) => id.split("/").at(-1) ?? id;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { id } of rows) counts.set(last(id), (counts.get(last(id)) ?? 0) + 1);
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const { id } of rows) {
    const parts = id.split("/");
    const endings = parts.map((_, at) => parts.slice(at).join("/"));
    const name = endings.find((ending) => said.has(ending) && (ending.includes("/") || counts.get(ending) === 1));
    if (name !== undefined) found.set(id, said.get(name) ?? "");
  }
  return found;
}

/**
 * How often what was expected was taken for what: the network's own mistakes first, those that it makes most often.
 * @param {Row[]} rows
 */
export function confusion(rows) {
  const judged = rows.filter((row) => isCorrect(row) !== null);
  /** @type {Map<string, { expected: number, found: number, count: number }>} */
  const pairs = new Map();
  for (const { record, expectedClass } of judged) {
    const [expected, found] = [Number(expectedClass), Number(record?.class)];
    const key = `${expected} ${found}`;
    const pair = pairs.get(key) ?? { expected, found, count: 0 };
    pairs.set(key, { ...pair, count: pair.count + 1 });
  }
  const mistakes = [...pairs.values()].filter(({ expected, found }) => expected !== found);
  mistakes.sort((a, b) => b.count - a.count || a.expected - b.expected || a.found - b.found);
  return { judged: judged.length, correct: judged.filter((row) => isCorrect(row)).length, mistakes };
}

/** What was measured of any of them, by name. @param {Row[]} rows */
export const measuresOf = (rows) => [...new Set(rows.flatMap(({ record }) => Object.keys(record?.measures ?? {})))];

/**
 * The rows that are wanted, in order. Those that an order says nothing of come last, as they were given.
 * @param {Row[]} rows  @param {string} order  one of ORDERS, or what was measured with "+" or "-" before it: the largest or smallest first
 * @param {(row: Row) => boolean} wanted
 */
export function ordered(rows, order, wanted) {
  const shown = rows.filter(wanted);
  if (order === "given") return shown;
  /** @param {Row} row  @returns {number | null} */
  const rank = (row) => {
    const { record } = row;
    if (!record) return null;
    if (order === "mistakes") return isCorrect(row) === false ? -record.probability : null;
    if (order === "unsure") return record.probability;
    const value = record.measures[order.slice(1)] ?? null;
    return value === null ? null : order[0] === "+" ? -value : value;
  };
  const ranks = new Map(shown.map((row) => [row, rank(row) ?? Infinity]));
  return shown.sort((a, b) => {
    const [x, y] = [ranks.get(a) ?? 0, ranks.get(b) ?? 0];
    return x === y ? 0 : x - y;
  });
}
