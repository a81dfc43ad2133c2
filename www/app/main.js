/** Puts the page together: makes its parts and tells them of each other. */

import { MOST_THREADS } from "../lib/arguments.js";
import { ScoreCam } from "../scorecam.js";
import { createChannels } from "./panels/channels.js";
import { createClassSearch } from "./class_search.js";
import { createCompare } from "./panels/compare.js";
import { createConvergence } from "./panels/convergence.js";
import { createDoubts } from "./panels/doubts.js";
import { createDownloads } from "./panels/downloads.js";
import { createFacts, describeEngine } from "./panels/facts.js";
import { translatePage, t } from "./i18n.js";
import { createLargeType } from "./large_type.js";
import { createMontage } from "./panels/montage.js";
import { createNetworks } from "./networks.js";
import { createNotices } from "./notices.js";
import { createOwnModel } from "./own_model.js";
import { createPicker } from "./picker.js";
import { createPlaces } from "./panels/places.js";
import { createPredictions } from "./predictions.js";
import { createProgress } from "./progress.js";
import { createProvenance } from "./panels/provenance.js";
import { guarded } from "./guard.js";
import { followLink } from "./link.js";
import { createSession } from "./session.js";
import { createSettings } from "./settings.js";
import { shareLink } from "./share.js";
import { createStage } from "./stage.js";
import { createWalkthrough } from "./panels/walkthrough/player.js";

const element = (id) => document.getElementById(id);
const notices = createNotices(element("notices"));
const onError = notices.error;
/** A part that breaks does not take the page with it. */
const part = (create) => guarded(create, onError);

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
  container: element("progress"),
  live: element("live"),
  onCancel: () => session.cancel(),
  onEnough: () => session.suffice(),
  onContinue: () => session.proceed(),
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
  zone: element("drop-zone"),
  inputs: [element("file"), element("camera")],
  samples: element("samples"),
  onPicture,
  onModel,
  onError,
});
const convergence = part(() => createConvergence(element("convergence")));
const compare = part(() => createCompare(element("compare"), { onError }));
const walkthrough = part(() => createWalkthrough(element("walkthrough"), { onLayer, onPin, onError }));
const channels = part(() => createChannels(element("channels"), { onPin, onError }));
const name = () => session.name();
const panels = [
  part(() => createPlaces(element("places"))),
  part(() =>
    createProvenance(
      {
        layers: element("stage").querySelector(".layers"),
        heat: element("heat"),
        marker: element("marker"),
        output: element("provenance"),
      },
      onError,
    ),
  ),
  part(() => createDoubts(element("doubts"))),
  convergence,
  part(() => createFacts(element("facts"))),
  part(() => createDownloads(element("take-home"), { name, comparison: () => compare.current(), onError })),
  walkthrough,
  channels,
  part(() => createMontage(element("channels"), { name, onError })),
  compare,
];

const ready = start();
const session = createSession({
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
  onNewPicture: compare.forget,
});
ready.catch(onError);
element("share").addEventListener("click", share);
createLargeType(element("large-type"));
translatePage(element("language"), showInLanguage);
document.title = `scorecam – ${t("tagline")}`;

/** Starts the worker and loads the network while the visitor looks for a picture. */
async function start() {
  const threads = Number(new URLSearchParams(location.search).get("threads"));
  const onProgress = ({ done, total }) => progress.program(done, total);
  onProgress({ done: 0, total: null });
  const isNumber = Number.isInteger(threads) && threads > 0 && threads <= MOST_THREADS;
  const cam = await ScoreCam.create({ threads: isNumber ? threads : undefined, onProgress });
  describeEngine(element("engine"), cam);
  stage.setColourMaps(cam.colourMaps);
  networks.offer(cam);
  await followLink(location.hash, { cam, networks, settings, stage, session, notices });
  return cam;
}

/** Another link in the same tab: its settings are chosen, and the picture is explained anew by them. */
addEventListener("hashchange", async () => {
  try {
    const cam = await ready;
    notices.clear();
    if (await followLink(location.hash, { cam, networks, settings, stage, session, notices }))
      session.explainAgain({ keepNotices: true });
  } catch (error) {
    onError(error);
  }
});

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
      network: networks.catalogName(),
      layer,
      recipe: recipe.name ?? recipe,
      columnwise: recipe.columnwise,
      class: session.target(),
      colours: colourMap,
      opacity: Math.round(100 * opacity),
    }),
  );
}

function showInLanguage() {
  for (const part of [picker, stage, settings, ownModel, progress, notices, session]) part.translate();
  document.title = `scorecam – ${t("tagline")}`;
  // A page that could not start has said so.
  ready.then(
    (cam) => describeEngine(element("engine"), cam),
    () => {},
  );
}
