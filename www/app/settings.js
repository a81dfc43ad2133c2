/** Which layer is explained, and by which variant of the method. */

import { number, shown, t } from "./i18n.js";

const MATLAB = "matlab";
/** Layers that the menu holds: one of more can be searched by name. */
const MOST_LAYERS = 300;

export function createSettings(container, { onNetwork, onLayer, onRecipe }) {
  const element = (id) => container.querySelector(`#${id}`);
  const [network, layer, recipe, hint, columnwise, columnwiseField] = [
    "network",
    "layer",
    "recipe",
    "recipe-hint",
    "columnwise",
    "columnwise-field",
  ].map(element);
  const [query, queryField] = [element("layer-query"), element("layer-query-field")];
  let model = null;
  let chosenLayer = "";

  const chosen = () => ({
    layer: chosenLayer || undefined,
    recipe: recipe.value === MATLAB ? { name: MATLAB, columnwise: columnwise.checked } : recipe.value || undefined,
  });

  /** The layers that the menu offers: all, or the last of those that have what is searched for in their names. */
  function offerLayers() {
    const wanted = query.value.trim().toLowerCase();
    const found = (model?.layers ?? []).filter(
      ({ name }) => name === chosenLayer || name.toLowerCase().includes(wanted),
    );
    const last = found.slice(-MOST_LAYERS);
    const current = found.find(({ name }) => name === chosenLayer);
    const offered = !current || last.includes(current) ? last : [current, ...last];
    layer.replaceChildren(
      ...offered.map(
        ({ name, channels, height, width }) =>
          new Option(t("factLayerValue", { name: shown(name), channels: number(channels), height, width }), name),
      ),
    );
    layer.value = chosenLayer;
  }

  function translate() {
    hint.textContent = recipe.value ? t(`recipe-${recipe.value}`) : "";
    columnwiseField.hidden = recipe.value !== MATLAB;
    for (const option of recipe.options)
      option.text = t("recipeName", { name: option.value, why: t(`recipeName-${option.value}`) });
    offerLayers();
  }

  network.addEventListener("change", () => onNetwork(network.value));
  layer.addEventListener("change", () => {
    chosenLayer = layer.value;
    onLayer();
  });
  query.addEventListener("input", offerLayers);
  for (const field of [recipe, columnwise]) {
    field.addEventListener("change", () => {
      translate();
      onRecipe(chosen());
    });
  }

  return {
    chosen,
    /** Chooses what is named; answers with the names that there are not: { layer, recipe }. */
    choose(wished) {
      const unknown = {};
      if (model?.layers.some(({ name }) => name === wished.layer)) chosenLayer = wished.layer;
      else unknown.layer = wished.layer;
      if ([...recipe.options].some(({ value }) => value === wished.recipe)) recipe.value = wished.recipe;
      else unknown.recipe = wished.recipe;
      if (wished.recipe) columnwise.checked = wished.columnwise !== "false";
      translate();
      return unknown;
    },
    translate,
    /** What the page offers: networks as catalogue entries, recipes by name. */
    setChoices(networks, recipes) {
      network.replaceChildren(...networks.map(({ name, title }) => new Option(title, name)));
      recipe.replaceChildren(...recipes.map((name) => new Option(name, name)));
    },
    setModel(loaded) {
      // The same network with another preprocessing keeps the layer that was chosen.
      const kept = model?.name === loaded.name ? chosenLayer : null;
      model = loaded;
      if (![...network.options].some(({ value }) => value === model.name))
        network.add(new Option(shown(model.title), model.name));
      network.value = model.name;
      chosenLayer = model.layers.some(({ name }) => name === kept) ? kept : model.defaultLayer;
      query.value = "";
      queryField.hidden = model.layers.length <= MOST_LAYERS;
      translate();
    },
  };
}
