/** What was compared and tested, for the report: maps side by side with their numbers, the film's curve and verdict, the covered picture. */

import { paintImage, paintOverlay } from "./canvas.js";
import { chart } from "./chart.js";
import { contextOf, make } from "./dom.js";
import { percent, t } from "./i18n.js";
import { html, verbatim } from "./markup.js";
import { linesOf, verdictOf } from "./panels/film.js";
import { agreementTable, mapName, numbersTable } from "./panels/measured.js";

/** @import { Covered, Measurement } from "../scorecam.js" */
/** @import { Proof, View, Wall } from "./types.js" */

/** How the parts look where the page's own style is not. */
export const STYLE_OF_TESTS = `
  .chart { fill: #596275; font-size: 11px; } .chart polyline { fill: none; stroke-width: 1.5; } .grid-line { stroke: #d9dde6; } .marker-line { display: none; }
  .line-own { stroke: #264aa5; stroke-width: 3; } .line-random { stroke: #596275; stroke-dasharray: 2 3; } .line-centred { stroke: #9a6b00; stroke-dasharray: 7 3; }
  .baseline { color: #596275; } .scroll { overflow-x: auto; font-size: 0.8rem; }`;

/**
 * All of it that there is.
 * @param {View} view  @param {Proof} proof
 */
export function tested(view, { wall, film, hand }) {
  const parts = [
    wall.results.length > 1 ? sideBySide(view, wall) : "",
    film ? taken(view, film) : "",
    hand ? covered(view, hand) : "",
  ];
  return parts.some(Boolean)
    ? html`${parts}
        <p>${t("measureCaution")}</p>`
    : "";
}

/** @param {View} view  @param {Wall} wall */
function sideBySide(view, { results, measured }) {
  const figures = results.map((result) => {
    const canvas = make("canvas");
    paintOverlay(canvas, result, view.colours(), view.opacity());
    const name = mapName(result.method);
    return html`<figure>
      <img src="${canvas.toDataURL("image/jpeg", 0.9)}" alt="${t("wallMap", { method: name })}" />
      <figcaption>${name}</figcaption>
    </figure>`;
  });
  const tables = measured
    ? html`<div class="scroll">${verbatim(numbersTable(measured).outerHTML)}</div>
        <h3>${t("wallAgreement")}</h3>
        <div class="scroll">${verbatim(agreementTable(measured).outerHTML)}</div>`
    : "";
  return html`<h2>${t("wallTitle")}</h2>
    <div class="row">${figures}</div>
    ${tables}`;
}

/** @param {View} view  @param {Measurement} film */
function taken({ label }, film) {
  const name = "deletion-mean";
  const area = film.rows[0].numbers.find((number) => number.name === name)?.value ?? 0;
  const { svg } = chart(linesOf(film, name), { share: (value) => percent(value, 0) });
  return html`<h2>${t("filmTitle")}</h2>
    <div role="img" aria-label="${t("filmCurve", { label, area: area.toFixed(3) })}">${verbatim(svg.outerHTML)}</div>
    <ul>
      ${verdictOf(film, label).map((text) => html`<li>${text}</li>`)}
    </ul>`;
}

/** @param {View} view  @param {Covered} hand */
function covered({ labelOf, result, label }, { picture, predictions, area, evidence, probability }) {
  const seen = make("canvas");
  paintImage(seen, picture);
  // The network sees a square; people see the part of the picture that it was made of.
  const { region } = result;
  const canvas = make("canvas", {
    width: Math.round((picture.height * region.width) / region.height),
    height: picture.height,
  });
  contextOf(canvas).drawImage(seen, 0, 0, canvas.width, canvas.height);
  const said = t("handSaid", {
    label,
    area: percent(area, 0),
    evidence: evidence === null ? "–" : percent(evidence, 0),
    before: percent(result.probability),
    after: percent(probability),
  });
  return html`<h2>${t("handTitle")}</h2>
    <img src="${canvas.toDataURL()}" alt="${said}" />
    <p>${said}</p>
    <table>
      ${predictions.map(
        ({ index, probability }) =>
          html`<tr>
            <td>${labelOf(index)}</td>
            <td>${percent(probability)}</td>
          </tr>`,
      )}
    </table>`;
}
