/** Twelve masked pictures side by side, as in the article: random ones, or those that weigh most. Saved as PNG. */

import { number, t } from "./i18n.js";
import { pngOf, saveFile } from "../save.js";

const [COLUMNS, ROWS] = [4, 3];
/** Pixels between pictures, and of the line of text below each. */
const GAP = 8;
const LINE = 20;
/** Widest side of one picture in pixels. */
const SIDE = 224;

export function createMontage(panel, { name, onError }) {
  const choice = panel.querySelector("#montage-choice");
  const canvas = panel.querySelector("#montage");
  const save = panel.querySelector("#montage-save");
  let shown = null;

  panel.querySelector("#montage-make").addEventListener("click", show);
  save.addEventListener("click", () => saveFile(pngOf(canvas), `${name()}.montage.png`, "image/png"));

  async function show() {
    const { result, found, label } = shown;
    try {
      const chosen = PICK[choice.value](found.channels.filter(({ score }) => score !== null)).slice(0, COLUMNS * ROWS);
      await draw(canvas, chosen, result);
      canvas.setAttribute(
        "aria-label",
        t("montageLabel", { channels: chosen.map(({ channel }) => channel).join(t("listSeparator")), label }),
      );
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
      if (view.result !== shown?.result) canvas.hidden = save.hidden = true;
      shown = view;
    },
  };
}

const PICK = {
  top: (channels) => channels.toSorted((a, b) => b.weight - a.weight),
  random: (channels) =>
    channels
      .map((channel) => [Math.random(), channel])
      .sort(([a], [b]) => a - b)
      .map(([, channel]) => channel),
};

async function draw(canvas, channels, result) {
  const pictures = [];
  for (const { channel } of channels) pictures.push(await createImageBitmap(await result.maskedPicture(channel)));
  const shape = pictures[0].height / pictures[0].width;
  const [width, height] = shape > 1 ? [SIDE / shape, SIDE] : [SIDE, SIDE * shape];
  canvas.width = COLUMNS * (width + GAP) + GAP;
  canvas.height = ROWS * (height + LINE + GAP) + GAP;
  const context = canvas.getContext("2d");
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
