/** One picture after another: asks ScoreCam, and hands what comes back to the parts of the page. */

import { t } from "./i18n.js";

/**
 * `ready` resolves to the ScoreCam when a network is loaded. `panels` show a complete result: each has `show(view)` and `hide()`.
 * `onNewPicture` is told when another picture takes the place of the one before.
 */
export function createSession({
  ready,
  networks,
  settings,
  stage,
  progress,
  convergence,
  predictions,
  classSearch,
  notices,
  panels,
  onNewPicture,
}) {
  /** The explanation under way, the picture that is shown, and the one that was asked for last. */
  let running, picture, asked;
  /** All that the panels know of the result that is shown, and the result that is about to be shown. */
  let view, awaited;
  /** The class that a link asks for, for the next picture alone; and the one that was chosen for the picture that is shown. */
  let wishedClass, chosenClass;

  /** Explains the picture in a Blob; `name` is what saved files are called after. */
  function explain(blob, name, { keepNotices = false } = {}) {
    return compute({ blob, name }, keepNotices, (cam) => {
      // Only now: a link is followed while the page starts.
      const isSame = picture?.blob === blob && picture.network === networks.model();
      const target = wishedClass ?? (isSame ? chosenClass : undefined);
      wishedClass = undefined;
      return { target, start: (control) => cam.explain(blob, { ...settings.chosen(), target, ...control }) };
    });
  }

  /** Goes on with an explanation that was stopped. */
  const proceed = () =>
    view &&
    compute(picture, false, () => ({ target: view.result.target, start: (control) => view.result.continue(control) }));

  /** Does what takes long, shows how far it is and what came of it. */
  async function compute(source, keepNotices, plan) {
    running?.cancel.abort();
    const run = (running = { cancel: new AbortController(), enough: new AbortController(), done: 0 });
    asked = { blob: source.blob, name: source.name };
    if (!keepNotices) notices.clear();
    stage.reveal();
    progress.waiting();
    predictions.disable();
    classSearch.hide();
    try {
      const cam = await ready;
      if (run !== running) return;
      progress.classifying();
      const { target, start } = plan(cam);
      const control = {
        signal: run.cancel.signal,
        enough: run.enough.signal,
        onProgress: (event) => run === running && showProgress(event, source, run, target),
      };
      const complete = await start(control);
      if (run !== running) return;
      progress.finished(complete, run.stopped);
      await showResult(complete);
    } catch (error) {
      if (run !== running) return;
      if (run.cancel.signal.aborted) progress.cancelled();
      else {
        progress.hide();
        notices.error(error);
        asked = picture && { blob: picture.blob, name: picture.name };
      }
      // The earlier result, if there was one, still stands in every part of the page; it is not asked for again, since after a
      // crash its scores are gone.
      if (view) enable();
    } finally {
      if (run === running) running = null;
    }
  }

  function showProgress(event, source, run, target) {
    run.done = event.done;
    if (event.stage === "classified") {
      if (picture?.blob !== source.blob) onNewPicture();
      awaited = null;
      run.began = event.done;
      run.classified = { ...event, target: target ?? event.predictions[0].index };
    }
    // The earlier result stays until there is something in its place.
    if (event.preview) {
      if (run.classified) replace(run.classified, source);
      run.classified = null;
      stage.showHeatmap(event.preview, networks.model().input);
    } else if (event.stage === "classified" && !view) replace(event, source);
    if (event.convergence) convergence.update(event.convergence);
    progress.scoring(event);
  }

  /** Another picture, or the same one asked anew: what was shown of the one before goes. */
  function replace(classified, source) {
    view = null;
    picture = { ...source, network: networks.model() };
    for (const panel of panels) panel.hide();
    stage.showPicture(classified);
    const { labelOf } = networks;
    predictions.show(classified.predictions.map(named(labelOf)), classified.target ?? classified.predictions[0].index);
    if (classified.animated) notices.note("firstFrame");
  }

  /** Shows a result wherever it is told of, all at once when the worker has said what lies behind it. */
  async function showResult(complete) {
    awaited = complete;
    const model = networks.model();
    const [cam, found, settled] = await Promise.all([ready, complete.channels(), complete.convergence()]);
    if (awaited !== complete) return;
    // A result belongs to its network, whichever is chosen later.
    const of =
      view &&
      view.result.id.network.sha256 === complete.id.network.sha256 &&
      view.result.id.generation === complete.id.generation
        ? view.model
        : model;
    const { version, singleThreadReason } = cam;
    const { paint, colours, opacity } = stage;
    chosenClass = complete.target;
    picture ??= { ...asked, network: model };
    present({
      result: complete,
      found,
      settled,
      model: of,
      labelOf: networks.labelsOf(of),
      version,
      singleThreadReason,
      paint,
      colours,
      opacity,
      name: picture.name,
      made: new Date(),
      view: stage.view,
    });
  }

  /** Shows what is known of a result in every part of the page. */
  function present(shown) {
    view = { ...shown, label: shown.labelOf(shown.result.target) };
    const { result } = view;
    stage.showPicture(result);
    stage.showResult(view);
    predictions.show(withTarget(result).map(named(view.labelOf)), result.target);
    enable();
    for (const panel of panels) panel.show(view);
  }

  /** Lets another class be chosen. */
  function enable() {
    predictions.enable();
    classSearch.show();
  }

  const named = (labelOf) => (prediction) => ({ ...prediction, label: labelOf(prediction.index) });

  function explainAgain(options) {
    if (asked) explain(asked.blob, asked.name, options);
  }

  /** Does what may fail, and says so if it does. */
  async function attempt(doing) {
    try {
      await doing();
    } catch (error) {
      if (error?.kind !== "superseded") notices.error(error);
    }
  }

  /** Another map of the same scores; where they are gone the picture is explained again. */
  const another = (ask, target) =>
    attempt(async () => {
      try {
        await showResult(await ask());
      } catch (error) {
        if (error.kind !== "option") throw error;
        wishedClass = target;
        explainAgain();
      }
    });

  return {
    explain,
    explainAgain,
    proceed,
    /** Stops: what there is by now can be used, saved and continued; before the first map the earlier picture comes back. */
    cancel() {
      if (!running) return;
      const begun = running.done > (running.began ?? 0);
      running.stopped = begun;
      (begun ? running.enough : running.cancel).abort();
    },
    suffice: () => running?.enough.abort(),
    /** All that is known of the result that is shown. */
    view: () => view,
    /** What saved files are called after. */
    name: () => picture?.name ?? t("pictureLabelPlain"),
    /** The class that is explained, or will be. */
    target: () => view?.result.target ?? wishedClass,
    wish(index) {
      wishedClass = index;
    },

    /** Another network, of the catalogue by its name or from `source`. The last one that was chosen counts. */
    chooseNetwork: (name, source = networks.sourceOf(name)) =>
      attempt(async () => {
        running?.cancel.abort();
        wishedClass = chosenClass = undefined;
        notices.clear();
        await ready;
        await networks.load(name, source);
        explainAgain({ keepNotices: true });
      }),

    chooseClass: (index) => another(() => view.result.forClass(index), index),

    /** Another recipe: from the same scores where it masks in the same way, else the picture is explained again. */
    chooseRecipe: ({ recipe }) =>
      view ? another(() => view.result.forRecipe(recipe), view.result.target) : explainAgain(),

    translate: () => view && present(view),
  };
}

/** The five most probable classes, and the chosen one if it is none of them. */
function withTarget({ predictions: five, target, probability }) {
  return five.some(({ index }) => index === target) ? five : [...five, { index: target, probability }];
}
