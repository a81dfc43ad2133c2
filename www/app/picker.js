/** Every way to a picture: a sample, a file, dropped or pasted. A network can be dropped too, and several pictures or a folder of them. */

import { ofDrop, ofFiles } from "./batch/intake.js";
import { make } from "./dom.js";
import { t } from "./i18n.js";
import { SAMPLES } from "./samples.js";

/** @param {string} file */
const stem = (file) => file.replace(/\.[^.]*$/, "");

/**
 * @typedef {object} Options
 * @property {HTMLElement} zone
 * @property {HTMLInputElement[]} inputs
 * @property {HTMLElement} samples
 * @property {(blob: Blob, name: string) => void} onPicture
 * @property {(given: import("./batch/intake.js").Given[]) => void} onMany
 * @property {(file: File) => void} onModel
 * @property {(error: unknown) => void} onError
 */

/** @param {Options} options */
export function createPicker({ zone, inputs, samples, onPicture, onMany, onModel, onError }) {
  /** @param {File} file */
  const choose = (file) => onPicture(file, stem(file.name || "picture"));

  /** A picture or a network. @param {File} file */
  const open = (file) => (file.name.toLowerCase().endsWith(".onnx") ? onModel(file) : choose(file));

  for (const input of inputs) {
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      if (files.length > 1) onMany(ofFiles(files));
      else if (files.length) choose(files[0]);
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
    if (!drop.dataTransfer) return;
    const { isMany, read } = ofDrop(drop.dataTransfer);
    const [file] = drop.dataTransfer.files;
    if (isMany) read().then(onMany, onError);
    else if (file) open(file);
  });

  document.addEventListener("paste", (paste) => {
    const file = [...(paste.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (file) choose(file);
    else onError({ message: t("noPictureInPaste"), hint: "" });
  });

  /** @param {typeof SAMPLES[number]} sample */
  async function chooseSample({ name, read }) {
    try {
      onPicture(await read(), name);
    } catch (error) {
      onError(error);
    }
  }

  function translate() {
    samples.replaceChildren(
      ...SAMPLES.map((sample) => {
        const name = t(`sample-${sample.name}`);
        const thumbnail = make("span", { className: "thumbnail" });
        const button = make("button", { type: "button", title: name, attributes: { "aria-label": name } }, thumbnail);
        button.addEventListener("click", () => chooseSample(sample));
        return make("li", {}, button);
      }),
    );
  }

  translate();
  return { translate, open };
}
