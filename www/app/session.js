/** One picture after another: asks ScoreCam, and hands what comes back to the parts of the page. What it knows is in state.js. */

import { t } from "./i18n.js";
import { nameOf } from "./figure.js";
import { State } from "./state.js";
import { described } from "./targets.js";

/** @import { Model, Progress, Result, ScoreCam, Target } from "../scorecam.js" */
/** @import { Chosen, Panel, Run, Source, View } from "./types.js" */

/**
 * @typedef {(control: { signal: AbortSignal, enough: AbortSignal, onProgress: (event: Progress) => void }) => Promise<Result>} Start
 * @typedef {object} Parts
 * @property {Promise<ScoreCam>} ready  resolves when a network is loaded
 * @property {ReturnType<typeof import("./networks.js").createNetworks>} networks
 * @property {ReturnType<typeof import("./settings.js").createSettings>} settings
 * @property {ReturnType<typeof import("./stage.js").createStage>} stage
 * @property {ReturnType<typeof import("./progress.js").createProgress>} progress
 * @property {ReturnType<typeof import("./predictions.js").createPredictions>} predictions
 * @property {ReturnType<typeof import("./class_search.js").createClassSearch>} classSearch
 * @property {ReturnType<typeof import("./notices.js").createNotices>} notices
 * @property {Panel[]} panels
 * @property {() => void} onBusy  is told when something is computed
 * @property {() => void} onIdle  is told when nothing is computed any more
 */

