/** A network of the visitor's own: its file, how it wants its pictures, the names of its classes. */

import { find } from "./dom.js";
import { t } from "./i18n.js";

/** @import { InputSpec, Model, Preset } from "../scorecam.js" */

const CUSTOM = "custom";

/**
 * @param {HTMLElement} container
 * @param {{ onFile: (file: File) => void, onApply: (corrected: { input: Partial<InputSpec>, labels?: File }) => void }} told
 *   of the .onnx file, and of the form when it was corrected
 */
export function createOwnModel(container, { onFile, onApply }) {
  /** @param {string} name */
  const menu = (name) => find(container, `[name="${name}"]`, HTMLSelectElement);
  /** @param {string} name */
  const field = (name) => find(container, `[name="${name}"]`, HTMLInputElement);
  const file = field("own-file");
  const form = find(container, "form", HTMLFormElement);
  const title = find(container, "legend");
  const clues = find(container, ".clues");
  const [preset, order, range, resize, resample] = ["preset", "order", "range", "resize", "resample"].map(menu);
  const [mean, std, width, height, crop, labels] = ["mean", "std", "width", "height", "crop", "labels"].map(field);
  /** @type {(Preset & { name: string })[]} */
  let presets = [];
  /** @type {Model | null} */
  let model = null;

  file.addEventListener("change", () => {
    if (file.files?.[0]) onFile(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  });

  preset.addEventListener("change", () => {
    const chosen = presets.find(({ name }) => name === preset.value);
    if (chosen) fill(chosen);
  });
  for (const each of [order, range, mean, std]) each.addEventListener("input", showPreset);

  form.addEventListener("submit", (submit) => {
    submit.preventDefault();
    const input = /** @type {Partial<InputSpec>} */ ({
      order: order.value,
      range: range.value,
      resize: resize.value,
      resample: resample.value || undefined,
      crop: crop.value === "" ? 1 : Number(crop.value),
      mean: numbers(mean),
      std: numbers(std),
      width: Number(width.value),
      height: Number(height.value),
    });
    onApply({ input, labels: labels.files?.[0] });
  });

  /** @param {Preset} values */
  function fill(values) {
    order.value = values.order;
    range.value = values.range;
    mean.value = written(values.mean);
    std.value = written(values.std);
  }

  /** Chooses the preset that the fields amount to, or "custom". */
  function showPreset() {
    /** @param {Preset} other */
    const same = (other) =>
      other.order === order.value &&
      other.range === range.value &&
      written(other.mean) === written(numbers(mean)) &&
      written(other.std) === written(numbers(std));
    preset.value = presets.find(same)?.name ?? CUSTOM;
  }

  function translate() {
    for (const option of preset.options) option.text = t(`preset-${option.value}`);
    if (!model) return;
    title.textContent = t("ownTitle", { model: model.title });
    clues.textContent = [...model.clues.map((clue) => t(`clue-${clue}`)), t(`output-${model.output}`)].join(" ");
  }

  return {
    translate,
    /** @param {(Preset & { name: string })[]} values */
    setPresets(values) {
      presets = values;
      preset.replaceChildren(...[...presets.map(({ name }) => name), CUSTOM].map((name) => new Option(name, name)));
      translate();
    },
    /**
     * Shows the form for a network that was loaded from a file.
     * @param {Model} loaded
     */
    show(loaded) {
      model = loaded;
      const { input } = model;
      fill(input);
      resize.value = input.resize;
      resample.value = input.resample ?? "";
      [width.value, height.value, crop.value] = [input.width, input.height, input.crop ?? 1].map(String);
      // A size that the graph fixes cannot be changed.
      width.disabled = height.disabled = !model.clues.includes("size-open");
      labels.value = "";
      showPreset();
      translate();
      form.hidden = false;
    },
    hide() {
      form.hidden = true;
    },
    /**
     * While a network is being loaded the form cannot be sent again.
     * @param {boolean} busy
     */
    setBusy(busy) {
      find(form, "fieldset", HTMLFieldSetElement).disabled = busy;
    },
  };
}

/**
 * "0.5, 0.5, 0.5" as three numbers; NaN where there is none, which the core refuses with a sentence.
 * @param {HTMLInputElement} field
 */
function numbers(field) {
  const values = field.value.split(",").map((text) => (text.trim() === "" ? NaN : Number(text)));
  return values.length === 3 ? values : [NaN, NaN, NaN];
}

/**
 * Numbers as they are typed; the core keeps them in 32 bits, whose further digits nobody typed.
 * @param {number[]} values
 */
const written = (values) => values.map((value) => Number(value.toPrecision(6))).join(", ");
