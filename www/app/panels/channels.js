/** The maps that a heatmap is the weighted sum of: a card for each, one in detail, twelve as a montage. */

import { mapOf, paintImage, paintValues } from "../canvas.js";
import { contextOf, find, findAll, make } from "../dom.js";
import { number, score, t } from "../i18n.js";
import { createVirtualGrid } from "../virtual_grid.js";

/** A card with its gap, in rem. */
const CARD = { width: 9.5, height: 7.25 };
/** Pixels of a small picture's side. */
const THUMBNAIL = 96;
const GAP = 8;
/** Cards that are painted together: every painting costs the page a frame. */
const BATCH = 16;

/** @import { Channels } from "../../scorecam.js" */
/** @import { Actions, LayerView, Panel } from "../types.js" */
/** @typedef {Channels["channels"][number]} Channel */

/**
 * The order of the cards, by what is compared.
 * @type {Record<string, (a: Channel, b: Channel) => number>}
 */
const ORDERS = {
  weight: (a, b) => b.weight - a.weight,
  score: (a, b) => (b.score ?? -Infinity) - (a.score ?? -Infinity),
  energy: (a, b) => b.energy - a.energy,
  index: (a, b) => a.channel - b.channel,
};

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createChannels(panel, { pin: onPin, onError }) {
  const order = find(panel, "#channel-order", HTMLSelectElement);
  const detail = find(panel, "#channel-detail");
  const summary = find(panel, "#channel-summary");
  const grid = createVirtualGrid(find(panel, "#channel-grid"), { size: CARD, card, onFilled: paintWaiting });
  /** @type {LayerView | null} */
  let shown = null;
  /** @type {number | null} */
  let pinned = null;
  /**
   * Cards whose pictures are still to be asked for.
   * @type {{ button: HTMLButtonElement, channel: number, pair: HTMLCanvasElement }[]}
   */
  let waiting = [];
  let isPainting = false;

  order.addEventListener("change", arrange);

  function arrange() {
    waiting = [];
    if (shown) grid.show(shown.found.channels.toSorted(ORDERS[order.value]));
  }

  /** @param {Channel} channel */
  function card(channel) {
    const state = stateOf(channel);
    const text = t(`channel-${state}`, { weight: number(channel.weight, 3) });
    const value = state === "scored" ? t("channelScore", { score: score(channel.score ?? 0) }) : "";
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
    button.dataset.channel = String(channel.channel);
    button.addEventListener("click", () => onPin(channel.channel));
    if (shown) paintValues(map, mapOf(shown.found, channel.channel), shown.found);
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

  /**
   * Marks a channel and shows it: its map, its mask, what that leaves of the picture, and what the network makes of it.
   * @param {number} index
   */
  async function pin(index) {
    if (!shown) return;
    pinned = index;
    for (const button of grid.buttons())
      button.setAttribute("aria-pressed", String(Number(button.dataset.channel) === index));
    const { found, result, label } = shown;
    const channel = found.channels[index];
    const [map, mask, masked] = findAll(detail, "canvas", HTMLCanvasElement);
    const hasMask = stateOf(channel) !== "constant";
    try {
      const [scaled, picture] = hasMask
        ? await Promise.all([result.scaledMap(index), result.maskedPicture(index)])
        : [];
      if (pinned !== index || shown?.result !== result) return;
      paintValues(map, mapOf(found, index), found);
      map.setAttribute("aria-label", t("channelMap", { channel: index }));
      mask.hidden = masked.hidden = !hasMask;
      if (scaled && picture) {
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
      find(detail, "p").textContent = t(`channelDetail-${stateOf(channel)}`, values);
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
      panel.hidden = !found;
      if (!found) return;
      shown = { ...view, found };
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

/**
 * Whether a channel was scored, was left out because its map is constant, or was not reached before the passes ended.
 * @param {Pick<Channel, "score" | "low" | "high">} channel
 */
export function stateOf({ score, low, high }) {
  if (score !== null) return "scored";
  return high > low ? "unreached" : "constant";
}

/**
 * On one canvas: a browser pays for each.
 * @param {HTMLCanvasElement} canvas  @param {{ mask: ImageBitmap, masked: ImageBitmap }} pair
 */
function drawPair(canvas, { mask, masked }) {
  const context = contextOf(canvas);
  context.drawImage(mask, 0, 0);
  context.drawImage(masked, THUMBNAIL + GAP, 0);
  mask.close();
  masked.close();
}
