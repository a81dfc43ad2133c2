/** What can be taken home of a folder: a table, the maps' numbers, and one page to look at. */

// Not when they are needed: no request leaves while pictures are on the page.
import { downloadZip } from "client-zip";
import Papa from "papaparse";
import { drawOver } from "../canvas.js";
import { contextOf, image, make } from "../dom.js";
import { percent, sentencesOf, t } from "../i18n.js";
import { dataUrl, html, htmlFile } from "../markup.js";
import { SMALL, isCorrect, measuresOf } from "./rows.js";
import { mapOf } from "./small.js";

/** @import { Palette } from "../types.js" */
/** @import { Row } from "./rows.js" */

/**
 * A row a picture. What a spreadsheet would take for a formula is text.
 * @param {Row[]} rows  @param {(index: number) => string} labelOf
 */
export function csvOf(rows, labelOf) {
  const measures = measuresOf(rows);
  const fields = ["image", "status", "class", "label", "probability", "expected", "expected_class", "is_correct"];
  const data = rows.map((row) => {
    const { id, state, record, expected, expectedClass, error } = row;
    const found = record ? [record.class, labelOf(record.class), record.probability] : ["", "", ""];
    const measured = measures.map((name) => record?.measures[name] ?? "");
    const correct = isCorrect(row);
    const said = error ? sentenceOf(error) : "";
    return [id, state, ...found, expected ?? "", expectedClass ?? "", correct ?? "", ...measured, said];
  });
  // A byte order mark tells spreadsheets that it is UTF-8.
  return `\ufeff${Papa.unparse({ fields: [...fields, ...measures, "error"], data }, { escapeFormulae: true, newline: "\r\n" })}\r\n`;
}

/** Why something failed, and what to do. @param {any} error */
export const sentenceOf = (error) => sentencesOf(error).join(" ").trim();

/**
 * A table's cells.
 * @param {string} text
 */
export function cellsOf(text) {
  return Papa.parse(text.replace(/^\ufeff/, ""), { skipEmptyLines: true }).data.map((line) =>
    /** @type {unknown[]} */ (line).map(String),
  );
}

/**
 * NumPy's archive of all maps, each float32 [height, width] under its picture's name.
 * @param {Row[]} rows
 */
export async function npzOf(rows) {
  async function* files() {
    for (const { id, kept } of rows) {
      if (!kept) continue;
      const input = new Blob([npyHeader(kept.height, kept.width), await mapOf(kept)]);
      // A name in an archive is a path: none leads out of it.
      const name = id.replace(/(^|\/)\.\.?(?=\/|$)/g, "$1_").replace(/^\/+/, "");
      yield { name: `${name}.npy`, input, lastModified: new Date(0) };
    }
  }
  return downloadZip(files()).blob();
}

/** Bytes before the header of a .npy file, and what its numbers begin at a multiple of. */
const PREFIX = 10;
const ALIGNED = 64;

/**
 * What stands before the numbers of a .npy file, format 1.0.
 * @param {number} height  @param {number} width
 */
function npyHeader(height, width) {
  const said = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  const length = Math.ceil((PREFIX + said.length + 1) / ALIGNED) * ALIGNED - PREFIX;
  const text = `${said.padEnd(length - 1)}\n`;
  const bytes = new Uint8Array(PREFIX + length);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, length % 256, length >> 8]);
  bytes.set(new TextEncoder().encode(text), PREFIX);
  return bytes;
}

const STYLE = `
  body { max-width: 90rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; color: #1b2130; }
  .pictures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); padding: 0; list-style: none; }
  figure { margin: 0; } img { width: 100%; border-radius: 6px; } figcaption { overflow-wrap: anywhere; font-size: 0.8rem; }
  .wrong { color: #a02020; font-weight: 600; }`;

/**
 * All pictures with their maps over them, as a page without scripts.
 * @param {Row[]} rows  in the order in which they are shown
 * @param {string} title
 * @param {Palette} palette  @param {(index: number) => string} labelOf
 */
export async function galleryOf(rows, title, palette, labelOf) {
  const figures = [];
  for (const row of rows) figures.push(await figureOf(row, palette, labelOf));
  const body = html`
    <h1>${title}</h1>
    <p>${t("folderGallerySaid", { count: rows.length })}</p>
    <ul class="pictures">
      ${figures}
    </ul>
  `;
  return htmlFile({ title, style: STYLE, body });
}

/** @param {Row} row  @param {Palette} palette  @param {(index: number) => string} labelOf */
async function figureOf(row, palette, labelOf) {
  const { id, record, kept, expected, error } = row;
  if (!record || !kept) {
    const said = error ? sentenceOf(error) : t("folderState-waiting");
    return html`<li>
      <figure>
        <figcaption><b>${id}</b><br /><span class="wrong">${said}</span></figcaption>
      </figure>
    </li>`;
  }
  const canvas = make("canvas");
  await paintRow(canvas, kept, palette);
  const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  const found = `${labelOf(record.class)} ${percent(record.probability)}`;
  const wrong = isCorrect(row) === false ? "wrong" : "";
  return html`<li>
    <figure>
      <img src="${await dataUrl(picture)}" alt="${t("pictureLabel", { label: labelOf(record.class) })}" />
      <figcaption>
        <b>${id}</b><br /><span class="${wrong}">${found}</span>
        ${expected === null ? "" : html`<br />${t("folderExpectedSaid", { name: expected })}`}
      </figcaption>
    </figure>
  </li>`;
}

/**
 * A picture as the network saw it, small.
 * @param {HTMLCanvasElement} canvas  @param {import("./rows.js").Kept} kept
 */
export async function paintThumbnail(canvas, { thumbnail }) {
  const seen = await createImageBitmap(thumbnail);
  canvas.width = seen.width;
  canvas.height = seen.height;
  contextOf(canvas).drawImage(seen, 0, 0);
  seen.close();
}

/**
 * The same with its map over it.
 * @param {HTMLCanvasElement} canvas  @param {import("./rows.js").Kept} kept  @param {Palette} palette
 */
export async function paintRow(canvas, kept, palette) {
  await paintThumbnail(canvas, kept);
  const map = image("");
  palette.paint(
    map,
    Float32Array.from(kept.small, (value) => value / 255),
    { width: SMALL, height: SMALL },
  );
  contextOf(canvas).imageSmoothingQuality = "high";
  drawOver(canvas, map, palette.opacity());
}
