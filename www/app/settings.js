/** Which layer is explained, and by which variant of the method. */

import { number, t } from "./i18n.js";

const MATLAB = "matlab";

export function createSettings(container, { onNetwork, onLayer, onRecipe }) {
  const network = container.querySelector("#network");
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

  network.addEventListener("change", () => onNetwork(network.value));
  layer.addEventListener("change", () => onLayer());
  for (const field of [recipe, columnwise]) {
    field.addEventListener("change", () => {
      translate();
      onRecipe(chosen());
    });
  }

  return {
    chosen,
    /** Chooses what a link names, as far as the network has it. */
    choose(wished) {
      const has = (select, value) => [...select.options].some((option) => option.value === value);
      if (has(layer, wished.layer)) layer.value = wished.layer;
      if (has(recipe, wished.recipe)) recipe.value = wished.recipe;
      if (wished.recipe) columnwise.checked = wished.columnwise !== "false";
      translate();
    },
    translate,
    /** What the page offers: networks as catalogue entries, recipes by name. */
    setChoices(networks, recipes) {
      network.replaceChildren(...networks.map(({ name, title }) => new Option(title, name)));
      recipe.replaceChildren(...recipes.map((name) => new Option(name, name)));
    },
    setModel(loaded) {
      // The same network with another preprocessing keeps the layer that was chosen.
      const kept = model?.name === loaded.name ? layer.value : null;
      model = loaded;
      if (![...network.options].some(({ value }) => value === model.name)) network.add(new Option(model.title, model.name));
      network.value = model.name;
      layer.replaceChildren(...model.layers.map(({ name }) => new Option(name, name)));
      layer.value = model.layers.some(({ name }) => name === kept) ? kept : model.defaultLayer;
      translate();
    },
  };
}
