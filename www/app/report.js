/** One HTML file that holds all of an explanation: it needs no network, no script and no other file. */

import { mapOf, paintImage, paintOverlay, paintSigned, paintValues } from "./canvas.js";
import { stateOf } from "./panels/channels.js";
import { findAll, make } from "./dom.js";
import { doubtsAbout } from "./panels/doubts.js";
import { factRows } from "./panels/facts.js";
import { captionOf, drawFigure, nameOf } from "./figure.js";
import { moment, number, percent, score, t, word } from "./i18n.js";
import { dataUrl, html, htmlFile } from "./markup.js";
import { placesOf } from "./panels/places.js";
import { STYLE_OF_TESTS, tested } from "./report_tests.js";
import { SCENES } from "./panels/walkthrough/scenes.js";

/** Maps that are shown with their masks. */
const SHOWN = 12;

const STYLE = `
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1b2130; }
  img { max-width: 100%; } h2 { margin-top: 2rem; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.25rem 0.75rem; border-bottom: 1px solid #d9dde6; text-align: left; overflow-wrap: anywhere; }
  .maps td img { width: 7rem; image-rendering: pixelated; } svg { width: 100%; max-width: 40rem; height: auto; }
  .row { display: flex; flex-wrap: wrap; gap: 0.75rem; } figure { margin: 0; max-width: 18rem; } .row img { max-height: 14rem; }`;

/** @import { Channels, Settled } from "../scorecam.js" */
/** @import { Comparison, LayerView, Proof, View } from "./types.js" */

/**
 * The text of the file.
 * @param {View} view
 * @param {string} name
 * @param {{ npy: Uint8Array<ArrayBuffer>, json: string }} files  the map as .npy and the numbers as JSON, which it carries too
 * @param {Comparison | null} comparison  what is compared, if anything
 * @param {Proof} proof  what was compared and tested in the other modes
 */
export async function reportOf(view, name, files, comparison, proof) {
  const { result, label, model, found, labelOf, settled, version, made } = view;
  const layerView = found && { ...view, found };
  const title = t("reportTitle", { name, label });
  const facts = [
    [t("factPicture"), name],
    [t("factMade"), moment(made)],
    ...factRows(view),
    [
      t("reportRecipe"),
      result.recipe ? t(`recipe-${nameOf(result.recipe)}`) : word(`method-${result.method}-hint`, result.method),
    ],
    [t("factChecksum"), model.sha256 ?? t("unknown")],
    [t("factVersion"), `scorecam ${version}`],
  ];
  const picture = make("canvas");
  paintImage(picture, result.picture);

  const body = html`
    <h1>${title}</h1>
    <p>${t("articleIdea")}</p>
    <img src="${drawFigure(view).toDataURL()}" alt="${captionOf(view).join(" ")}" />
    <p>${placesOf(view)}</p>
    <h2>${t("pictureLabelPlain")}</h2>
    <img src="${picture.toDataURL("image/jpeg", 0.9)}" alt="${t("pictureLabelPlain")}" />
    <h2>${t("doubtsTitle")}</h2>
    <ul>
      ${doubtsAbout(view).map((doubt) => html`<li>${doubt}</li>`)}
    </ul>
    <h2>${t("reportAnswer")}</h2>
    <table>
      ${result.predictions.map(({ index, probability }) => row([labelOf(index), percent(probability)]))}
    </table>
    <h2>${t("reportHow")}</h2>
    <table>
      ${facts.map(row)}
    </table>
    ${layerView ? await walkthrough(layerView) : ""}
    <h2>${t("settledLabel")}</h2>
    ${curve(settled)} ${comparison ? compared(comparison) : ""} ${tested(view, proof)}
    ${layerView ? await mapsOf(layerView) : ""}
    <h2>${t("takeHome")}</h2>
    <p>
      <a
        download="${name}.heatmap.npy"
        href="${await dataUrl(new Blob([files.npy], { type: "application/octet-stream" }))}"
        >${t("saveNpy")}</a
      >
      ·
      <a download="${name}.json" href="${await dataUrl(new Blob([files.json], { type: "application/json" }))}"
        >${t("saveJson")}</a
      >
    </p>
  `;
  return htmlFile({ title: title, style: STYLE + STYLE_OF_TESTS, body });
}

/** @param {unknown[]} cells */
const row = (cells) =>
  html`<tr>
    ${cells.map((cell) => html`<td>${cell}</td>`)}
  </tr>`;

/** @param {LayerView} view */
async function walkthrough(view) {
  return html`<h2>${t("walkthroughTitle")}</h2>
    <ol>
      ${await steps(view)}
    </ol>`;
}

/**
 * The maps that weigh most, and all of them as numbers.
 * @param {LayerView} view
 */
