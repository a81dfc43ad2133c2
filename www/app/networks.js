/** Which network is loaded: one of the catalogue, or one of the visitor's with the preprocessing that they correct. */

import { className, shown, t } from "./i18n.js";

/** @import { InputSpec, Model, OwnModel, ScoreCam } from "../scorecam.js" */

/**
 * @typedef {object} Parts
 * @property {ReturnType<typeof import("./own_model.js").createOwnModel>} form
 * @property {ReturnType<typeof import("./settings.js").createSettings>} settings
 * @property {ReturnType<typeof import("./class_search.js").createClassSearch>} classSearch
 * @property {ReturnType<typeof import("./progress.js").createProgress>} progress
 * @property {ReturnType<typeof import("./notices.js").createNotices>} notices
 * @property {(name: string) => void} onNetwork  is told which network of the catalogue was loaded
 */

/** `form`, `settings` and `classSearch` are told of every network. @param {Parts} parts */
export function createNetworks({ form, settings, classSearch, progress, notices, onNetwork }) {
  /**
   * What the visitor's own networks were loaded from, by their names.
   * @type {Map<string, OwnModel>}
   */
  const sources = new Map();
  /** @type {ScoreCam | null} */
  let cam = null;
  /** @type {Model | null} */
  let model = null;
  /** Counts the loads; of two at a time the later one is shown. */
  let loads = 0;

  /** @param {string} name */
  const entry = (name) => cam?.catalog.find((spec) => spec.name === name);
  /**
   * The class names of a network, whichever is loaded now.
   * @param {Model} network
   * @returns {(index: number) => string}
   */
  const labelsOf =
    ({ labels }) =>
    (index) =>
      labels[index] ? className(index, shown(labels[index])) : t("unnamedClass", { index });

  /** Its classes can be searched, by their names in either language. */
  function offerClasses() {
    const { classes, labels } = loaded();
    const named = labelsOf(loaded());
    classSearch.setLabels(
      Array.from({ length: classes }, (_, index) => named(index)),
      labels,
    );
  }

  /** The network that is loaded, for those who come after it. */
  function loaded() {
    if (!model) throw new Error("No network is loaded.");
    return model;
  }

  return {
    model: () => model,
    loaded,
    /** @param {number} index */
    labelOf: (index) => labelsOf(loaded())(index),
    labelsOf,
    translate() {
      if (model) offerClasses();
    },
    /** The catalogue's name of the network that is loaded, if it has one. */
    catalogName: () => model && entry(model.name)?.name,

    /**
     * Offers what `started` has.
     * @param {ScoreCam} started
     */
    offer(started) {
      cam = started;
      settings.setChoices(
        cam.available.flatMap((name) => entry(name) ?? []),
        cam.methods,
      );
      form.setPresets(cam.presets);
    },

    /**
     * What a network of this name was loaded from, if it is the visitor's.
     * @param {string} name
     */
    sourceOf: (name) => sources.get(name),

    /**
     * The network that is loaded, with what the visitor corrected.
     * @param {{ input: Partial<InputSpec>, labels?: Blob }} corrected
     * @returns {OwnModel | undefined}
     */
    corrected({ input, labels }) {
      const before = sources.get(loaded().name);
      return before && { ...before, spec: { input }, labels: labels ?? before.labels };
    },

    /**
     * Loads a network of the catalogue, or from `source` one of the visitor's. The one before stays in use if that fails.
     * @param {string} name  @param {OwnModel} [source]
     */
    async load(name, source) {
      if (!cam) throw new Error("The page has not started.");
      const mine = ++loads;
      const title = entry(name)?.title ?? name;
      /** @param {{ stage: "download" | "prepare", done: number, total: number }} said */
      const onProgress = ({ stage, done, total }) => mine === loads && progress.model(title, stage, done / total);
      form.setBusy(true);
      try {
        model = await cam.loadModel(source ?? { catalog: name }, { onProgress });
        offerClasses();
        if (source) {
          sources.set(name, source);
          form.show(model);
        } else {
          form.hide();
          onNetwork(name);
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
