/** The picture with the heatmap over it, and how it is coloured. The heatmap's own pixels are drawn, the browser scales them. */

import { paintImage, paintValues } from "./canvas.js";
import { counts } from "./panels/doubts.js";
import { percent, t } from "./i18n.js";

const FIRST_COLOUR_MAP = "jet";

/** `onChange` is told when colours or opacity have changed. */
export function createStage(stage, controls, onChange) {
  const picture = stage.querySelector("#picture");
  const heat = stage.querySelector("#heat");
  const bar = controls.querySelector("#colour-bar");
  const opacity = controls.querySelector("#opacity");
  const opacityValue = controls.querySelector("#opacity-value");
  const colourMap = controls.querySelector("#colour-map");
  const badge = stage.querySelector("#partial");
  let colourMaps = {};
  let shown = null;

  opacity.addEventListener("input", applyOpacity);
  opacity.addEventListener("change", onChange);
  colourMap.addEventListener("change", () => {
    paint();
    onChange();
  });
  applyOpacity();

  function applyOpacity() {
    heat.style.opacity = opacity.value / 100;
    opacityValue.textContent = percent(opacity.value / 100, 0);
  }

  function paint() {
    const colours = colourMaps[colourMap.value];
    if (!colours) return;
    paintValues(
      bar,
      Float32Array.from({ length: 256 }, (_, i) => i / 255),
      { width: 256, height: 1 },
      colours,
    );
    bar.setAttribute("aria-label", t("colourBarLabel"));
    if (shown) paintValues(heat, shown.values, shown.size, colours);
  }

  return {
    translate() {
      applyOpacity();
      paint();
    },

    /** How the map is coloured now. */
    view: () => ({ colourMap: colourMap.value, opacity: opacity.value / 100 }),

    setColourMaps(maps) {
      colourMaps = maps;
      colourMap.replaceChildren(...Object.keys(maps).map((name) => new Option(name, name)));
      colourMap.value = FIRST_COLOUR_MAP;
      paint();
    },

    /** Colours and opacity as a link names them. */
    setView({ colours, opacity: percent }) {
      if (colours in colourMaps) colourMap.value = colours;
      if (percent >= 0 && percent <= 100) opacity.value = percent;
      applyOpacity();
      paint();
    },

    /** The table of colours now, and how opaque they are. */
    colours: () => colourMaps[colourMap.value],
    opacity: () => opacity.value / 100,

    /** Colours values in [0, 1], [height, width] = `size`, as the map is coloured now. */
    paint: (canvas, values, size = canvas) => paintValues(canvas, values, size, colourMaps[colourMap.value]),

    /** Shows a picture (ImageData) without a map; `region` is the part of it that the network sees. */
    showPicture({ picture: image, region }) {
      shown = null;
      stage.removeAttribute("data-empty");
      paintImage(picture, image);
      picture.setAttribute("aria-label", t("pictureLabelPlain"));
      stage.style.setProperty("--aspect", image.width / image.height);
      heat.hidden = badge.hidden = true;
      const share = (length, whole) => `${(100 * length) / whole}%`;
      heat.style.left = share(region.x, image.width);
      heat.style.top = share(region.y, image.height);
      heat.style.width = share(region.width, image.width);
      heat.style.height = share(region.height, image.height);
      controls.hidden = false;
      this.reveal();
    },

    /** On a narrow screen the picture is below what was clicked. */
    reveal() {
      const { top, bottom } = stage.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight) stage.closest("section").scrollIntoView({ block: "start" });
    },

    /** Shows a map, values [height, width] in [0, 1], over the picture. */
    showHeatmap(values, { width, height }) {
      shown = { values, size: { width, height } };
      heat.hidden = false;
      paint();
    },

    /** Shows a result: its map, of what, and whether all of it is there. */
    showResult({ result, label }) {
      this.showHeatmap(result.heatmap, result);
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
