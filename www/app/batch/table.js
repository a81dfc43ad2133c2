/** The table of a folder's pictures: of thousands of rows only those in sight exist. */

import { find, image, make } from "../dom.js";
import { number, percent, t, word } from "../i18n.js";
import { createVirtualGrid } from "../virtual_grid.js";
import { paintRow, paintThumbnail, sentenceOf } from "./files.js";
import { isCorrect } from "./rows.js";

/** @import { Palette } from "../types.js" */
/** @import { Row } from "./rows.js" */

/** In rem: a row with its gap. */
const HEIGHT = 5;
/** Digits of what was measured. */
const DIGITS = 3;

/**
 * @param {HTMLElement} container  with the role "table"
 * @param {{ palette: Palette, labelOf: (index: number) => string, onOpen: (row: Row) => void }} told
 */
export function createTable(container, { palette, labelOf, onOpen }) {
  const head = find(container, ".row-head");
  const body = find(container, ".row-body");
  /** @type {string[]} */
  let measures = [];
  const grid = createVirtualGrid(body, { size: { width: Infinity, height: HEIGHT }, role: "row", card: cells });

  /** @param {string} name  @param {(Node | string)[]} children */
  const cell = (name, ...children) =>
    make("span", { className: `cell ${name}`, attributes: { role: "cell" } }, ...children);

  /** @param {Row} row */
  function cells(row) {
    const { id, record, kept, expected, state } = row;
    const label = record ? t("pictureLabel", { label: labelOf(record.class) }) : "";
    const [seen, map] = [image(t("pictureLabelPlain"), "row-picture"), image(label, "row-picture row-map")];
    for (const canvas of [seen, map]) canvas.hidden = !kept;
    if (kept) {
      // A row that is drawn a moment later is better than a page that waits; one that cannot be drawn is left empty.
      paintThumbnail(seen, kept).catch(() => (seen.hidden = true));
      paintRow(map, kept, palette).catch(() => (map.hidden = true));
    }
    const open = make("button", { type: "button", className: "row-name", title: id }, make("bdi", {}, id));
    open.addEventListener("click", () => onOpen(row));
    const correct = isCorrect(row);
    const said = record
      ? [make("b", {}, labelOf(record.class)), " ", make("span", { className: "number" }, percent(record.probability))]
      : [make("span", { className: `state ${state}` }, saidOf(row))];
    const mark = correct ? t("folderRight") : t("folderWrong");
    const known = expected === null ? "" : make("bdi", {}, nameOf(row));
    return [
      cell("row-seen", seen),
      cell("row-seen", map),
      cell("row-who", open),
      cell("row-found", ...said),
      cell(
        "row-expected",
        known,
        correct === null ? "" : make("span", { className: correct ? "right" : "wrong" }, ` ${mark}`),
      ),
      ...measures.map((name) => cell("row-measured number", valueOf(row, name))),
    ];
  }

  /** What was expected, by the class's name if it is one. @param {Row} row */
  const nameOf = ({ expected, expectedClass }) =>
    expectedClass === null ? t("folderNoClass", { name: expected }) : labelOf(expectedClass);

  /** @param {Row} row */
  const saidOf = ({ state, error }) => (state === "failed" ? sentenceOf(error) : t(`folderState-${state}`));

  /** @param {Row} row  @param {string} name */
  function valueOf({ record }, name) {
    const value = record?.measures[name];
    return value === null || value === undefined ? "" : number(value, DIGITS);
  }

  function showHead() {
    const names = [t("folderPicture"), t("folderMap"), t("folderName"), t("folderFound"), t("folderExpected")];
    const measured = measures.map((name) => word(`number-${name}`, name));
    const texts = [...names, ...measured].map((name) =>
      make("span", { className: "cell", attributes: { role: "columnheader" } }, name),
    );
    head.replaceChildren(...texts);
    container.style.setProperty("--measures", String(measures.length));
  }

  return {
    /**
     * Shows these rows; where one has scrolled to stays, unless it is another selection.
     * @param {Row[]} rows  @param {string[]} measured  @param {boolean} isOther
     */
    show(rows, measured, isOther) {
      measures = measured;
      showHead();
      container.setAttribute("aria-rowcount", String(rows.length + 1));
      grid.show(rows, !isOther);
    },
    /** A row has changed. @param {Row} row */
    update: (row) => grid.update(row),
  };
}
