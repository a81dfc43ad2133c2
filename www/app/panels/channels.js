/** The maps that a heatmap is the weighted sum of: a card for each, one in detail, twelve as a montage. */

import { mapOf, paintImage, paintValues } from "../canvas.js";
import { make } from "../dom.js";
import { number, score, t } from "./i18n.js";
import { createVirtualGrid } from "../virtual_grid.js";

/** A card with its gap, in rem. */
const CARD = { width: 9.5, height: 7.25 };
/** Pixels of a small picture's side. */
const THUMBNAIL = 96;
const GAP = 8;
/** Cards that are painted together: every painting costs the page a frame. */
const BATCH = 16;

/** The order of the cards, by what is compared. */
const ORDERS = {
  weight: (a, b) => b.weight - a.weight,
  score: (a, b) => (b.score ?? -Infinity) - (a.score ?? -Infinity),
  energy: (a, b) => b.energy - a.energy,
  index: (a, b) => a.channel - b.channel,
};

/** `onPin(channel)` is told which card was chosen; `pin(channel)` shows it. */
export function createChannels(panel, { onPin, onError }) {
  const order = panel.querySelector("#channel-order");
  const detail = panel.querySelector("#channel-detail");
  const summary = panel.querySelector("#channel-summary");
  const grid = createVirtualGrid(panel.querySelector("#channel-grid"), { size: CARD, card, onFilled: paintWaiting });
  let shown = null;
  let pinned = null;
  /** Cards whose pictures are still to be asked for. */
  let waiting = [];
  let isPainting = false;

  order.addEventListener("change", arrange);

  function arrange() {
    waiting = [];
    grid.show(shown.found.channels.toSorted(ORDERS[order.value]));
  }

  function card(channel) {
    const state = stateOf(channel);
    const text = t(`channel-${state}`, { weight: number(channel.weight, 3) });
    const value = state === "scored" ? t("channelScore", { score: score(channel.score) }) : "";
    const [map, pair] = ["map", "pair"].map((className) =>
      make("canvas", { className, attributes: { "aria-hidden": "true" } }),
    );
    Object.assign(pair, { width: 2 * THUMBNAIL + GAP, height: THUMBNAIL });
    const button = make(
      "button",
      {
        type: "button",
        attributes: { "aria-pressed": channel.channel === pinned },
      },
      make("span", { className: "thumbnails" }, map, pair),
      make("span", {}, t("channelLabel", { channel: channel.channel, text })),
      " ",
      make("span", {}, value),
    );
    button.dataset.channel = channel.channel;
    button.addEventListener("click", () => onPin(channel.channel));
    paintValues(map, mapOf(shown.found, channel.channel), shown.found);
    if (state !== "constant") waiting.push({ button, channel: channel.channel, pair });
    return button;
  }

  /** The masks and what they left of the picture for the cards that wait and are still in sight, a batch at a time. */
  async function paintWaiting() {
    if (isPainting) return;
    isPainting = true;
    while (shown && waiting.length) {
      const { result } = shown;
      const batch = waiting.splice(0, BATCH).filter(({ button }) => button.isConnected);
      try {
        const pictures = await Promise.all(batch.map(({ channel }) => result.thumbnails(channel, THUMBNAIL)));
        batch.forEach(({ pair }, i) => drawPair(pair, pictures[i]));
      } catch (error) {
        if (shown?.result === result) onError(error);
      }
    }
    isPainting = false;
  }

  /** Marks a channel and shows it: its map, its mask, what that leaves of the picture, and what the network makes of it. */
  async function pin(index) {
    pinned = index;
    for (const button of grid.buttons()) button.setAttribute("aria-pressed", Number(button.dataset.channel) === index);
    const { found, result, label } = shown;
    const channel = found.channels[index];
    const [map, mask, masked] = detail.querySelectorAll("canvas");
    const hasMask = stateOf(channel) !== "constant";
    try {
      const [scaled, picture] = hasMask
        ? await Promise.all([result.scaledMap(index), result.maskedPicture(index)])
        : [];
      if (pinned !== index || shown?.result !== result) return;
      paintValues(map, mapOf(found, index), found);
      map.setAttribute("aria-label", t("channelMap", { channel: index }));
      mask.hidden = masked.hidden = !hasMask;
      if (hasMask) {
        paintValues(mask, scaled.mask, picture);
        mask.setAttribute("aria-label", t("channelMask", { channel: index }));
        paintImage(masked, picture);
        masked.setAttribute("aria-label", t("channelMasked", { channel: index }));
      }
      const values = {
        channel: index,
        label,
        score: score(channel.score ?? 0),
        whole: score(found.pictureScore),
        weight: number(channel.weight, 4),
        low: number(channel.low, 2),
        high: number(channel.high, 2),
      };
      detail.querySelector("p").textContent = t(`channelDetail-${stateOf(channel)}`, values);
      detail.hidden = false;
    } catch (error) {
      onError(error);
    }
  }

  return {
    pin,
    hide() {
      panel.hidden = detail.hidden = true;
      shown = pinned = null;
    },
    show(view) {
      const { found, label } = view;
      shown = view;
      const scored = found.channels.filter(({ score }) => score !== null).length;
      summary.textContent = t("channelSummary", {
        channels: number(found.channels.length),
        scored: number(scored),
        label,
      });
      panel.hidden = false;
      arrange();
      if (pinned !== null) pin(pinned);
    },
  };
}

/** Whether a channel was scored, was left out because its map is constant, or was not reached before the passes ended. */
export function stateOf({ score, low, high }) {
  if (score !== null) return "scored";
  return high > low ? "unreached" : "constant";
}

/** On one canvas: a browser pays for each. */
function drawPair(canvas, { mask, masked }) {
  const context = canvas.getContext("2d");
  context.drawImage(mask, 0, 0);
  context.drawImage(masked, THUMBNAIL + GAP, 0);
  mask.close();
  masked.close();
}
