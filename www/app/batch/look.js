/** How one looks at a folder: which rows, in which order; what is taken for what; where the network looks for a class. */

import { drawOver, paintImage } from "../canvas.js";
import { find, make } from "../dom.js";
import { number, percent, t, word } from "../i18n.js";
import { meansOf } from "./mean.js";
import { ORDERS, confusion, isCorrect, measuresOf, ordered } from "./rows.js";
import { createTable } from "./table.js";

/** @import { Palette } from "../types.js" */
/** @import { Row } from "./rows.js" */

/** What a row shows of what was measured: a number a measure. The table that is saved has all. */
const COLUMNS = ["difference-mean", "drop-soft", "road-combined"];
/** Pairs of classes that are told. */
const MOST_PAIRS = 50;
/** Milliseconds between two looks at a folder that is worked on. */
const PAUSE = 1000;

/** Which rows are shown. @type {Record<string, (row: Row) => boolean>} */
const SELECTIONS = {
  all: () => true,
  mistakes: (row) => isCorrect(row) === false,
  failed: ({ state }) => state === "failed",
};

/**
 * @param {HTMLElement} panel
 * @param {{ palette: Palette, labelOf: (index: number) => string, onOpen: (row: Row) => void, onError: (error: unknown) => void }} told
 */
export function createLook(panel, { palette, labelOf, onOpen, onError }) {
  /** @param {string} id */
  const byId = (id) => find(panel, `#folder-${id}`);
  const [summary, mistakes, pairs, looks, container, means, meanSaid] = [
    "summary",
    "mistakes",
    "pairs",
    "looks",
    "rows",
    "mean",
    "mean-said",
  ].map(byId);
  const [selection, order, ofClass] = ["selection", "order", "class"].map((id) =>
    find(panel, `#folder-${id}`, HTMLSelectElement),
  );
  const [meanMap, meanPicture] = ["mean-map", "mean-picture"].map((id) =>
    find(panel, `#folder-${id}`, HTMLCanvasElement),
  );
  const table = createTable(container, { palette, labelOf, onOpen });
  /** @type {Row[]} */
  let rows = [];
  /** @type {Row[]} */
  let shown = [];
  /** What was chosen when the table was filled last. */
  let view = "";
  let filledAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later;
  /** Counts the questions for a mean; the last one counts. */
  let turn = 0;

  /** A menu's entries; what was chosen stays, where it is still there. @param {HTMLSelectElement} menu @param {[string, string][]} entries */
  function offer(menu, entries) {
    const chosen = menu.value;
    const now = entries.map(([value, text]) => `${value} ${text}`).join("\n");
    if (menu.dataset.entries === now) return;
    menu.dataset.entries = now;
    menu.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
    menu.value = entries.some(([value]) => value === chosen) ? chosen : (entries[0]?.[0] ?? "");
  }

  function offerAll() {
    const measures = measuresOf(rows);
    offer(
      selection,
      Object.keys(SELECTIONS).map((name) => [name, t(`folderShow-${name}`)]),
    );
    /** @type {[string, string][]} */
    const byMeasure = measures.flatMap((name) => {
      const called = word(`number-${name}`, name);
      return [
        [`+${name}`, t("folderLargest", { name: called })],
        [`-${name}`, t("folderSmallest", { name: called })],
      ];
    });
    offer(order, [
      ...ORDERS.map((name) => /** @type {[string, string]} */ ([name, t(`folderOrder-${name}`)])),
      ...byMeasure,
    ]);
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const { record } of rows) if (record) counts.set(record.class, (counts.get(record.class) ?? 0) + 1);
    const classes = [...counts].sort(([, a], [, b]) => b - a);
    offer(ofClass, [
      ["", t("folderNoMean")],
      ...classes.map(
        ([index, count]) =>
          /** @type {[string, string]} */ ([
            String(index),
            t("folderOfClass", { label: labelOf(index), count: number(count) }),
          ]),
      ),
    ]);
  }

  /** Everything that is made of all rows. */
  function fill() {
    clearTimeout(later);
    later = undefined;
    filledAt = performance.now();
    offerAll();
    const now = `${selection.value} ${order.value}`;
    shown = ordered(rows, order.value, SELECTIONS[selection.value]);
    const measured = measuresOf(rows).filter((name) => COLUMNS.includes(name));
    table.show(shown, measured, now !== view);
    view = now;
    looks.hidden = !rows.length;
    sum();
  }

  /** How many were as expected, and what was taken for what. */
  function sum() {
    const { judged, correct, mistakes: found } = confusion(rows);
    const unknown = rows.filter(({ expected, expectedClass }) => expected !== null && expectedClass === null).length;
    const share = { correct: number(correct), judged: number(judged), percent: percent(correct / judged, 1) };
    const known = judged ? t("folderCorrect", share) : "";
    summary.textContent = [known, unknown ? t("folderUnknown", { count: number(unknown) }) : ""]
      .filter(Boolean)
      .join(" ");
    mistakes.hidden = !found.length;
    const head = [t("folderExpected"), t("folderTakenFor"), t("folderTimes")].map((name) =>
      make("th", { attributes: { scope: "col" } }, name),
    );
    const lines = found
      .slice(0, MOST_PAIRS)
      .map(({ expected, found: taken, count }) =>
        make(
          "tr",
          {},
          make("td", {}, labelOf(expected)),
          make("td", {}, labelOf(taken)),
          make("td", {}, number(count)),
        ),
      );
    pairs.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...lines)));
  }

  async function showMean() {
    const mine = ++turn;
    const wanted = ofClass.value;
    means.hidden = !wanted;
    if (!wanted) return;
    meanSaid.textContent = t("folderMeanGoes");
    const index = Number(wanted);
    const found = await meansOf(
      rows.filter(({ record }) => record?.class === index),
      () => mine === turn,
    );
    if (mine !== turn) return;
    if (!found) {
      means.hidden = true;
      return;
    }
    const { map, height, width, picture, count } = found;
    const label = labelOf(index);
    const whole = make("canvas");
    palette.paint(whole, map, { width, height });
    paintImage(meanPicture, picture);
    paintImage(meanMap, picture);
    drawOver(meanMap, whole, palette.opacity());
    meanMap.setAttribute("aria-label", t("folderMeanMap", { label }));
    meanPicture.setAttribute("aria-label", t("folderMeanPicture", { label }));
    meanSaid.textContent = t("folderMeanSaid", { label, count: number(count) });
  }

  for (const menu of [selection, order]) menu.addEventListener("change", fill);
  ofClass.addEventListener("change", () => showMean().catch(onError));

  return {
    /** Takes rows in; of a folder that is worked on it looks once a second. @param {Row[]} now */
    show(now) {
      const isOther = now !== rows;
      rows = now;
      if (isOther || performance.now() - filledAt > PAUSE) fill();
      else later ??= setTimeout(fill, PAUSE);
    },
    /** A row has changed; what is made of all of them waits. @param {Row} row */
    update: (row) => table.update(row),
    /** Other colours, another language, other expectations. */
    other() {
      fill();
      showMean().catch(onError);
    },
    /** The rows that are shown, in their order; and all of them. */
    shown: () => ({ shown, all: rows }),
  };
}
