/** Twelve masked pictures side by side, as in the article: random ones, or those that weigh most. Saved as PNG. */

import { contextOf, find } from "../dom.js";
import { number, t } from "../i18n.js";
import { pngOf, saveFile } from "../save.js";

const [COLUMNS, ROWS] = [4, 3];
/** Pixels between pictures, and of the line of text below each. */
const GAP = 8;
const LINE = 20;
/** Widest side of one picture in pixels. */
const SIDE = 224;

/** @import { Channels, Result } from "../../scorecam.js" */
/** @import { Actions, LayerView, Panel } from "../types.js" */
/** @typedef {Channels["channels"][number]} Channel */

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createMontage(panel, { name, onError }) {
  const choice = find(panel, "#montage-choice", HTMLSelectElement);
  const canvas = find(panel, "#montage", HTMLCanvasElement);
  const save = find(panel, "#montage-save");
  /** @type {LayerView | null} */
  let shown = null;

  find(panel, "#montage-make").addEventListener("click", show);
  save.addEventListener("click", () => saveFile(pngOf(canvas), `${name()}.montage.png`, "image/png"));

  async function show() {
    if (!shown) return;
    const { result, found, label } = shown;
    try {
      const scored = found.channels.filter(({ score }) => score !== null);
      const chosen = PICK[choice.value](scored).slice(0, COLUMNS * ROWS);
      await draw(canvas, chosen, result);
      const channels = chosen.map(({ channel }) => channel).join(t("listSeparator"));
      canvas.setAttribute("aria-label", t("montageLabel", { channels, label }));
      canvas.hidden = save.hidden = false;
    } catch (error) {
      onError(error);
    }
  }

  return {
    hide() {
      canvas.hidden = save.hidden = true;
    },
    show(view) {
      const { found } = view;
      if (view.result !== shown?.result) canvas.hidden = save.hidden = true;
      shown = found && { ...view, found };
    },
  };
}

/** @type {Record<string, (channels: Channel[]) => Channel[]>} */
const PICK = {
  top: (channels) => channels.toSorted((a, b) => b.weight - a.weight),
  random: (channels) => {
    const drawn = channels.map((channel) => ({ lot: Math.random(), channel }));
    return drawn.sort((a, b) => a.lot - b.lot).map(({ channel }) => channel);
  },
};

/** @param {HTMLCanvasElement} canvas  @param {Channel[]} channels  @param {Result} result */
async function draw(canvas, channels, result) {
  const pictures = [];
  for (const { channel } of channels) pictures.push(await createImageBitmap(await result.maskedPicture(channel)));
  const shape = pictures[0].height / pictures[0].width;
  const [width, height] = shape > 1 ? [SIDE / shape, SIDE] : [SIDE, SIDE * shape];
  canvas.width = COLUMNS * (width + GAP) + GAP;
  canvas.height = ROWS * (height + LINE + GAP) + GAP;
  const context = contextOf(canvas);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#111";
  context.font = "14px system-ui, sans-serif";
  pictures.forEach((picture, i) => {
    const [left, top] = [GAP + (i % COLUMNS) * (width + GAP), GAP + Math.floor(i / COLUMNS) * (height + LINE + GAP)];
    context.drawImage(picture, left, top, width, height);
    const { channel, weight } = channels[i];
    context.fillText(t("montageCaption", { channel, weight: number(weight, 3) }), left, top + height + LINE - 5, width);
  });
}
