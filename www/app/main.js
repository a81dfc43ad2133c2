/** Puts the page together: a picture goes in, ScoreCam explains it, the parts of the page show what comes out. */

import { ScoreCam } from "../scorecam.js";
import { createChannels } from "./channels.js";
import { createClassSearch } from "./class_search.js";
import { createCompare } from "./compare.js";
import { createConvergence } from "./convergence.js";
import { createDoubts } from "./doubts.js";
import { createDownloads } from "./downloads.js";
import { createFacts, describeEngine } from "./facts.js";
import { translatePage, t } from "./i18n.js";
import { createLargeType } from "./large_type.js";
import { createMontage } from "./montage.js";
import { createNetworks } from "./networks.js";
import { createNotices } from "./notices.js";
import { createOwnModel } from "./own_model.js";
import { createPicker } from "./picker.js";
import { createPlaces } from "./places.js";
import { createPredictions } from "./predictions.js";
import { createProgress } from "./progress.js";
import { createProvenance } from "./provenance.js";
import { createSettings } from "./settings.js";
import { readLink, shareLink } from "./share.js";
import { createStage } from "./stage.js";
import { createWalkthrough } from "./walkthrough/player.js";

const element = (id) => document.getElementById(id);
const notices = createNotices(element("notices"));
const onError = notices.error;
const progress = createProgress({
  container: element("progress"),
  live: element("live"),
  onCancel: () => running?.cancel.abort(),
  onEnough: () => running?.enough.abort(),
});
const stage = createStage(element("stage"), element("view"), () => view && [walkthrough, compare].forEach((panel) => panel.show(view)));
const predictions = createPredictions(element("predictions"), element("answer-hint"), chooseClass);
const classSearch = createClassSearch(element("class-search"), chooseClass);
const settings = createSettings(document.querySelector(".settings"), {
  onNetwork: (name) => chooseNetwork(name),
  onLayer: () => explainAgain(),
  onRecipe: chooseRecipe,
});
const ownModel = createOwnModel(element("own-model"), {
  onFile: openNetwork,
  onApply: (corrected) => chooseNetwork(networks.model().name, networks.corrected(corrected)),
});
const networks = createNetworks({ form: ownModel, settings, classSearch, progress, notices });
const picker = createPicker({
  zone: element("drop-zone"),
  inputs: [element("file"), element("camera")],
  samples: element("samples"),
  onPicture: explain,
  onModel: openNetwork,
  onError,
});

const convergence = createConvergence(element("convergence"));
const compare = createCompare(element("compare"), { onError });
const walkthrough = createWalkthrough(element("walkthrough"), { onLayer: chooseLayer, onPin: (channel) => walkthrough.pin(channel), onError });
const fileName = () => picture.name;
/** What shows a complete result; each has `show(view)` and `hide()`. */
const panels = [
  createPlaces(element("places")),
  createProvenance({ layers: element("stage").querySelector(".layers"), heat: element("heat"), marker: element("marker"), output: element("provenance") }, onError),
  createDoubts(element("doubts")),
  convergence,
  createFacts(element("facts")),
  createDownloads(element("take-home"), { name: fileName, onError }),
  walkthrough,
  createChannels(element("channels"), { onPin: (channel) => walkthrough.pin(channel), onError }),
  createMontage(element("channels"), { name: fileName, onError }),
  compare,
];

/** `running` is the explanation under way, `picture` the one that is shown, `asked` the one that was asked for last. */
let cam, result, view, running, picture, asked;
/** The result that is about to be shown. */
let awaited;
/** The class that a link asks for, until another is chosen. */
let wishedClass;

element("share").addEventListener("click", share);
createLargeType(element("large-type"));
translatePage(element("language"), showInLanguage);
const ready = start();
ready.catch(onError);

/** Starts the worker and loads the network while the visitor looks for a picture. */
async function start() {
  const threads = Number(new URLSearchParams(location.search).get("threads"));
  cam = await ScoreCam.create({ threads: threads > 0 ? threads : undefined });
  describeEngine(element("engine"), cam);
  stage.setColourMaps(cam.colourMaps);
  networks.offer(cam);
  const wished = readLink(location.hash);
  await networks.load(cam.available.includes(wished.network) ? wished.network : cam.available[0]);
  settings.choose(wished);
  stage.setView(wished);
  if (Number(wished.class) < networks.model().classes) wishedClass = Number(wished.class);
}

/** A link with the settings and the class. */
async function share() {
  const { layer, recipe } = settings.chosen();
  const { colourMap, opacity } = stage.view();
  notices.note(
    await shareLink({
      network: networks.catalogName(), layer, recipe: recipe.name ?? recipe, columnwise: recipe.columnwise,
      class: result?.target ?? wishedClass, colours: colourMap, opacity: Math.round(100 * opacity),
    }),
  );
}

/** A network file of the visitor's. */
function openNetwork(file) {
  return chooseNetwork(file.name, { bytes: file, name: file.name });
}

async function chooseNetwork(name, source = networks.sourceOf(name)) {
  running?.cancel.abort();
  wishedClass = undefined;
  notices.clear();
  try {
    await ready;
    await networks.load(name, source);
    explainAgain({ keepNotices: true });
  } catch (error) {
    onError(error);
  }
}

/** Explains the picture in a Blob; `name` is what saved files are called after. */
async function explain(blob, name, { keepNotices = false } = {}) {
  running?.cancel.abort();
  const run = (running = { cancel: new AbortController(), enough: new AbortController() });
  asked = { blob, name };
  if (!keepNotices) notices.clear();
  predictions.disable();
  classSearch.hide();
  try {
    await ready;
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
      onError(error);
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
    if (picture?.blob !== source.blob) compare.forget();
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
  const [found, settled] = await Promise.all([complete.channels(), complete.convergence()]);
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

async function chooseClass(index) {
  wishedClass = undefined;
  try {
    await showResult(await result.forClass(index));
  } catch (error) {
    onError(error);
  }
}

/** The five most probable classes, and the chosen one if it is none of them. */
function withTarget({ predictions: five, target, probability }) {
  return five.some(({ index }) => index === target) ? five : [...five, { index: target, probability }];
}

function chooseLayer(layer) {
  settings.choose({ layer });
  explainAgain();
}

/** Another recipe: from the same scores where it masks in the same way, else the picture is explained again. */
async function chooseRecipe({ recipe }) {
  if (!result) return explainAgain();
  try {
    await showResult(await result.forRecipe(recipe));
  } catch (error) {
    if (error.kind === "option") explainAgain();
    else onError(error);
  }
}

function explainAgain(options) {
  if (asked) explain(asked.blob, asked.name, options);
}

function showInLanguage() {
  picker.translate();
  settings.translate();
  ownModel.translate();
  progress.translate();
  if (cam) describeEngine(element("engine"), cam);
  if (result) showResult(result).catch(onError);
  document.title = `scorecam – ${t("tagline")}`;
}
