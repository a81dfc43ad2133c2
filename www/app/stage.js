/** The picture with the heatmap over it, and how it is coloured. The heatmap's own pixels are drawn, the browser scales them. */

import { t } from "./i18n.js";

const FIRST_COLOUR_MAP = "jet";

export function createStage(stage, controls) {
  const picture = stage.querySelector("#picture");
  const heat = stage.querySelector("#heat");
  const bar = controls.querySelector("#colour-bar");
  const opacity = controls.querySelector("#opacity");
  const opacityValue = controls.querySelector("#opacity-value");
  const colourMap = controls.querySelector("#colour-map");
  let colourMaps = {};
  let shown = null;

  opacity.addEventListener("input", applyOpacity);
  colourMap.addEventListener("change", paint);
  applyOpacity();

  function applyOpacity() {
    heat.style.opacity = opacity.value / 100;
    opacityValue.textContent = `${opacity.value} %`;
  }

  function paint() {
    const colours = colourMaps[colourMap.value];
    if (!colours) return;
    paintValues(bar, Float32Array.from({ length: 256 }, (_, i) => i / 255), { width: 256, height: 1 }, colours);
    bar.setAttribute("aria-label", t("colourBarLabel"));
    if (shown) paintValues(heat, shown.values, shown.size, colours);
  }

  return {
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

    /** Colours values in [0, 1], as many as `canvas` has pixels, as the map is coloured now. */
    paint: (canvas, values) => paintValues(canvas, values, canvas, colourMaps[colourMap.value]),

    /** Shows a picture (ImageData) without a map; `region` is the part of it that the network sees. */
    showPicture({ picture: image, region }) {
      shown = null;
      stage.removeAttribute("data-empty");
      picture.width = image.width;
      picture.height = image.height;
      picture.getContext("2d").putImageData(image, 0, 0);
      picture.setAttribute("aria-label", t("pictureLabelPlain"));
      stage.style.setProperty("--aspect", image.width / image.height);
      heat.hidden = true;
      const share = (length, whole) => `${(100 * length) / whole}%`;
      heat.style.left = share(region.x, image.width);
      heat.style.top = share(region.y, image.height);
      heat.style.width = share(region.width, image.width);
      heat.style.height = share(region.height, image.height);
      controls.hidden = false;
      // On a narrow screen the picture is below what was clicked.
      stage.scrollIntoView({ block: "nearest" });
    },

    /** Shows a map, values [height, width] in [0, 1], over the picture. */
    showHeatmap(values, { width, height }, label) {
      shown = { values, size: { width, height } };
      heat.hidden = false;
      if (label) picture.setAttribute("aria-label", t("pictureLabel", { label }));
      paint();
    },
  };
}

function paintValues(canvas, values, { width, height }, colours) {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  values.forEach((value, i) => {
    const colour = 3 * Math.round(255 * value);
    image.data.set([colours[colour], colours[colour + 1], colours[colour + 2], 255], 4 * i);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}
