/** Puts the page together: makes its parts and tells them of each other. */

import { MOST_THREADS } from "../lib/arguments.js";
import { BUILDS } from "../lib/builds.js";
import { ScoreCam } from "../scorecam.js";
import { createFolder } from "./batch/panel.js";
import { createClassSearch } from "./class_search.js";
import { find } from "./dom.js";
import { guarded } from "./guard.js";
import { t, translatePage } from "./i18n.js";
import { createLargeType } from "./large_type.js";
import { followLink } from "./link.js";
import { createLive } from "./live.js";
import { createModes } from "./modes.js";
import { createNetworks } from "./networks.js";
import { createNotices } from "./notices.js";
import { createOffers } from "./offers.js";
import { Offline } from "./offline.js";
import { createOfflineCopy } from "./offline_copy.js";
import { createOwnModel } from "./own_model.js";
import { describeEngine } from "./panels/facts.js";
import { PANELS } from "./panels/index.js";
import { createPicker } from "./picker.js";
import { createPredictions } from "./predictions.js";
import { createProgress } from "./progress.js";
import { createSession } from "./session.js";
import { createSettings } from "./settings.js";
import { readLink, shareLink } from "./share.js";
import { takeShared } from "./shared.js";
import { createStage } from "./stage.js";

/** @import { Actions } from "./types.js" */

/** What a link that names no network gets: the first of the catalogue. It is fetched while the program is. */
const DEFAULT_NETWORK = "efficientnet_lite0";

/** @param {string} id */
const element = (id) => find(document, `#${id}`);
const notices = createNotices(element("notices"));
const onError = notices.error;

// What the visitor does goes to the session, which is made of all these.
/** @param {Blob} blob  @param {string} name */
function onPicture(blob, name) {
  // One picture is looked at by itself.
  if (modes.current === "folder") modes.choose("explain");
  session.explain(blob, name);
}
/** @param {number} index */
const onClass = (index) => session.chooseClass(index);
/** @param {File} file */
const onModel = (file) => session.chooseNetwork(file.name, { bytes: file, name: file.name });

const progress = createProgress({
  container: element("progress"),
  live: element("live"),
  onCancel: () => session.cancel(),
  onEnough: () => session.suffice(),
  onContinue: () => session.proceed(),
});
const stage = createStage(element("stage"), element("view"), { onChange: repaint, onError });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
const predictions = createPredictions(element("predictions"), element("answer-hint"), onClass);
const classSearch = createClassSearch(element("class-search"), (classes, how) => session.ask(classes, how));
const settings = createSettings(find(document, ".settings"), {
  onNetwork: (name) => session.chooseNetwork(name),
  onLayer: () => session.explainAgain(),
  onMethod: (chosen) => session.chooseMethod(chosen),
});
const ownModel = createOwnModel(element("own-model"), {
  onFile: onModel,
  onApply: (corrected) => session.chooseNetwork(networks.loaded().name, networks.corrected(corrected)),
});
/** @param {string} name */
const onNetwork = (name) => offline.loaded(name);
const networks = createNetworks({ form: ownModel, settings, classSearch, progress, notices, onNetwork });
const picker = createPicker({
  zone: element("drop-zone"),
  inputs: ["#file", "#camera"].map((id) => find(document, id, HTMLInputElement)),
  samples: element("samples"),
  onPicture,
  onMany(given) {
    modes.choose("folder");
    folder.add(given);
  },
  onModel,
  onError,
});

/** @type {Actions} */
const actions = {
  chooseLayer(layer) {
    settings.choose({ layer });
    session.explainAgain();
  },
  pin(channel) {
    for (const panel of panels) panel.pin?.(channel);
  },
  onError,
  name: () => session.name(),
  comparison: () => panels.map((panel) => panel.comparison?.()).find(Boolean) ?? null,
  mode: () => modes.current,
  proof: () => ({
    wall: panels.map((panel) => panel.wall?.()).find(Boolean) ?? { results: [], measured: null },
    film: panels.map((panel) => panel.film?.()).find(Boolean) ?? null,
    hand: panels.map((panel) => panel.hand?.()).find(Boolean) ?? null,
  }),
  methods: () => methods,
  explain: (options, control) => session.beside(options, control),
  present: (result) => session.present(result),
};
/** @type {import("../scorecam.js").Method[]} */
let methods = [];
const modes = createModes(
  { buttons: find(document, ".modes"), main: find(document, "main"), progress: element("progress") },
  (mode) => {
    for (const panel of panels) panel.enter?.(mode);
    folder.enter(mode);
  },
);
// A part that breaks does not take the page with it.
const panels = PANELS.map(({ id, create }) => guarded(() => create(element(id), actions), onError));

