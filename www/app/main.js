/** Puts the page together: a picture goes in, ScoreCam explains it, the parts of the page show what comes out. */

import { ScoreCam } from "../scorecam.js";
import { createChannels } from "./channels.js";
import { createClassSearch } from "./class_search.js";
import { createDownloads } from "./downloads.js";
import { createFacts, describeEngine } from "./facts.js";
import { translatePage, t } from "./i18n.js";
import { createNotices } from "./notices.js";
import { createOwnModel } from "./own_model.js";
import { createPicker } from "./picker.js";
import { createPredictions } from "./predictions.js";
import { createProgress } from "./progress.js";
import { createProvenance } from "./provenance.js";
import { createSettings } from "./settings.js";
import { readLink, writeLink } from "./share.js";
import { createStage } from "./stage.js";

const element = (id) => document.getElementById(id);
const notices = createNotices(element("notices"));
const progress = createProgress({ container: element("progress"), live: element("live"), onCancel: cancel });
const stage = createStage(element("stage"), element("view"));
const predictions = createPredictions(element("predictions"), element("answer-hint"), chooseClass);
const classSearch = createClassSearch(element("class-search"), chooseClass);
const settings = createSettings(document.querySelector(".settings"), {
  onNetwork: chooseNetwork,
  onLayer: () => explainAgain(),
  onRecipe: chooseRecipe,
});
const channels = createChannels(element("channels"), notices.error);
const provenance = createProvenance(
  { layers: element("stage").querySelector(".layers"), heat: element("heat"), marker: element("marker"), output: element("provenance") },
  notices.error,
);
const ownModel = createOwnModel(element("own-model"), {
  onFile: openNetwork,
  onApply: ({ input, labels }) => {
    const before = ownSources.get(model.name);
    chooseNetwork(model.name, { ...before, spec: { input }, labels: labels ?? before.labels });
  },
});
const facts = createFacts(element("facts"));
const downloads = createDownloads({
  buttons: { png: element("save-png"), npy: element("save-npy"), csv: element("save-csv"), json: element("save-json") },
  view: stage.view,
  model: () => model,
  onError: notices.error,
});
const picker = createPicker({
  zone: element("drop-zone"),
  input: element("file"),
  samples: element("samples"),
  onPicture: explain,
  onModel: openNetwork,
  onError: notices.error,
});

/** What the visitor's own networks were loaded from, by their names. */
const ownSources = new Map();
/** `picture` is the one that is shown, `asked` the one that was asked for last, which may still be on its way. */
let cam, model, result, running, picture, asked;
/** The class that a link asks for, until another is chosen. */
let wishedClass;

element("share").addEventListener("click", share);
translatePage(element("language"), showInLanguage);
const ready = start();
ready.catch(notices.error);

/** Starts the worker and loads the network while the visitor looks for a picture. */
async function start() {
  const asked = Number(new URLSearchParams(location.search).get("threads"));
  cam = await ScoreCam.create({ threads: asked > 0 ? asked : undefined });
  describeEngine(element("engine"), cam);
  stage.setColourMaps(cam.colourMaps);
  settings.setChoices(cam.available.map(entry), cam.recipes);
  ownModel.setPresets(cam.presets);
  const wished = readLink(location.hash);
  await loadNetwork(cam.available.includes(wished.network) ? wished.network : cam.available[0]);
  settings.choose(wished);
  stage.setView(wished);
  if (Number(wished.class) < model.classes) wishedClass = Number(wished.class);
}

/** Puts the settings into the address, and the address on the clipboard. */
async function share() {
  const { layer, recipe } = settings.chosen();
  const { colourMap, opacity } = stage.view();
  const link = writeLink({
    network: entry(model.name)?.name, layer, recipe: recipe.name ?? recipe, columnwise: recipe.columnwise,
    class: result?.target ?? wishedClass, colours: colourMap, opacity: Math.round(100 * opacity),
  });
  history.replaceState(null, "", link);
  try {
    await navigator.clipboard.writeText(location.href);
    notices.note("shared");
  } catch {
    notices.note("sharedInAddress"); // a browser may forbid the clipboard
  }
}

function entry(name) {
  return cam.catalog.find((spec) => spec.name === name);
}