/** @param {Parts} parts */
export function createSession({
  ready,
  networks,
  settings,
  stage,
  progress,
  predictions,
  classSearch,
  notices,
  panels,
  onBusy,
  onIdle,
}) {
  const state = new State();

  /**
   * Explains the picture in a Blob; `name` is what saved files are called after.
   * @param {Blob} blob  @param {string} name  @param {{ keepNotices?: boolean }} [options]
   */
  function explain(blob, name, { keepNotices = false } = {}) {
    return compute({ blob, name }, keepNotices, (cam, run) => {
      // Only now: a link is followed while the page starts.
      run.target = state.takeTarget(run.source, networks.model());
      return (control) => cam.explain(blob, { ...settings.chosen(), target: run.target, ...control });
    });
  }

  /** Goes on with an explanation that was stopped. */
  function proceed() {
    const { view, picture } = state;
    if (!view || !picture) return;
    compute(picture, false, (_, run) => {
      run.target = view.result.target;
      return (control) => view.result.continue(control);
    });
  }

  /**
   * Does what takes long, shows how far it is and what came of it.
   * @param {Source} source  @param {boolean} keepNotices  @param {(cam: ScoreCam, run: Run) => Start} plan
   */
  async function compute(source, keepNotices, plan) {
    const run = state.begin(source);
    onBusy();
    if (!keepNotices) notices.clear();
    stage.reveal();
    progress.waiting();
    predictions.disable();
    classSearch.hide();
    try {
      const cam = await ready;
      if (run !== state.run) return;
      progress.classifying();
      const start = plan(cam, run);
      /** @param {Progress} event */
      const onProgress = (event) => run === state.run && showProgress(event, run);
      const complete = await start({ signal: run.cancel.signal, enough: run.enough.signal, onProgress });
      if (run !== state.run) return;
      progress.finished(complete);
      await showResult(complete);
    } catch (error) {
      if (run !== state.run) return;
      if (run.cancel.signal.aborted) progress.cancelled();
      else {
        progress.hide();
        notices.error(error);
        state.fail();
      }
      // The earlier result, if there was one, still stands in every part of the page; it is not asked for again, since after a
      // crash its scores are gone.
      if (state.view) enable();
    } finally {
      state.end(run);
      if (!state.run) onIdle();
    }
  }

  /** @param {Progress} event  @param {Run} run */
  function showProgress(event, run) {
    const { replaced, isAnotherPicture } = state.advance(run, event);
    if (isAnotherPicture) for (const panel of panels) panel.forget?.();
    if (replaced) replace(replaced, run);
    if (event.preview) stage.showHeatmap(event.preview, networks.loaded().input);
    if (event.convergence) for (const panel of panels) panel.update?.(event.convergence);
    progress.scoring(event);
  }

  /**
   * Another picture, or the same one asked anew: what was shown of the one before goes.
   * @param {any} classified  an event of the stage "classified"  @param {Run} run
   */
  function replace(classified, run) {
    state.replace(run.source, networks.loaded());
    for (const panel of panels) panel.hide();
    stage.showPicture(classified);
    const { labelOf } = networks;
    const chosen = typeof run.target === "number" ? run.target : classified.predictions[0].index;
    predictions.show(classified.predictions.map(named(labelOf)), chosen);
    if (classified.animated) notices.note("firstFrame");
    const { kind, profile } = classified.colours;
    if (profile) notices.note(`colours-${kind}`, { name: profile });
  }

  /**
   * Shows a result wherever it is told of, all at once when the worker has said what lies behind it.
   * @param {Result} complete
   */
  async function showResult(complete) {
    state.await(complete);
    const loaded = networks.loaded();
    const cam = await ready;
    const method = cam.methods.find(({ name }) => name === complete.method);
    if (!method) throw new Error(`no method ${complete.method}`);
    const asked = Promise.all([method.part === "map" ? complete.channels() : null, complete.convergence()]);
    const [found, settled] = await asked;
    if (!state.isAwaited(complete)) return;
    const model = state.networkOf(complete, loaded);
    const { version, singleThreadReason } = cam;
    const labelOf = networks.labelsOf(model);
    const name = (state.picture ?? state.asked)?.name ?? "";
    present(
      {
        ...stage.palette,
        result: complete,
        found,
        settled,
        model,
        method,
        labelOf,
        label: "",
        version,
        singleThreadReason,
        name,
        made: new Date(),
      },
      loaded,
    );
  }

  /**
   * Shows what is known of a result in every part of the page.
   * @param {View} shown  @param {Model} network
   */
  function present(shown, network) {
    const view = { ...shown, label: described(shown.result.target, shown.labelOf) };
    state.show(view, network);
    const { result } = view;
    stage.showPicture(result);
    stage.showResult(view);
    predictions.show(withTarget(result).map(named(view.labelOf)), result.class);
    enable();
    for (const panel of panels) panel.show(view);
  }

  /** Lets another class be chosen. */
  function enable() {
    predictions.enable();
    classSearch.show();
  }

  /** @param {(index: number) => string} labelOf */
  const named = (labelOf) => (/** @type {{ index: number, probability: number }} */ prediction) => ({
    ...prediction,
    label: labelOf(prediction.index),
  });

  /** @param {{ keepNotices?: boolean }} [options] */
  function explainAgain(options) {
    if (state.asked) explain(state.asked.blob, state.asked.name, options);
  }

  /**
   * Does what may fail, and says so if it does.
   * @param {() => Promise<unknown>} doing
   */
  async function attempt(doing) {
    try {
      await doing();
    } catch (error) {
      if (/** @type {any} */ (error)?.kind !== "superseded") notices.error(error);
    }
  }

  /**
   * Another map of the same scores; where they cannot serve the picture is explained again.
   * @param {(result: Result) => Promise<Result>} ask  @param {Target} [target]
   */
  const another = (ask, target) =>
    attempt(async () => {
      const { view } = state;
      if (!view) return explainAgain();
      try {
        await showResult(await ask(view.result));
      } catch (error) {
        if (/** @type {any} */ (error)?.kind !== "option") throw error;
        state.wish(target ?? view.result.target);
        explainAgain();
      }
    });

  return {
    explain,
    explainAgain,
    proceed,
    /** Stops: what there is by now can be used, saved and continued; before the first map the earlier picture comes back. */
    cancel: () => state.cancel(),
    suffice: () => state.suffice(),
    isBusy: () => state.run !== null,
    /**
     * Explains the picture on the page by another method, beside the result that is shown.
     * @param {import("../scorecam.js").MethodOptions} method  @param {import("./types.js").Beside} control
     */
    async beside(method, control) {
      const { view, picture } = state;
      if (!view || !picture) throw new Error("There is no picture.");
      const cam = await ready;
      const layer = view.result.layer?.name ?? settings.chosen().layer;
      return cam.explain(picture.blob, { layer, target: view.result.target, ...method, ...control });
    },

    /**
     * Shows a result of the picture on the page; what is chosen in the settings follows.
     * @param {Result} result
     */
    present: (result) =>
      attempt(async () => {
        settings.choose({ method: result.method, recipe: nameOf(result.recipe) || undefined });
        await showResult(result);
      }),

    /** All that is known of the result that is shown. */
    view: () => state.view,
    /** What saved files are called after. */
    name: () => state.picture?.name ?? t("pictureLabelPlain"),
    /** What is explained, or will be. */
    target: () => state.target,
    /** @param {number} index */
    wish: (index) => state.wish(index),

    /**
     * Another network, of the catalogue by its name or from `source`. The last one that was chosen counts.
     * @param {string} name  @param {import("../scorecam.js").OwnModel} [source]
     */
    chooseNetwork: (name, source = networks.sourceOf(name)) =>
      attempt(async () => {
        state.run?.cancel.abort();
        state.forgetTargets();
        notices.clear();
        await ready;
        await networks.load(name, source);
        explainAgain({ keepNotices: true });
      }),

    /** @param {number} index */
    chooseClass: (index) => another((result) => result.forClass(index), index),

    /**
     * Asks about classes: alone, together with what is asked about, or the class that is asked about against the first of them.
     * @param {number[]} classes  @param {import("./class_search.js").How} how
     */
    ask(classes, how) {
      const target = asked(state.target ?? null, classes, how);
      return another((result) => result.forTarget(target), target);
    },

    /**
     * Another method, recipe or option: from the same scores where the masks are the same, else the picture is explained again.
     * @param {Chosen} chosen
     */
    chooseMethod: ({ layer, ...method }) => another((result) => result.forMethod(method)),

    translate() {
      if (state.view) present(state.view, state.view.model);
    },
  };
}

/**
 * The target that is meant by classes beside the one that is asked about.
 * @param {Target} now  @param {number[]} classes  @param {import("./class_search.js").How} how
 * @returns {Target}
 */
export function asked(now, classes, how) {
  /** @param {Target} target */
  const classesOf = (target) => {
    if (target === null) return [];
    if (typeof target === "number") return [target];
    if ("group" in target) return target.group;
    return "difference" in target ? [target.difference[0]] : [target.finer ?? []].flat();
  };
  const before = classesOf(now);
  if (how === "against" && before.length) return { difference: [before[0], classes[0]] };
  const all = [...new Set([...(how === "together" ? before : []), ...classes])];
  return all.length === 1 ? all[0] : { group: all };
}

/**
 * The five most probable classes, and the chosen one if it is none of them.
 * @param {Result} result
 */
function withTarget({ predictions: five, class: index, probability }) {
  const isThere = index === null || five.some((prediction) => prediction.index === index);
  return isThere ? five : [...five, { index, label: "", probability }];
}
