/** The eight steps of the method, each on this picture's own data. */

import { bars } from "../../bars.js";
import { mapOf, paintImage, paintOverlay, paintSigned, paintValues, strongestOf } from "../../canvas.js";
import { contextOf, image, make } from "../../dom.js";
import { nameOf } from "../../figure.js";
import { large, number, percent, score, t } from "../../i18n.js";
import { makeRoving } from "../../roving.js";
import { createBuildUp } from "./build_up.js";

/** Maps that are shown side by side. */
const MAPS = 24;
/** Layers of the strip; of more some are shown. */
const LAYERS = 240;

/** @import { Channels, Layer, Prediction, Result } from "../../../scorecam.js" */
/** @import { LayerView } from "../../types.js" */

/**
 * @typedef {object} Stepping
 * @property {number} channel  the one that is followed
 * @property {() => boolean} isStale  whether another scene has taken this one's place
 * @property {boolean} animate
 * @property {(error: unknown) => void} onError
 * @property {(layer: string) => void} onLayer  is told which layer was chosen
 * @property {(channel: number) => void} onPin  is told which channel was chosen
 */

/**
 * A scene fills `stage` and answers with its sentence and its numbers, or with null if another has taken its place.
 * @typedef {(view: LayerView, stage: HTMLElement, stepping: Stepping) => Promise<{ sentence: string, numbers: string } | null>} Scene
 */

/** @type {Record<string, Scene>} */
export const SCENES = { predict, layers, maps, mask, cover, score: scoreAgain, sum, heatmap };

/** @type {Scene} */
async function predict({ result, model, label, found, labelOf }, stage) {
  const picture = image(t("pictureLabelPlain"));
  paintRegion(picture, result);
  stage.replaceChildren(captioned(picture, t("pictureLabelPlain")), barsOf(result.predictions, labelOf));
  const values = { label, percent: percent(result.probability), classes: number(model.classes) };
  return {
    sentence: t("step-predict-sentence", values),
    numbers: t("step-predict-numbers", { ...values, score: score(found.pictureScore) }),
  };
}

/** @type {Scene} */
async function layers({ result, model }, stage, { onLayer }) {
  const { layer: explained } = result;
  if (!explained) return null;
  const caption = make("p", { className: "quiet" });
  /** @param {Layer} layer */
  const describe = ({ name, channels, height, width }) =>
    t("factLayerValue", { name, channels: number(channels), height, width });
  const strip = make("div", { className: "strip", attributes: { role: "group", "aria-label": t("step-layers") } });
  for (const layer of atMost(model.layers, LAYERS, (layer) => layer.name === explained.name)) {
    const button = make(
      "button",
      {
        type: "button",
        attributes: { "aria-label": describe(layer), "aria-pressed": layer.name === explained.name },
      },
      make("i"),
    );
    button.style.setProperty("--positions", String(Math.log2(layer.height + 1)));
    button.style.setProperty("--channels", String(Math.log2(layer.channels + 1)));
    for (const event of ["pointerenter", "focus"])
      button.addEventListener(event, () => (caption.textContent = describe(layer)));
    button.addEventListener("click", () => onLayer(layer.name));
    strip.append(button);
  }
  makeRoving(strip);
  caption.textContent = describe(explained);
  stage.replaceChildren(make("div", { className: "full" }, strip, caption));
  const chosen = strip.querySelector("[aria-pressed=true]");
  if (chosen instanceof HTMLElement) strip.scrollLeft = chosen.offsetLeft - strip.clientWidth / 2;
  const { name, channels, height, width } = explained;
  const values = {
    name,
    channels: number(channels),
    height,
    width,
    layers: number(model.layers.length),
    inputHeight: model.input.height,
    inputWidth: model.input.width,
  };
  const cell = number(model.input.height / height, model.input.height % height ? 1 : 0);
  const work = model.multiplyAdds ? t("step-layers-work", { work: large(model.multiplyAdds) }) : "";
  return { sentence: t("step-layers-sentence", values), numbers: t("step-layers-numbers", { ...values, cell, work }) };
}

/** @type {Scene} */
async function maps({ result, found }, stage, { channel, onPin }) {
  const chosen = found.channels.toSorted((a, b) => b.weight - a.weight).slice(0, MAPS);
  const grid = make("div", { className: "full map-grid", attributes: { role: "group", "aria-label": t("step-maps") } });
  for (const { channel: index } of chosen) {
    const canvas = make("canvas", { attributes: { "aria-hidden": "true" } });
    paintValues(canvas, mapOf(found, index), found);
    const button = make(
      "button",
      {
        type: "button",
        attributes: { "aria-label": t("channelMap", { channel: index }), "aria-pressed": index === channel },
      },
      canvas,
    );
    button.addEventListener("click", () => onPin(index));
    grid.append(button);
  }
  makeRoving(grid);
  stage.replaceChildren(grid);
  const { skippedChannels: skipped, channels } = result.diagnostics;
  const { low, high } = found.channels[channel];
  const values = { shown: number(chosen.length), channels: number(channels), skipped: number(skipped) };
  return {
    sentence: t("step-maps-sentence", values),
    numbers: t("step-maps-numbers", { channel, low: number(low, 3), high: number(high, 3) }),
  };
}

/** @type {Scene} */
async function mask({ result, found }, stage, { channel, isStale }) {
  const { low, high, mask: values } = await result.scaledMap(channel);
  if (isStale()) return null;
  const { height, width } = found;
  const [raw, scaled] = [image(t("channelMap", { channel }), "pixels"), image(t("channelMask", { channel }))];
  paintValues(raw, mapOf(found, channel), found);
  paintValues(scaled, values, result);
  const range = { channel, low: number(low, 3), high: number(high, 3) };
  stage.replaceChildren(
    captioned(
      raw,
      t("step-mask-before", {
        height,
        width,
        low: number(found.channels[channel].low, 3),
        high: number(found.channels[channel].high, 3),
      }),
    ),
    arrow(),
    captioned(scaled, t("step-mask-after", { height: result.height, width: result.width })),
  );
  return { sentence: t("step-mask-sentence", range), numbers: t("step-mask-numbers", range) };
}

