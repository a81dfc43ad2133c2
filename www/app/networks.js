/** Which network is loaded: one of the catalogue, or one of the visitor's with the preprocessing that they correct. */

import { shown, t } from "./i18n.js";

/** `form` is the own-model form, `settings` and `classSearch` are told of every network. */
export function createNetworks({ form, settings, classSearch, progress, notices }) {
  /** What the visitor's own networks were loaded from, by their names. */
  const sources = new Map();
  let cam = null;
  let model = null;
  /** Counts the loads; of two at a time the later one is shown. */
  let loads = 0;

  const entry = (name) => cam.catalog.find((spec) => spec.name === name);
  /** The class names of a network, whichever is loaded now. */
  const labelsOf =
    ({ labels }) =>
    (index) =>
      labels[index] ? shown(labels[index]) : t("unnamedClass", { index });

  return {
    model: () => model,
    labelOf: (index) => labelsOf(model)(index),
    labelsOf,
    /** The catalogue's name of the network that is loaded, if it has one. */
    catalogName: () => entry(model.name)?.name,

    /** Offers what `cam` has. */
    offer(started) {
      cam = started;
      settings.setChoices(cam.available.map(entry), cam.recipes);
      form.setPresets(cam.presets);
    },

    /** What a network of this name was loaded from, if it is the visitor's. */
    sourceOf: (name) => sources.get(name),

    /** The network that is loaded, with what the visitor corrected. */
    corrected({ input, labels }) {
      const before = sources.get(model.name);
      return { ...before, spec: { input }, labels: labels ?? before.labels };
    },

    /** Loads a network of the catalogue, or from `source` one of the visitor's. The one before stays in use if that fails. */
    async load(name, source) {
      const mine = ++loads;
      const title = entry(name)?.title ?? name;
      const onProgress = ({ stage, done, total }) => mine === loads && progress.model(title, stage, done / total);
      form.setBusy(true);
      try {
        model = await cam.loadModel(source ?? { catalog: name }, { onProgress });
        classSearch.setLabels(Array.from({ length: model.classes }, (_, index) => labelsOf(model)(index)));
        if (source) {
          sources.set(name, source);
          form.show(model);
        } else {
          form.hide();
        }
        for (const { kind, ...values } of model.warnings) notices.note(`warning-${kind}`, values);
      } finally {
        if (mine === loads) {
          progress.hide();
          form.setBusy(false);
          if (model) settings.setModel(model);
        }
      }
    },
  };
}
