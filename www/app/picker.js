/** Every way to a picture: a sample, a file, dropped or pasted. A network can be dropped too. */

import { make } from "./dom.js";
import { t } from "./i18n.js";

const SAMPLES = [
  "chelsea.png",
  "cat_and_coffee.jpg",
  "coffee.png",
  "camera.png",
  "astronaut.png",
  "grace_hopper.jpg",
  "rocket.jpg",
];

/** @param {string} file */
const stem = (file) => file.replace(/\.[^.]*$/, "");

/**
 * @typedef {object} Options
 * @property {HTMLElement} zone
 * @property {HTMLInputElement[]} inputs
 * @property {HTMLElement} samples
 * @property {(blob: Blob, name: string) => void} onPicture
 * @property {(file: File) => void} onModel
 * @property {(error: unknown) => void} onError
 */

/** @param {Options} options */
export function createPicker({ zone, inputs, samples, onPicture, onModel, onError }) {
  /** @param {File} file */
  const choose = (file) => onPicture(file, stem(file.name || "picture"));

  for (const input of inputs) {
    input.addEventListener("change", () => {
      if (input.files?.[0]) choose(input.files[0]);
      input.value = ""; // so that the same file can be chosen again
    });
  }

  // The whole page takes drops; a file that misses the zone would otherwise replace the page.
  for (const event of ["dragenter", "dragover"]) {
    document.addEventListener(event, (drag) => {
      drag.preventDefault();
      zone.classList.add("dragging");
    });
  }
  document.addEventListener("dragleave", (drag) => drag.relatedTarget || zone.classList.remove("dragging"));
  document.addEventListener("drop", (drop) => {
    drop.preventDefault();
    zone.classList.remove("dragging");
    const [file] = drop.dataTransfer?.files ?? [];
    if (file?.name.toLowerCase().endsWith(".onnx")) onModel(file);
    else if (file) choose(file);
  });

  document.addEventListener("paste", (paste) => {
    const file = [...(paste.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (file) choose(file);
    else onError({ message: t("noPictureInPaste"), hint: "" });
  });

  /** @param {string} file */
  async function chooseSample(file) {
    try {
      const response = await fetch(`samples/${file}`);
      if (!response.ok) throw new Error(`${file}: ${response.status} ${response.statusText}`);
      onPicture(await response.blob(), stem(file));
    } catch (error) {
      onError(error);
    }
  }

  function translate() {
    samples.replaceChildren(
      ...SAMPLES.map((file) => {
        const name = t(`sample-${stem(file)}`);
        const image = make("img", { src: `samples/${file}`, alt: name, decoding: "async" });
        const button = make("button", { type: "button", title: name }, image);
        button.addEventListener("click", () => chooseSample(file));
        return make("li", {}, button);
      }),
    );
  }

  translate();
  return { translate };
}
