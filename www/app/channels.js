/** The maps that a heatmap is the weighted sum of: a card for each, and one in detail. */

import { number, score, t } from "./i18n.js";

/** The order of the cards, by what is compared. */
const ORDERS = {
  weight: (a, b) => b.weight - a.weight,
  score: (a, b) => (b.score ?? -Infinity) - (a.score ?? -Infinity),
  energy: (a, b) => b.energy - a.energy,
  index: (a, b) => a.channel - b.channel,
};

export function createChannels(panel, onError) {
  const grid = panel.querySelector("#channel-grid");
  const order = panel.querySelector("#channel-order");
  const detail = panel.querySelector("#channel-detail");
  const summary = panel.querySelector("#channel-summary");
  let shown = null;
  let chosen = null;

  // Only the cards that come into sight are painted.
  const painter = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      painter.unobserve(target);
      paintMap(target.querySelector("canvas"), shown.found, shown.byChannel.get(Number(target.dataset.channel)));
    }
  });

  order.addEventListener("change", arrange);

  /** Puts the cards in order. */
  function arrange() {
    painter.disconnect();
    const sorted = shown.found.channels.toSorted(ORDERS[order.value]);
    grid.replaceChildren(...sorted.map(card));
    for (const button of grid.querySelectorAll("button")) painter.observe(button);
  }

  function card(channel) {
    const { width, height } = shown.found;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.setAttribute("aria-hidden", "true");
    const text = document.createElement("span");
    text.textContent = channel.score === null ? t("channelSkipped") : t("channelWeight", { weight: number(channel.weight, 3) });
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.dataset.channel = channel.channel;
    button.setAttribute("aria-label", t("channelLabel", { channel: channel.channel, text: text.textContent }));
    button.setAttribute("aria-pressed", String(channel.channel === chosen));
    button.append(canvas, text);
    button.addEventListener("click", () => choose(channel.channel));
    const entry = document.createElement("li");
    entry.append(button);
    return entry;
  }

  /** Shows one channel: its map, what its mask leaves of the picture, and what the network makes of that. */
  async function choose(index) {
    chosen = index;
    for (const button of grid.querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.dataset.channel) === index));
    const { found, byChannel, result, label, paint } = shown;
    const channel = byChannel.get(index);
    const [map, masked] = detail.querySelectorAll("canvas");
    const isScored = channel.score !== null;
    try {
      const picture = isScored ? await result.maskedPicture(index) : null;
      if (chosen !== index) return;
      Object.assign(map, { width: found.width, height: found.height });
      paint(map, mapValues(found, channel));
      map.setAttribute("aria-label", t("channelMap", { channel: index }));
      masked.hidden = !isScored;
      if (picture) {
        Object.assign(masked, { width: picture.width, height: picture.height });
        masked.getContext("2d").putImageData(picture, 0, 0);
        masked.setAttribute("aria-label", t("channelMasked", { channel: index }));
      }
      const values = { channel: index, label, score: score(channel.score ?? 0), whole: score(found.pictureScore), weight: number(channel.weight, 4), low: number(channel.low, 2), high: number(channel.high, 2) };
      detail.querySelector("p").textContent = t(isScored ? "channelDetail" : "channelDetailSkipped", values);
      detail.hidden = false;
    } catch (error) {
      onError(error);
    }
  }

  return {
    hide() {
      panel.hidden = true;
      detail.hidden = true;
      chosen = null;
    },
    /** Shows the channels of a result; `paint(canvas, values)` colours values in [0, 1]. */
    async show(result, label, paint) {
      try {
        const found = await result.channels();
        shown = { found, result, label, paint, byChannel: new Map(found.channels.map((channel) => [channel.channel, channel])) };
        const scored = found.channels.filter(({ score }) => score !== null).length;
        summary.textContent = t("channelSummary", { channels: number(found.channels.length), scored: number(scored), label });
        arrange();
        panel.hidden = false;
        if (chosen !== null) await choose(chosen);
      } catch (error) {
        onError(error);
      }
    },
  };
}

/** A channel's map scaled to [0, 1]; a constant one is all zero. */
function mapValues({ maps, width, height }, { channel, low, high }) {
  const span = high - low || 1;
  return maps.subarray(channel * width * height, (channel + 1) * width * height).map((value) => (value - low) / span);
}

/** In grey: hundreds of colours side by side say less. */
function paintMap(canvas, found, channel) {
  const image = new ImageData(found.width, found.height);
  mapValues(found, channel).forEach((value, i) => image.data.set([255 * value, 255 * value, 255 * value, 255], 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
}