/** Loads a network of the catalogue, or from `source` one of the visitor's. */
async function loadNetwork(name, source) {
  const title = entry(name)?.title ?? name;
  const onProgress = ({ stage: part, done, total }) => progress.model(title, part, done / total);
  try {
    model = await cam.loadModel(source ?? { catalog: name }, { onProgress });
    classSearch.setLabels(Array.from({ length: model.classes }, (_, index) => labelOf(index)));
    if (source) {
      ownSources.set(name, source);
      ownModel.show(model);
    } else {
      ownModel.hide();
    }
    for (const { kind, ...values } of model.warnings) notices.note(`warning-${kind}`, values);
  } finally {
    progress.hide();
    if (model) settings.setModel(model);
  }
}

const labelOf = (index) => model.labels[index] || t("unnamedClass", { index });
const named = (prediction) => ({ ...prediction, label: labelOf(prediction.index) });

/** A network file of the visitor's. */
function openNetwork(file) {
  return chooseNetwork(file.name, { bytes: file, name: file.name });
}

/** Another network; if it cannot be loaded, the one before stays in use. */
async function chooseNetwork(name, source = ownSources.get(name)) {
  running?.abort();
  wishedClass = undefined;
  notices.clear();
  ownModel.setBusy(true);
  try {
    await ready;
    await loadNetwork(name, source);
    explainAgain({ keepNotices: true });
  } catch (error) {
    notices.error(error);
  } finally {
    ownModel.setBusy(false);
  }
}

/** Explains the picture in a Blob; `name` is what saved files are called after. */
async function explain(blob, name, { keepNotices = false } = {}) {
  running?.abort();
  const run = (running = new AbortController());
  asked = { blob, name };
  if (!keepNotices) notices.clear();
  downloads.disable();
  predictions.disable();
  classSearch.hide();
  try {
    await ready;
    progress.classifying();
    const onProgress = (event) => run === running && show(event, { blob, name });
    const complete = await cam.explain(blob, { ...settings.chosen(), target: wishedClass, signal: run.signal, onProgress });
    if (run !== running) return;
    progress.finished(complete.diagnostics.scoredChannels, complete.timings.scoreMs);
    downloads.setName(name);
    showResult(complete);
  } catch (error) {
    if (run !== running) return;
    if (run.signal.aborted) progress.cancelled();
    else {
      progress.hide();
      notices.error(error);
      asked = picture;
      // The earlier picture, if there was one, is still here.
      if (result) showResult(result);
    }
  } finally {
    if (run === running) running = null;
  }
}

function show(event, source) {
  if (event.stage === "classified") {
    result = null;
    picture = source;
    facts.hide();
    channels.hide();
    provenance.hide();
    stage.showPicture(event);
    predictions.show(event.predictions.map(named), event.predictions[0].index);
    if (event.animated) notices.note("firstFrame");
  }
  if (event.preview) stage.showHeatmap(event.preview, model.input);
  progress.scoring(event);
}

function showResult(complete) {
  result = complete;
  const label = labelOf(complete.target);
  stage.showHeatmap(complete.heatmap, complete, label);
  predictions.show(withTarget(complete).map(named), complete.target);
  predictions.enable();
  classSearch.show();
  downloads.enable(complete);
  facts.show(model, complete);
  channels.show(complete, label, stage.paint);
  provenance.show(complete);
  notices.clear("noEvidence");
  if (complete.diagnostics.noPositiveEvidence) notices.note("noEvidence", { label });
}

async function chooseClass(index) {
  wishedClass = undefined;
  try {
    showResult(await result.forClass(index));
  } catch (error) {
    notices.error(error);
  }
}

/** The five most probable classes, and the chosen one if it is none of them. */
function withTarget({ predictions: five, target, probability }) {
  return five.some(({ index }) => index === target) ? five : [...five, { index: target, probability }];
}

/** Another recipe: from the same scores where it masks in the same way, else the picture is explained again. */
async function chooseRecipe({ recipe }) {
  if (!result) return explainAgain();
  try {
    showResult(await result.forRecipe(recipe));
  } catch (error) {
    if (error.kind === "option") explainAgain();
    else notices.error(error);
  }
}

function explainAgain(options) {
  if (asked) explain(asked.blob, asked.name, options);
}

function cancel() {
  running?.abort();
}

function showInLanguage() {
  picker.translate();
  settings.translate();
  ownModel.translate();
  progress.translate();
  if (cam) describeEngine(element("engine"), cam);
  if (result) showResult(result);
  document.title = `scorecam – ${t("tagline")}`;
}
