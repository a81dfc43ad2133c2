/** One picture after another: asks ScoreCam, and hands what comes back to the parts of the page. */

/**
 * `ready` resolves to the ScoreCam when a network is loaded. `panels` show a complete result: each has `show(view)` and `hide()`.
 * `onNewPicture` is told when another picture takes the place of the one before.
 */
export function createSession({ ready, networks, settings, stage, progress, convergence, predictions, classSearch, notices, panels, onNewPicture }) {
  /** The explanation under way, the picture that is shown, and the one that was asked for last. */
  let running, picture, asked;
  /** The result that is shown, all that the panels know of it, and the result that is about to be shown. */
  let result, view, awaited;
  /** The class that a link asks for, until another is chosen. */
  let wishedClass;

  /** Explains the picture in a Blob; `name` is what saved files are called after. */
  async function explain(blob, name, { keepNotices = false } = {}) {
    running?.cancel.abort();
    const run = (running = { cancel: new AbortController(), enough: new AbortController() });
    asked = { blob, name };
    if (!keepNotices) notices.clear();
    predictions.disable();
    classSearch.hide();
    try {
      const cam = await ready;
      progress.classifying();
      const signals = { signal: run.cancel.signal, enough: run.enough.signal };
      const onProgress = (event) => run === running && showProgress(event, { blob, name });
      const complete = await cam.explain(blob, { ...settings.chosen(), target: wishedClass, ...signals, onProgress });
      if (run !== running) return;
      progress.finished(complete);
      await showResult(complete);
    } catch (error) {
      if (run !== running) return;
      if (run.cancel.signal.aborted) progress.cancelled();
      else {
        progress.hide();
        notices.error(error);
        asked = picture;
        // The earlier picture, if there was one, is still here.
        if (view) present(view);
      }
    } finally {
      if (run === running) running = null;
    }
  }

  function showProgress(event, source) {
    if (event.stage === "classified") {
      if (picture?.blob !== source.blob) onNewPicture();
      result = view = awaited = null;
      picture = source;
      for (const panel of panels) panel.hide();
      stage.showPicture(event);
      predictions.show(event.predictions.map(named), event.predictions[0].index);
      if (event.animated) notices.note("firstFrame");
    }
    if (event.preview) stage.showHeatmap(event.preview, networks.model().input);
    if (event.convergence) convergence.update(event.convergence);
    progress.scoring(event);
  }

  /** Shows a result wherever it is told of, all at once when the worker has said what lies behind it. */
  async function showResult(complete) {
    awaited = complete;
    const [cam, found, settled] = await Promise.all([ready, complete.channels(), complete.convergence()]);
    if (awaited !== complete) return;
    result = complete;
    const { version, singleThreadReason } = cam;
    const { paint, colours, opacity } = stage;
    const { model, labelOf } = networks;
    const label = labelOf(result.target);
    present({ result, found, settled, model: model(), label, labelOf, version, singleThreadReason, paint, colours, opacity, view: stage.view });
  }

  /** Shows what is known of a result in every part of the page. */
  function present(shown) {
    view = shown;
    stage.showResult(view);
    predictions.show(withTarget(result).map(named), result.target);
    predictions.enable();
    classSearch.show();
    for (const panel of panels) panel.show(view);
  }

  const named = (prediction) => ({ ...prediction, label: networks.labelOf(prediction.index) });

  function explainAgain(options) {
    if (asked) explain(asked.blob, asked.name, options);
  }

  /** Does what may fail, and says so if it does. */
  async function attempt(doing) {
    try {
      await doing();
    } catch (error) {
      notices.error(error);
    }
  }

  return {
    explain,
    explainAgain,
    cancel: () => running?.cancel.abort(),
    suffice: () => running?.enough.abort(),
    /** All that is known of the result that is shown. */
    view: () => view,
    /** What saved files are called after. */
    name: () => picture.name,
    /** The class that is explained, or will be. */
    target: () => result?.target ?? wishedClass,
    wish(index) {
      wishedClass = index;
    },

    /** Another network, of the catalogue by its name or from `source`. */
    chooseNetwork: (name, source = networks.sourceOf(name)) =>
      attempt(async () => {
        running?.cancel.abort();
        wishedClass = undefined;
        notices.clear();
        await ready;
        await networks.load(name, source);
        explainAgain({ keepNotices: true });
      }),

    chooseClass: (index) =>
      attempt(async () => {
        wishedClass = undefined;
        await showResult(await result.forClass(index));
      }),

    /** Another recipe: from the same scores where it masks in the same way, else the picture is explained again. */
    chooseRecipe: ({ recipe }) =>
      attempt(async () => {
        if (!result) return explainAgain();
        try {
          await showResult(await result.forRecipe(recipe));
        } catch (error) {
          if (error.kind !== "option") throw error;
          explainAgain();
        }
      }),

    translate: () => attempt(() => result && showResult(result)),
  };
}

/** The five most probable classes, and the chosen one if it is none of them. */
function withTarget({ predictions: five, target, probability }) {
  return five.some(({ index }) => index === target) ? five : [...five, { index: target, probability }];
}