let hasBegun = false;
for (const event of ["pointerdown", "keydown", "drop", "paste"])
  document.addEventListener(event, () => (hasBegun = true), { once: true });
const offers = createOffers(notices, () => session.isBusy());
const offline = new Offline({
  hasBegun: () => hasBegun,
  onThreads: (reload) => offers.add("offerThreads", reload),
  onUpdate: (reload) => offers.add("offerUpdate", reload),
  onProblem: (problem) => notices.note(`offline-${problem}`),
});
const offlineCopy = createOfflineCopy(element("offline"), offline);

const ready = start();
const session = createSession({
  ready,
  networks,
  settings,
  stage,
  progress,
  predictions,
  classSearch,
  notices,
  panels,
  onBusy: () => offline.yield(true),
  onIdle() {
    offline.yield(false);
    offers.show();
  },
});
const folder = guarded(
  () =>
    createFolder(element("folder"), {
      ready,
      networks,
      settings,
      palette: stage.palette,
      onOpen: onPicture,
      onBusy: (isBusy) => offline.yield(isBusy),
      onError,
    }),
  onError,
);
createLive(element("live-view"), {
  explain: async (video, method) => (await ready).explain(video, { method }),
  labelOf: (index) => networks.labelOf(index),
  palette: stage.palette,
  onFreeze: (picture) => onPicture(picture, t("cameraName")),
  onBusy: () => session.isBusy(),
  onError,
});
ready.then(async () => {
  takeShared(picker.open).catch(onError);
  await offline.ready();
  offlineCopy.translate();
}, onError);
element("share").addEventListener("click", share);
createLargeType(element("large-type"));
translatePage(find(document, "#language", HTMLSelectElement), showInLanguage);
document.title = `scorecam – ${t("tagline")}`;

/** Starts the worker and loads the network while the visitor looks for a picture. */
async function start() {
  const asked = new URLSearchParams(location.search);
  const threads = Number(asked.get("threads"));
  const build = BUILDS.find(({ name }) => name === asked.get("build"))?.name;
  /** @param {{ done: number, total: number | null }} said */
  const onProgress = ({ done, total }) => progress.program(done, total);
  onProgress({ done: 0, total: null });
  const isNumber = Number.isInteger(threads) && threads > 0 && threads <= MOST_THREADS;
  await offline.begin();
  const prefetch = readLink(location.hash).network ?? DEFAULT_NETWORK;
  const cam = await ScoreCam.create({ threads: isNumber ? threads : undefined, build, prefetch, onProgress });
  describeEngine(element("engine"), cam);
  stage.setColourMaps(cam.colourMaps, cam.divergingColours);
  methods = cam.methods;
  networks.offer(cam);
  await followLink(location.hash, { cam, networks, settings, stage, session, modes, notices });
  return cam;
}

/** Another link in the same tab: its settings are chosen, and the picture is explained anew by them. */
addEventListener("hashchange", async () => {
  try {
    const cam = await ready;
    notices.clear();
    if (await followLink(location.hash, { cam, networks, settings, stage, session, modes, notices }))
      session.explainAgain({ keepNotices: true });
  } catch (error) {
    onError(error);
  }
});

/** Other colours: what is drawn in them is drawn anew. */
function repaint() {
  const view = session.view();
  if (view) for (const panel of panels) panel.repaint?.(view);
  folder.repaint();
}

/** A link with the settings and the class. */
async function share() {
  const { layer, method, recipe, ...options } = settings.chosen();
  const { name, columnwise = undefined } = typeof recipe === "object" ? recipe : { name: recipe };
  const target = session.target();
  const { colourMap, opacity } = stage.view();
  const ofMethod = Object.entries(options).map(([option, value]) => [`method.${option}`, value]);
  const said = await shareLink({
    network: networks.catalogName(),
    layer,
    method,
    recipe: name,
    columnwise,
    ...Object.fromEntries(ofMethod),
    class: typeof target === "number" ? target : undefined,
    colours: colourMap,
    opacity: Math.round(100 * opacity),
    mode: modes.current === "explain" ? undefined : modes.current,
  });
  notices.note(said);
}

function showInLanguage() {
  for (const part of [picker, stage, networks, settings, ownModel, progress, notices, session, folder, offlineCopy])
    part.translate();
  document.title = `scorecam – ${t("tagline")}`;
  // A page that could not start has said so.
  ready.then(
    (cam) => describeEngine(element("engine"), cam),
    () => {},
  );
}