async function mapsOf(view) {
  const { found } = view;
  /** @param {Channels["channels"][number]} channel */
  const channelRow = ({ channel, score: of, weight, low, high, energy }) =>
    row([
      channel,
      of === null ? t(`channel-${stateOf({ score: of, low, high })}`) : score(of),
      number(weight, 5),
      number(low, 3),
      number(high, 3),
      number(energy, 3),
    ]);
  const heads = [t("columnMap"), t("orderScore"), t("orderWeight"), t("columnLow"), t("columnHigh"), t("orderEnergy")];
  const head = html`<tr>
    ${heads.map((text) => html`<th scope="col">${text}</th>`)}
  </tr>`;
  return html`<h2>${t("reportMaps")}</h2>
    <table class="maps">
      ${await heaviest(view)}
    </table>
    <details>
      <summary>${t("reportAll", { channels: number(found.channels.length) })}</summary>
      <table>
        ${head}${found.channels.map(channelRow)}
      </table>
    </details>`;
}

/**
 * The eight steps as the page shows them: each with its sentence, its pictures and its numbers.
 * @param {LayerView} view
 */
async function steps(view) {
  const channel = byWeight(view)[0]?.channel;
  if (channel === undefined) return [];
  // Drawn in the page, where charts find their colours, and out of sight.
  const stage = make("div", { className: "visually-hidden", attributes: { "aria-hidden": "true", inert: "" } });
  document.body.append(stage);
  const items = [];
  try {
    for (const [key, scene] of Object.entries(SCENES)) {
      const said = await scene(view, stage, {
        channel,
        isStale: () => false,
        animate: false,
        onError: () => {},
        onLayer: () => {},
        onPin: () => {},
      });
      if (!said) continue;
      const pictures = key === "maps" ? [] : findAll(stage, "canvas", HTMLCanvasElement);
      const figures = pictures.map((canvas) => {
        const caption =
          canvas.closest("figure")?.querySelector("figcaption")?.textContent ?? canvas.getAttribute("aria-label") ?? "";
        return html`<figure>
          <img src="${canvas.toDataURL()}" alt="${caption}" />
          <figcaption>${caption}</figcaption>
        </figure>`;
      });
      items.push(
        html`<li>
          <h3>${t(`step-${key}`)}</h3>
          <p>${said.sentence}</p>
          <div class="row">${figures}</div>
          <p>${said.numbers}</p>
        </li>`,
      );
    }
  } finally {
    stage.remove();
  }
  return items;
}

/**
 * The two maps that are compared, and their difference.
 * @param {Comparison} comparison
 */
function compared({ pair, found, describe, sentence }) {
  const difference = make("canvas");
  paintSigned(difference, found.difference, found, found.largestDifference, pair[0].diverging());
  const overlays = pair.map((side) => {
    const canvas = make("canvas");
    paintOverlay(canvas, side.result, side.colours(), side.opacity());
    return canvas;
  });
  const captions = [...pair.map((side, i) => `${"AB"[i]}: ${describe(side)}`), t("compareDifferenceLabel")];
  const figures = [...overlays, difference].map(
    (canvas, i) =>
      html`<figure>
        <img src="${canvas.toDataURL()}" alt="${captions[i]}" />
        <figcaption>${captions[i]}</figcaption>
      </figure>`,
  );
  return html`<h2>${t("reportCompared")}</h2>
    <div class="row">${figures}</div>
    <p>${sentence}</p>`;
}

/** @param {LayerView} view */
const byWeight = ({ found }) =>
  found.channels.filter(({ score }) => score !== null).toSorted((a, b) => b.weight - a.weight);

/**
 * The maps that weigh most: each with its mask's picture, its score and its weight.
 * @param {LayerView} view
 */
async function heaviest(view) {
  const { result, found } = view;
  const canvas = document.createElement("canvas");
  const rows = [];
  for (const { channel, score: of, weight } of byWeight(view).slice(0, SHOWN)) {
    paintValues(canvas, mapOf(found, channel), found);
    const map = canvas.toDataURL();
    paintImage(canvas, await result.maskedPicture(channel));
    const masked = canvas.toDataURL();
    const text = t("montageCaption", { channel, weight: number(weight, 4) });
    rows.push(
      html`<tr>
        <td><img src="${map}" alt="${t("channelMap", { channel })}" /></td>
        <td><img src="${masked}" alt="${t("channelMasked", { channel })}" /></td>
        <td>${text}<br />${t("channelScore", { score: score(of ?? 0) })}</td>
      </tr>`,
    );
  }
  return rows;
}

/**
 * The correlation of the map after some passes with the last one, from 0 to 1.
 * @param {Settled[]} settled
 */
function curve(settled) {
  const [width, height] = [400, 120];
  const last = settled.at(-1)?.passes ?? 1;
  const points = settled.map(
    ({ passes, correlation }) => `${(width * passes) / last},${height * (1 - Math.max(0, correlation ?? 0))}`,
  );
  return html`<svg
    viewBox="-24 -10 ${width + 50} ${height + 32}"
    font-size="12"
    role="img"
    aria-label="${t("settledLabel")}"
  >
    <path d="M0 0V${height}H${width}" fill="none" stroke="#889" />
    <polyline points="${points.join(" ")}" fill="none" stroke="#264aa5" stroke-width="2" />
    <text x="-14" y="4">1</text>
    <text x="-14" y="${height}">0</text>
    <text x="${width}" y="${height + 16}" text-anchor="end">${number(last)}</text>
  </svg>`;
}
