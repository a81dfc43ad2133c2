/** Puts the page together: makes its parts and tells them of each other. */

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
import { createSession } from "./session.js";
import { createSettings } from "./settings.js";
import { readLink, shareLink } from "./share.js";
import { createStage } from "./stage.js";
import { createWalkthrough } from "./walkthrough/player.js";

const element = (id) => document.getElementById(id);
const notices = createNotices(element("notices"));
const onError = notices.error;

// What the visitor does goes to the session, which is made of all these.
const onPicture = (blob, name) => session.explain(blob, name);
const onClass = (index) => session.chooseClass(index);
const onModel = (file) => session.chooseNetwork(file.name, { bytes: file, name: file.name });
const onPin = (channel) => {
  walkthrough.pin(channel);
  channels.pin(channel);
};
const onLayer = (layer) => {
  settings.choose({ layer });
  session.explainAgain();
};

const progress = createProgress({
  container: element("progress"), live: element("live"),
  onCancel: () => session.cancel(), onEnough: () => session.suffice(),
});
const stage = createStage(element("stage"), element("view"), repaint);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
const predictions = createPredictions(element("predictions"), element("answer-hint"), onClass);
const classSearch = createClassSearch(element("class-search"), onClass);
const settings = createSettings(document.querySelector(".settings"), {
  onNetwork: (name) => session.chooseNetwork(name),
  onLayer: () => session.explainAgain(),
  onRecipe: (chosen) => session.chooseRecipe(chosen),
});
const ownModel = createOwnModel(element("own-model"), {
  onFile: onModel,
  onApply: (corrected) => session.chooseNetwork(networks.model().name, networks.corrected(corrected)),
});
const networks = createNetworks({ form: ownModel, settings, classSearch, progress, notices });
const picker = createPicker({
  zone: element("drop-zone"), inputs: [element("file"), element("camera")], samples: element("samples"),
  onPicture, onModel, onError,
});
const convergence = createConvergence(element("convergence"));
const compare = createCompare(element("compare"), { onError });
const walkthrough = createWalkthrough(element("walkthrough"), { onLayer, onPin, onError });
const channels = createChannels(element("channels"), { onPin, onError });
const name = () => session.name();
const panels = [
  createPlaces(element("places")),
  createProvenance({ layers: element("stage").querySelector(".layers"), heat: element("heat"), marker: element("marker"), output: element("provenance") }, onError),
  createDoubts(element("doubts")),
  convergence,
  createFacts(element("facts")),
  createDownloads(element("take-home"), { name, onError }),
  walkthrough,
  channels,
  createMontage(element("channels"), { name, onError }),
  compare,
];

const ready = start();
const session = createSession({ ready, networks, settings, stage, progress, convergence, predictions, classSearch, notices, panels, onNewPicture: compare.forget });
ready.catch(onError);
element("share").addEventListener("click", share);
createLargeType(element("large-type"));
translatePage(element("language"), showInLanguage);
document.title = `scorecam – ${t("tagline")}`;

/** Starts the worker and loads the network while the visitor looks for a picture. */
async function start() {
  const threads = Number(new URLSearchParams(location.search).get("threads"));
  const cam = await ScoreCam.create({ threads: threads > 0 ? threads : undefined });
  describeEngine(element("engine"), cam);
  stage.setColourMaps(cam.colourMaps);
  networks.offer(cam);
  const wished = readLink(location.hash);
  await networks.load(cam.available.includes(wished.network) ? wished.network : cam.available[0]);
  settings.choose(wished);
  stage.setView(wished);
  if (Number(wished.class) < networks.model().classes) session.wish(Number(wished.class));
  return cam;
}

/** Other colours: what is drawn in them is drawn anew. */
function repaint() {
  if (session.view()) for (const panel of [walkthrough, compare, convergence]) panel.show(session.view());
}

/** A link with the settings and the class. */
async function share() {
  const { layer, recipe } = settings.chosen();
  const { colourMap, opacity } = stage.view();
  notices.note(
    await shareLink({
      network: networks.catalogName(), layer, recipe: recipe.name ?? recipe, columnwise: recipe.columnwise,
      class: session.target(), colours: colourMap, opacity: Math.round(100 * opacity),
    }),
  );
}

function showInLanguage() {
  for (const part of [picker, stage, settings, ownModel, progress, notices, session]) part.translate();
  document.title = `scorecam – ${t("tagline")}`;
  // A page that could not start has said so.
  ready.then((cam) => describeEngine(element("engine"), cam), () => {});
}