/** @type {Scene} */
async function cover({ result }, stage, { channel, isStale }) {
  const [{ mask: values, kept }, masked] = await Promise.all([
    result.scaledMap(channel),
    result.maskedPicture(channel),
  ]);
  if (isStale()) return null;
  const [left, middle, right] = [
    image(t("pictureLabelPlain")),
    image(t("channelMask", { channel })),
    image(t("channelMasked", { channel })),
  ];
  paintRegion(left, result);
  paintValues(middle, values, result);
  paintImage(right, masked);
  stage.replaceChildren(
    captioned(left, t("pictureLabelPlain")),
    sign("×"),
    captioned(middle, t("step-cover-mask", { channel })),
    sign("="),
    captioned(right, t("step-cover-rest")),
  );
  const fades = t(`fades-${result.fill}`);
  return { sentence: t("step-cover-sentence", { fades }), numbers: t("step-cover-numbers", { kept: percent(kept) }) };
}

/** @type {Scene} */
async function scoreAgain({ result, found, label, labelOf }, stage, { channel, isStale }) {
  const [masked, predictions] = await Promise.all([result.maskedPicture(channel), result.maskedPredictions(channel)]);
  if (isStale()) return null;
  const picture = image(t("channelMasked", { channel }));
  paintImage(picture, masked);
  stage.replaceChildren(captioned(picture, t("step-cover-rest")), barsOf(predictions, labelOf));
  const { score: found_, weight } = found.channels[channel];
  const values = {
    channel,
    label,
    score: score(found_ ?? 0),
    whole: score(found.pictureScore),
    weight: number(weight, 4),
    counts: t(`counts-${result.weighing}`, { channel }),
  };
  return {
    sentence: t("step-score-sentence", values),
    numbers: t("step-score-numbers", { ...values, recipe: t(`recipe-${nameOf(result.recipe)}`) }),
  };
}

/** @type {Scene} */
async function sum(view, stage, { isStale, animate, onError }) {
  const { result, found } = view;
  const scored = result.diagnostics.scoredChannels;
  const buildUp = createBuildUp(view, onError);
  stage.replaceChildren(buildUp.element);
  await buildUp.start(animate, isStale);
  const values = {
    scored: number(scored),
    evenness: percent(result.diagnostics.evenness),
    low: number(lowest(found), 4),
    high: number(highest(found), 4),
  };
  return { sentence: t("step-sum-sentence", values), numbers: t("step-sum-numbers", values) };
}

/** @type {Scene} */
async function heatmap({ result, colours, diverging, opacity }, stage, { isStale }) {
  const all = await result.partialSum(result.weights.length);
  if (isStale()) return null;
  const [raw, positive, overlaid] = [
    image(t("step-heatmap-sum"), "pixels"),
    image(t("step-heatmap-positive")),
    image(t("step-heatmap-overlay")),
  ];
  paintSigned(raw, all.sum, { width: all.sumWidth, height: all.sumHeight }, strongestOf(all), diverging());
  paintValues(positive, all.heatmap, result);
  paintOverlay(overlaid, result, colours(), opacity());
  stage.replaceChildren(
    captioned(raw, t("step-heatmap-sum")),
    arrow(),
    captioned(positive, t("step-heatmap-positive")),
    arrow(),
    captioned(overlaid, t("step-heatmap-overlay")),
  );
  const values = { low: number(all.low, 3), high: number(all.high, 3) };
  const dropped = all.low < 0 ? "step-heatmap-sentence" : "step-heatmap-nothing-dropped";
  return { sentence: t(dropped), numbers: t("step-heatmap-numbers", values) };
}

/**
 * `count` of a list at even distances, among them the one that `isChosen`.
 * @template T
 * @param {T[]} list  @param {number} count  @param {(entry: T) => boolean} isChosen
 */
function atMost(list, count, isChosen) {
  if (list.length <= count) return list;
  const step = list.length / count;
  return list.filter((entry, i) => Math.floor(i / step) !== Math.floor((i - 1) / step) || isChosen(entry));
}

/**
 * The part of the picture that the network sees.
 * @param {HTMLCanvasElement} canvas  @param {Result} result
 */
function paintRegion(canvas, { picture, region, width, height }) {
  const whole = document.createElement("canvas");
  paintImage(whole, picture);
  Object.assign(canvas, { width, height });
  contextOf(canvas).drawImage(whole, region.x, region.y, region.width, region.height, 0, 0, width, height);
}

/** @param {Channels} found */
const weightsOf = ({ channels }) => channels.filter(({ score }) => score !== null).map(({ weight }) => weight);
/** @param {Channels} found */
const lowest = (found) => Math.min(...weightsOf(found));
/** @param {Channels} found */
const highest = (found) => Math.max(...weightsOf(found));
/** @param {HTMLCanvasElement} canvas  @param {string} caption */
const captioned = (canvas, caption) => make("figure", {}, canvas, make("figcaption", { className: "quiet" }, caption));
/** @param {string} text */
const sign = (text) => make("span", { className: "sign", attributes: { "aria-hidden": "true" } }, text);
const arrow = () => sign("→");

/** @param {Prediction[]} predictions  @param {(index: number) => string} labelOf */
const barsOf = (predictions, labelOf) => make("ol", { className: "bars" }, ...bars(predictions, labelOf));
