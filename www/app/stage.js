/** The picture with the heatmap over it, and how it is coloured. The heatmap's own pixels are drawn, the browser scales them. */

import { paintBar, paintImage, paintSigned, paintValues, strongestOf } from "./canvas.js";
import { find, findAll } from "./dom.js";
import { number, percent, t } from "./i18n.js";
import { counts } from "./panels/doubts.js";

/** @import { Classified, Result, Signed } from "../scorecam.js" */
/** @import { Palette, Size, View } from "./types.js" */

const FIRST_COLOUR_MAP = "jet";

/**
 * @param {HTMLElement} stage
 * @param {HTMLElement} controls
 * @param {{ onChange: () => void, onError: (error: unknown) => void }} told  of other colours, and of what goes wrong
 */
export function createStage(stage, controls, { onChange, onError }) {
  const [picture, heat] = ["#picture", "#heat"].map((id) => find(stage, id, HTMLCanvasElement));
  const badge = find(stage, "#partial");
  const bar = find(controls, "#colour-bar", HTMLCanvasElement);
  const scale = findAll(controls, ".colour-bar-scale span");
  const [opacity, isSigned] = ["#opacity", "#signed"].map((id) => find(controls, id, HTMLInputElement));
  const opacityValue = find(controls, "#opacity-value");
  const colourMap = find(controls, "#colour-map", HTMLSelectElement);
  /** @type {Record<string, Uint8Array>} */
  let colourMaps = {};
  /** @type {Uint8Array} */
  let diverging = new Uint8Array(3 * 256);
  /**
   * The map that is shown, and the result that it belongs to once there is one.
   * @type {{ values: Float32Array, size: Size, result: Result | null } | null}
   */
  let shown = null;
  /**
   * What speaks for and against, where that is shown.
   * @type {Signed | null}
   */
  let signed = null;

  opacity.addEventListener("input", applyOpacity);
  opacity.addEventListener("change", onChange);
  colourMap.addEventListener("change", () => {
    paint();
    onChange();
  });
  isSigned.addEventListener("change", async () => {
    await showSigned();
    onChange();
  });
  applyOpacity();

  function applyOpacity() {
    heat.style.opacity = String(Number(opacity.value) / 100);
    opacityValue.textContent = percent(Number(opacity.value) / 100, 0);
  }

  /** Asks for what speaks for and against, if that is to be shown. */
  async function showSigned() {
    const { result } = shown ?? {};
    signed = null;
    if (isSigned.checked && result) {
      try {
        const found = await result.signed();
        if (shown?.result === result && isSigned.checked) signed = found;
      } catch (error) {
        onError(error);
      }
    }
    paint();
  }

  function paint() {
    const colours = colourMaps[colourMap.value];
    if (!colours) return;
    colourMap.disabled = signed !== null;
    stage.classList.toggle("signed", signed !== null);
    const ends = signed ? strongestOf(signed) : 1;
    const texts = signed ? [number(-ends, 3), t("againstAndFor"), number(ends, 3)] : ["0", t("evidence"), "1"];
    scale.forEach((part, i) => (part.textContent = texts[i]));
    paintBar(bar, signed ? diverging : colours);
    bar.setAttribute(
      "aria-label",
      signed ? t("divergingBarLabel", { low: texts[0], high: texts[2] }) : t("colourBarLabel"),
    );
    if (signed) paintSigned(heat, signed.values, signed, ends, diverging);
    else if (shown) paintValues(heat, shown.values, shown.size, colours);
  }

  /** @param {Float32Array} values  @param {Size} size  @param {Result | null} result */
  function showMap(values, { width, height }, result) {
    shown = { values, size: { width, height }, result };
    heat.hidden = false;
    signed = null;
    paint();
  }

  /** On a narrow screen the picture is below what was clicked. */
  function reveal() {
    const { top, bottom } = stage.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) stage.closest("section")?.scrollIntoView({ block: "start" });
  }

  /** @type {Palette} */
  const palette = {
    colours: () => colourMaps[colourMap.value],
    diverging: () => diverging,
    opacity: () => Number(opacity.value) / 100,
    paint: (canvas, values, size = canvas) => paintValues(canvas, values, size, colourMaps[colourMap.value]),
    view: () => ({
      colourMap: colourMap.value,
      opacity: Number(opacity.value) / 100,
      isSigned: signed !== null,
    }),
    signed: () => signed,
  };

  /**
   * Shows a picture without a map; `region` is the part of it that the network sees.
   * @param {Pick<Classified, "picture" | "region">} classified
   */
  function showPicture({ picture: image, region }) {
    shown = signed = null;
    stage.removeAttribute("data-empty");
    paintImage(picture, image);
    picture.setAttribute("aria-label", t("pictureLabelPlain"));
    stage.style.setProperty("--aspect", String(image.width / image.height));
    heat.hidden = badge.hidden = true;
    /** @param {number} length  @param {number} whole */
    const share = (length, whole) => `${(100 * length) / whole}%`;
    heat.style.left = share(region.x, image.width);
    heat.style.top = share(region.y, image.height);
    heat.style.width = share(region.width, image.width);
    heat.style.height = share(region.height, image.height);
    controls.hidden = false;
    reveal();
  }

  return {
    palette,
    reveal,
    showPicture,
    translate() {
      applyOpacity();
      paint();
    },

    /** How the map is coloured now. */
    view: palette.view,

    /** @param {Record<string, Uint8Array>} maps  @param {Uint8Array} divergingColours */
    setColourMaps(maps, divergingColours) {
      colourMaps = maps;
      diverging = divergingColours;
      colourMap.replaceChildren(...Object.keys(maps).map((name) => new Option(name, name)));
      colourMap.value = FIRST_COLOUR_MAP;
      paint();
    },

    /**
     * Colours and opacity as a link names them.
     * @param {{ colours?: string, opacity?: string }} wished
     */
    setView({ colours = "", opacity: percent = "" }) {
      if (colours in colourMaps) colourMap.value = colours;
      if (percent !== "" && Number(percent) >= 0 && Number(percent) <= 100) opacity.value = percent;
      applyOpacity();
      paint();
    },

    /**
     * Shows a map in the making, values [height, width] in [0, 1], over the picture.
     * @param {Float32Array} values  @param {Size} size
     */
    showHeatmap: (values, size) => showMap(values, size, null),

    /**
     * Shows a result: its map, of what, and whether all of it is there.
     * @param {View} view
     */
    showResult({ result, label }) {
      showMap(result.heatmap, result, result);
      if (isSigned.checked) showSigned();
      picture.setAttribute("aria-label", t("pictureLabel", { label }));
      const { partial, improbable } = result.diagnostics;
      badge.hidden = !partial && !improbable;
      badge.textContent = [
        improbable ? t("improbable", { label, percent: percent(result.probability) }) : "",
        partial ? t("partial", counts(result)) : "",
      ]
        .filter(Boolean)
        .join(" · ");
      stage.classList.toggle("improbable", improbable);
    },
  };
}
