/** A picture to take home: the map over the picture, a bar of its colours, and a caption that says what it is. */

import { paintOverlay, paintValues } from "./canvas.js";
import { counts } from "./panels/doubts.js";
import { percent, t } from "./i18n.js";

/** Narrower pictures get a wider sheet, so that the caption can be read. */
const NARROWEST = 420;
const MARGIN = 16;
const BAR = 14;
const LINE = 22;
const FONT = '15px system-ui, "Hiragino Sans", "Noto Sans CJK JP", sans-serif';

/** The lines below a map: what it shows, how it was made, and whether it is complete. */
export function captionOf({ result, label, model, version }) {
  const { probability, recipe, layer, diagnostics } = result;
  const name = recipe.name ?? recipe;
  const lines = [
    t("captionClass", { label, percent: percent(probability) }),
    t("captionRecipe", { model: model.title, layer: layer.name, recipe: name, version }),
  ];
  if (diagnostics.improbable) lines.push(t("improbable", { label, percent: percent(probability) }));
  if (diagnostics.noPositiveEvidence) lines.push(t("doubt-empty", { label }));
  if (diagnostics.partial) lines.push(t("partial", counts(result)));
  return lines;
}

/** A canvas with all of it. */
export function drawFigure(view) {
  const overlay = document.createElement("canvas");
  paintOverlay(overlay, view.result, view.colours(), view.opacity());
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const inner = Math.max(NARROWEST, overlay.width);
  context.font = FONT;
  const lines = captionOf(view).flatMap((line) => wrap(context, line, inner));

  canvas.width = inner + 2 * MARGIN;
  canvas.height = overlay.height + 3 * MARGIN + BAR + LINE * (lines.length + 1) + MARGIN / 2;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(overlay, MARGIN + (inner - overlay.width) / 2, MARGIN);

  const bar = document.createElement("canvas");
  paintValues(
    bar,
    Float32Array.from({ length: 256 }, (_, i) => i / 255),
    { width: 256, height: 1 },
    view.colours(),
  );
  const top = overlay.height + 2 * MARGIN;
  context.drawImage(bar, MARGIN, top, inner, BAR);
  // A new size has reset it.
  context.font = FONT;
  context.fillStyle = "#111";
  const scale = top + BAR + LINE - 5;
  for (const [text, align, x] of [
    ["0", "left", MARGIN],
    [t("evidence"), "center", canvas.width / 2],
    ["1", "right", canvas.width - MARGIN],
  ]) {
    context.textAlign = align;
    context.fillText(text, x, scale);
  }
  context.textAlign = "left";
  lines.forEach((line, i) => context.fillText(line, MARGIN, scale + MARGIN / 2 + LINE * (i + 1)));
  return canvas;
}

/** Lines no wider than `width`, broken between words where the language has them. */
function wrap(context, text, width) {
  const lines = [""];
  for (const { segment } of new Intl.Segmenter(document.documentElement.lang, { granularity: "word" }).segment(text)) {
    const longer = lines.at(-1) + segment;
    if (lines.at(-1) && context.measureText(longer.trimEnd()).width > width) lines.push(segment.trimStart());
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
