/** A picture to take home: the map over the picture, a bar of its colours, and a caption that says what it is. */

import { paintBar, paintOverlay, paintSignedOverlay, strongestOf } from "./canvas.js";
import { contextOf, make } from "./dom.js";
import { number, percent, t, word } from "./i18n.js";
import { counts } from "./panels/doubts.js";
import { optionsOf } from "./panels/facts.js";

/** @import { View } from "./types.js" */

/** Narrower pictures get a wider sheet, so that the caption can be read. */
const NARROWEST = 420;
const MARGIN = 16;
const BAR = 14;
const LINE = 22;
/** For captions, in whatever script a class is named. */
export const FONT = '15px system-ui, "Hiragino Sans", "Noto Sans CJK JP", sans-serif';

/**
 * The lines below a map: what it shows, how it was made, and whether it is complete.
 * @param {View} view
 */
export function captionOf(view) {
  const { result, label, model, version } = view;
  const { probability, recipe, layer, diagnostics, method } = result;
  const made =
    layer && recipe
      ? t("captionRecipe", { model: model.title, layer: layer.name, recipe: nameOf(recipe), version })
      : t("captionMethod", {
          method: word(`method-${method}`, method),
          model: model.title,
          options: optionsOf(view),
          version,
        });
  const lines = [t("captionClass", { label, percent: percent(probability) }), made];
  if (view.signed()) lines.push(t("captionSigned"));
  if (diagnostics.improbable) lines.push(t("improbable", { label, percent: percent(probability) }));
  if (diagnostics.noPositiveEvidence) lines.push(t("doubt-empty", { label }));
  if (diagnostics.partial) lines.push(t("partial", counts(result)));
  return lines;
}

/**
 * A recipe's name, however it was asked for.
 * @param {View["result"]["recipe"]} recipe
 */
export const nameOf = (recipe) => (typeof recipe === "object" ? (recipe?.name ?? "") : recipe);

/**
 * A canvas with the picture and what is shown over it now.
 * @param {View} view
 */
export function drawOverlay(view) {
  const overlay = make("canvas");
  const signed = view.signed();
  if (signed) paintSignedOverlay(overlay, view.result, signed, view.diverging(), view.opacity());
  else paintOverlay(overlay, view.result, view.colours(), view.opacity());
  return overlay;
}

/**
 * A canvas with all of it.
 * @param {View} view
 */
export function drawFigure(view) {
  const overlay = drawOverlay(view);
  const canvas = make("canvas");
  const context = contextOf(canvas);
  const inner = Math.max(NARROWEST, overlay.width);
  context.font = FONT;
  const lines = captionOf(view).flatMap((line) => wrap(context, line, inner));

  canvas.width = inner + 2 * MARGIN;
  canvas.height = overlay.height + 3 * MARGIN + BAR + LINE * (lines.length + 1) + MARGIN / 2;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(overlay, MARGIN + (inner - overlay.width) / 2, MARGIN);

  const signed = view.signed();
  const bar = make("canvas");
  paintBar(bar, signed ? view.diverging() : view.colours());
  const top = overlay.height + 2 * MARGIN;
  context.drawImage(bar, MARGIN, top, inner, BAR);
  // A new size has reset it.
  context.font = FONT;
  context.fillStyle = "#111";
  const scale = top + BAR + LINE - 5;
  const end = signed ? strongestOf(signed) : 1;
  const [low, between, high] = signed
    ? [number(-end, 3), t("againstAndFor"), number(end, 3)]
    : ["0", t("evidence"), "1"];
  /** @type {[string, CanvasTextAlign, number][]} */
  const texts = [
    [low, "left", MARGIN],
    [between, "center", canvas.width / 2],
    [high, "right", canvas.width - MARGIN],
  ];
  for (const [text, align, x] of texts) {
    context.textAlign = align;
    context.fillText(text, x, scale);
  }
  context.textAlign = "left";
  lines.forEach((line, i) => context.fillText(line, MARGIN, scale + MARGIN / 2 + LINE * (i + 1)));
  return canvas;
}

/**
 * Lines no wider than `width`, broken between words where the language has them.
 * @param {CanvasRenderingContext2D} context  @param {string} text  @param {number} width
 */
function wrap(context, text, width) {
  const lines = [""];
  for (const { segment } of new Intl.Segmenter(document.documentElement.lang, { granularity: "word" }).segment(text)) {
    const last = lines[lines.length - 1];
    if (last && context.measureText((last + segment).trimEnd()).width > width) lines.push(segment.trimStart());
    else lines[lines.length - 1] = last + segment;
  }
  return lines;
}
