/** Which layer is explained, and by which variant of the method. */

import { number, t } from "./i18n.js";

const MATLAB = "matlab";

export function createSettings(container, { onLayer, onRecipe }) {
  const layer = container.querySelector("#layer");
  const recipe = container.querySelector("#recipe");
  const hint = container.querySelector("#recipe-hint");
  const columnwise = container.querySelector("#columnwise");
  const columnwiseField = container.querySelector("#columnwise-field");
  let model = null;

  const chosen = () => ({
    layer: layer.value || undefined,
    recipe: recipe.value === MATLAB ? { name: MATLAB, columnwise: columnwise.checked } : recipe.value || undefined,
  });

  function translate() {
    hint.textContent = recipe.value ? t(`recipe-${recipe.value}`) : "";
    columnwiseField.hidden = recipe.value !== MATLAB;
    for (const [i, { name, channels, height, width }] of model?.layers.entries() ?? []) {
      layer.options[i].text = t("factLayerValue", { name, channels: number(channels), height, width });
    }
  }

  layer.addEventListener("change", () => onLayer());
  for (const field of [recipe, columnwise]) {
    field.addEventListener("change", () => {
      translate();
      onRecipe(chosen());
    });
  }

  return {
    chosen,
    translate,
    setChoices(loaded, recipes) {
      model = loaded;
      layer.replaceChildren(...model.layers.map(({ name }) => new Option(name, name)));
      layer.value = model.defaultLayer;
      recipe.replaceChildren(...recipes.map((name) => new Option(name, name)));
      translate();
    },
  };
}
