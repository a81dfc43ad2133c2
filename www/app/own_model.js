/** A network of the visitor's own: its file, how it wants its pictures, the names of its classes. */

import { t } from "./i18n.js";

const CUSTOM = "custom";

/**
 * `onFile` gets the .onnx file; `onApply` gets { input, labels } when the form was corrected.
 */
export function createOwnModel(container, { onFile, onApply }) {
  const element = (name) => container.querySelector(`[name="${name}"]`);
  const file = element("own-file");
  const form = container.querySelector("form");
  const title = container.querySelector("legend");
  const clues = container.querySelector(".clues");
  const [preset, order, range, resize] = ["preset", "order", "range", "resize"].map(element);
  const [mean, std, width, height, labels] = ["mean", "std", "width", "height", "labels"].map(element);
  let presets = [];
  let model = null;

  file.addEventListener("change", () => {
    if (file.files[0]) onFile(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  });

  preset.addEventListener("change", () => {
    const chosen = presets.find(({ name }) => name === preset.value);
    if (chosen) fill(chosen);
  });
  for (const field of [order, range, mean, std]) field.addEventListener("input", showPreset);

  form.addEventListener("submit", (submit) => {
    submit.preventDefault();
    onApply({
      input: {
        order: order.value,
        range: range.value,
        resize: resize.value,
        mean: numbers(mean),
        std: numbers(std),
        width: Number(width.value),
        height: Number(height.value),
      },
      labels: labels.files[0],
    });
  });

  function fill(values) {
    order.value = values.order;
    range.value = values.range;
    mean.value = written(values.mean);
    std.value = written(values.std);
  }

  /** Chooses the preset that the fields amount to, or "custom". */
  function showPreset() {
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
    setPresets(values) {
      presets = values;
      preset.replaceChildren(...[...presets.map(({ name }) => name), CUSTOM].map((name) => new Option(name, name)));
      translate();
    },
    /** Shows the form for a network that was loaded from a file. */
    show(loaded) {
      model = loaded;
      fill(model.input);
      resize.value = model.input.resize;
      [width.value, height.value] = [model.input.width, model.input.height];
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
    /** While a network is being loaded the form cannot be sent again. */
    setBusy(busy) {
      form.querySelector("fieldset").disabled = busy;
    },
  };
}

/** "0.5, 0.5, 0.5" as three numbers; NaN where there is none, which the core refuses with a sentence. */
function numbers(field) {
  const values = field.value.split(",").map((text) => (text.trim() === "" ? NaN : Number(text)));
  return values.length === 3 ? values : [NaN, NaN, NaN];
}

/** Numbers as they are typed; the core keeps them in 32 bits, whose further digits nobody typed. */
const written = (values) => values.map((value) => Number(value.toPrecision(6))).join(", ");
