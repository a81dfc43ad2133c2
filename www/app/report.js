/** One HTML file that holds all of an explanation: it needs no network, no script and no other file. */

import { mapOf, paintImage, paintValues } from "./canvas.js";
import { stateOf } from "./channels.js";
import { doubtsAbout } from "./doubts.js";
import { factRows } from "./facts.js";
import { captionOf, drawFigure } from "./figure.js";
import { number, percent, score, t } from "./i18n.js";
import { placesOf } from "./places.js";

/** Maps that are shown with their masks. */
const SHOWN = 12;

const STYLE = `
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1b2130; }
  img { max-width: 100%; } h2 { margin-top: 2rem; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.25rem 0.75rem; border-bottom: 1px solid #d9dde6; text-align: left; overflow-wrap: anywhere; }
  .maps td img { width: 7rem; image-rendering: pixelated; } svg { width: 100%; max-width: 40rem; height: auto; }`;

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Markup that is put into other markup as it is. */
class Markup {
  constructor(text) {
    this.text = text;
  }
}

/** Markup from a template: what is filled in is escaped unless it is markup itself; lists are joined. */
function html(strings, ...values) {
  const write = (value) => {
    if (value instanceof Markup) return value.text;
    if (Array.isArray(value)) return value.map(write).join("");
    return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]);
  };
  return new Markup(strings.reduce((text, string, i) => text + write(values[i - 1]) + string));
}

/** The text of the file. `files` are the map as .npy and the numbers as JSON, which it carries too. */
export async function reportOf(view, name, files) {
  const { result, label, model, found, labelOf, settled, version } = view;
  const title = t("reportTitle", { name, label });
  const figure = drawFigure(view).toDataURL();
  const facts = [...factRows(view), [t("reportRecipe"), t(`recipe-${result.recipe.name ?? result.recipe}`)], [t("factChecksum"), model.sha256 ?? t("unknown")], [t("factVersion"), `scorecam ${version}`], [t("factBrowser"), navigator.userAgent]];
  const row = (cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  const channelRow = ({ channel, score: of, weight, low, high, energy }) =>
    row([channel, of === null ? t(`channel-${stateOf({ score: of, low, high })}`) : score(of), number(weight, 5), number(low, 3), number(high, 3), number(energy, 3)]);
  const heads = [t("columnMap"), t("orderScore"), t("orderWeight"), t("columnLow"), t("columnHigh"), t("orderEnergy")];
  const head = html`<tr>${heads.map((text) => html`<th scope="col">${text}</th>`)}</tr>`;

  const page = html`<!doctype html>
<html lang="${document.documentElement.lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
<img src="${figure}" alt="${captionOf(view).join(" ")}">
<p>${placesOf(view)}</p>
<h2>${t("doubtsTitle")}</h2>
<ul>${doubtsAbout(view).map((doubt) => html`<li>${doubt}</li>`)}</ul>
<h2>${t("reportAnswer")}</h2>
<table>${result.predictions.map(({ index, probability }) => row([labelOf(index), percent(probability)]))}</table>
<h2>${t("reportHow")}</h2>
<table>${facts.map(row)}</table>
<h2>${t("settledLabel")}</h2>
${curve(settled)}
<h2>${t("reportMaps")}</h2>
<table class="maps">${await heaviest(view)}</table>
<details><summary>${t("reportAll", { channels: number(found.channels.length) })}</summary><table>${head}${found.channels.map(channelRow)}</table></details>
<h2>${t("takeHome")}</h2>
<p><a download="${name}.heatmap.npy" href="${await dataUrl(new Blob([files.npy], { type: "application/octet-stream" }))}">${t("saveNpy")}</a> ·
<a download="${name}.json" href="${await dataUrl(new Blob([files.json], { type: "application/json" }))}">${t("saveJson")}</a></p>
</body>
</html>
`;
  return page.text;
}

/** The maps that weigh most: each with its mask's picture, its score and its weight. */
async function heaviest({ result, found }) {
  const chosen = found.channels.filter(({ score }) => score !== null).toSorted((a, b) => b.weight - a.weight).slice(0, SHOWN);
  const canvas = document.createElement("canvas");
  const rows = [];
  for (const { channel, score: of, weight } of chosen) {
    paintValues(canvas, mapOf(found, channel), found);
    const map = canvas.toDataURL();
    paintImage(canvas, await result.maskedPicture(channel));
    const masked = canvas.toDataURL();
    const text = t("montageCaption", { channel, weight: number(weight, 4) });
    rows.push(html`<tr><td><img src="${map}" alt="${t("channelMap", { channel })}"></td><td><img src="${masked}" alt="${t("channelMasked", { channel })}"></td><td>${text}<br>${t("channelScore", { score: score(of) })}</td></tr>`);
  }
  return rows;
}

/** The correlation of the map after some passes with the last one, from 0 to 1. */
function curve(settled) {
  const [width, height] = [400, 120];
  const last = settled.at(-1)?.passes ?? 1;
  const points = settled.map(({ passes, correlation }) => `${(width * passes) / last},${height * (1 - Math.max(0, correlation ?? 0))}`);
  return html`<svg viewBox="-24 -10 ${width + 50} ${height + 32}" font-size="12" role="img" aria-label="${t("settledLabel")}"><path d="M0 0V${height}H${width}" fill="none" stroke="#889"/><polyline points="${points.join(" ")}" fill="none" stroke="#264aa5" stroke-width="2"/><text x="-14" y="4">1</text><text x="-14" y="${height}">0</text><text x="${width}" y="${height + 16}" text-anchor="end">${number(last)}</text></svg>`;
}

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
