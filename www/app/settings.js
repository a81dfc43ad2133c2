/** Which layer is explained, by which method, and with which of its options. */

import { find, make } from "./dom.js";
import { number, shown, t, word } from "./i18n.js";

/** @import { Choice, Method, Model, ModelSpec } from "../scorecam.js" */
/** @import { Chosen } from "./types.js" */

/** Layers that the menu holds: one of more can be searched by name. */
const MOST_LAYERS = 300;
/** Options that have fields of their own, or none: a page compares scores in another place. */
const APART = ["recipe", "columnwise", "score"];

/**
 * @param {HTMLElement} container
 * @param {{ onNetwork: (name: string) => void, onLayer: () => void, onMethod: (chosen: Chosen) => void }} told
 */
export function createSettings(container, { onNetwork, onLayer, onMethod }) {
  const [network, layer, method, recipe] = ["network", "layer", "method", "recipe"].map((id) =>
    find(container, `#${id}`, HTMLSelectElement),
  );
  const [hint, methodHint, columnwiseField, queryField, layerField, recipeField, optionFields] = [
    "recipe-hint",
    "method-hint",
    "columnwise-field",
    "layer-query-field",
    "layer-field",
    "recipe-field",
    "method-options",
  ].map((id) => find(container, `#${id}`));
  const [columnwise, query] = ["columnwise", "layer-query"].map((id) => find(container, `#${id}`, HTMLInputElement));
  /** @type {Method[]} */
  let methods = [];
  /** @type {Model | null} */
  let model = null;
  let chosenLayer = "";

  const chosenMethod = () => methods.find(({ name }) => name === method.value) ?? methods[0];
  const chosenRecipe = () => chosenMethod()?.recipes.find(({ name }) => name === recipe.value);

  /** @returns {Chosen} */
  function chosen() {
    const layer = chosenLayer || undefined;
    const found = chosenMethod();
    if (!found) return { layer };
    const described = chosenRecipe();
    if (!described) return { layer, method: found.name, ...optionsOf(found) };
    const { name } = described;
    return { layer, recipe: described.columnwise === null ? name : { name, columnwise: columnwise.checked } };
  }

  /**
   * What the fields of a method's options say; an empty or senseless number is left out.
   * @param {Method} method
   */
  function optionsOf({ options }) {
    /** @type {[string, string | number | boolean][]} */
    const entries = [];
    for (const { name } of options) {
      const field = optionFields.querySelector(`[name="${name}"]`);
      if (field instanceof HTMLSelectElement) entries.push([name, field.value]);
      else if (!(field instanceof HTMLInputElement)) continue;
      else if (field.type === "checkbox") entries.push([name, field.checked]);
      else if (field.value !== "") entries.push([name, Number(field.value)]);
    }
    return Object.fromEntries(entries);
  }

  /**
   * A field without its words, which `translate` fills in.
   * @param {Choice} option
   */
  function fieldOf(option) {
    const { name } = option;
    const id = `option-${name}`;
    const label = make("label", { htmlFor: id });
    if (option.type === "name") {
      const options = option.names.map((value) => new Option(value, value, value === option.default));
      return make("div", {}, label, make("select", { id, name }, ...options));
    }
    if (option.type === "boolean")
      return make("div", {}, label, make("input", { id, name, type: "checkbox", checked: option.default }));
    const step = option.type === "integer" ? "1" : "any";
    const [min, max, value] = [option.least, option.most, option.default].map(String);
    return make("div", {}, label, make("input", { id, name, type: "number", min, max, step, value }));
  }

  /** Makes the fields of the chosen method's options, with their defaults. */
  function offerOptions() {
    const found = chosenMethod();
    const options = found?.options.filter(({ name }) => !APART.includes(name)) ?? [];
    optionFields.replaceChildren(...options.map(fieldOf));
  }

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
    const found = chosenMethod();
    const described = chosenRecipe();
    hint.textContent = described ? t(`recipe-${described.name}`) : "";
    methodHint.textContent = found ? word(`method-${found.name}-hint`) : "";
    layerField.hidden = !found?.usesLayer;
    recipeField.hidden = hint.hidden = !described;
    columnwiseField.hidden = (described?.columnwise ?? null) === null;
    for (const option of method.options) option.text = word(`method-${option.value}`, option.value);
    for (const option of recipe.options)
      option.text = t("recipeName", { name: option.value, why: t(`recipeName-${option.value}`) });
    for (const option of found?.options ?? []) {
      const field = optionFields.querySelector(`[name="${option.name}"]`);
      const label = field?.parentElement?.querySelector("label");
      if (label) label.textContent = word(`option-${option.name}`, option.name);
      if (field instanceof HTMLSelectElement)
        for (const each of field.options) each.text = word(`option-${option.name}-${each.value}`, each.value);
    }
    offerLayers();
  }

  network.addEventListener("change", () => onNetwork(network.value));
  layer.addEventListener("change", () => {
    chosenLayer = layer.value;
    onLayer();
  });
  query.addEventListener("input", offerLayers);
  method.addEventListener("change", () => {
    const isWithRecipes = chosenMethod().recipes.length > 0;
    recipe.value = isWithRecipes ? chosenMethod().recipes[0].name : "";
    offerOptions();
    translate();
    onMethod(chosen());
  });
  for (const field of [recipe, columnwise, optionFields]) {
    field.addEventListener("change", () => {
      translate();
      onMethod(chosen());
    });
  }

  return {
    chosen,
    /**
     * Chooses what is named; answers with the names that there are not.
     * @param {{ layer?: string, recipe?: string, method?: string, columnwise?: string, [option: string]: string | undefined }} wished
     */
    choose(wished) {
      /** @type {{ layer?: string, recipe?: string, method?: string }} */
      const unknown = {};
      if (model?.layers.some(({ name }) => name === wished.layer)) chosenLayer = wished.layer ?? "";
      else unknown.layer = wished.layer;
      if (methods.some(({ name }) => name === wished.method)) {
        method.value = wished.method ?? "";
        if (!chosenMethod().recipes.length) recipe.value = "";
        offerOptions();
      } else unknown.method = wished.method;
      if (chosenMethod()?.recipes.some(({ name }) => name === wished.recipe)) recipe.value = wished.recipe ?? "";
      else unknown.recipe = wished.recipe;
      if (wished.recipe) columnwise.checked = wished.columnwise !== "false";
      for (const option of chosenMethod()?.options ?? []) {
        const field = optionFields.querySelector(`[name="${option.name}"]`);
        const value = wished[`method.${option.name}`];
        if (value === undefined) continue;
        const isNumber = field instanceof HTMLInputElement && /^\d+$/.test(value);
        const isName = field instanceof HTMLSelectElement && [...field.options].some((each) => each.value === value);
        if (isNumber || isName) field.value = value;
      }
      translate();
      return unknown;
    },
    translate,
    /**
     * What the page offers.
     * @param {ModelSpec[]} networks  @param {Method[]} offered
     */
    setChoices(networks, offered) {
      methods = offered;
      network.replaceChildren(...networks.map(({ name, title }) => new Option(title, name)));
      method.replaceChildren(...methods.map(({ name }) => new Option(name, name)));
      const recipes = methods.flatMap((method) => method.recipes);
      recipe.replaceChildren(...recipes.map(({ name }) => new Option(name, name)));
      offerOptions();
    },
    /** @param {Model} loaded */
    setModel(loaded) {
      // The same network with another preprocessing keeps the layer that was chosen.
      const kept = model?.name === loaded.name ? chosenLayer : null;
      model = loaded;
      if (![...network.options].some(({ value }) => value === loaded.name))
        network.add(new Option(shown(loaded.title), loaded.name));
      network.value = loaded.name;
      chosenLayer = kept !== null && loaded.layers.some(({ name }) => name === kept) ? kept : loaded.defaultLayer;
      query.value = "";
      queryField.hidden = loaded.layers.length <= MOST_LAYERS;
      translate();
    },
  };
}
