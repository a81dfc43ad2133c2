/** Many pictures by one network: chosen, explained one after the other, looked at together, and taken home. */

import { find, findAll, make } from "../dom.js";
import { duration, number, t, word } from "../i18n.js";
import { cellsOf } from "./files.js";
import { hasFolderPicker, ofFiles, ofPickedFolder } from "./intake.js";
import { canKeep, countResults, forgetResults } from "./keep.js";
import { createLook } from "./look.js";
import { createTakeHome } from "./take_home.js";
import { Queue } from "./queue.js";
import { folderOf, namesOf, withPictures } from "./rows.js";

/** @import { ScoreCam } from "../../scorecam.js" */
/** @import { Mode, Palette } from "../types.js" */
/** @import { Given } from "./intake.js" */
/** @import { Question } from "./queue.js" */
/** @import { Row } from "./rows.js" */

/**
 * @typedef {object} Parts
 * @property {Promise<ScoreCam>} ready
 * @property {ReturnType<typeof import("../networks.js").createNetworks>} networks
 * @property {ReturnType<typeof import("../settings.js").createSettings>} settings
 * @property {Palette} palette
 * @property {(file: File, name: string) => void} onOpen  a picture is to be explained in full
 * @property {(isBusy: boolean) => void} onBusy
 * @property {(error: unknown) => void} onError
 */

/** @param {HTMLElement} panel  @param {Parts} parts */
export function createFolder(panel, { ready, networks, settings, palette, onOpen, onBusy, onError }) {
  /** @param {string} id */
  const byId = (id) => find(panel, `#folder-${id}`);
  /** @param {string} id */
  const button = (id) => find(panel, `#folder-${id}`, HTMLButtonElement);
  /** @param {string} id */
  const input = (id) => find(panel, `#folder-${id}`, HTMLInputElement);
  const [said, progress, kept] = ["said", "progress", "kept"].map(byId);
  const bar = find(panel, "#folder-bar", HTMLProgressElement);
  const [start, clear, forget, pick] = ["start", "clear", "forget", "pick"].map(button);
  const [files, whole, table, keep] = ["files", "whole", "table", "keep"].map(input);
  const expect = find(panel, "#folder-expect", HTMLSelectElement);
  const measures = byId("measures");
  const queue = new Queue();
  /** @type {Row[]} */
  let rows = [];
  /**
   * What was asked of the rows that are done, and of whom.
   * @type {Question | null}
   */
  let asked = null;
  /** The cells of the table that says what the pictures show. @type {string[][]} */
  let cells = [];
  /** Whether it was going when another mode came in between. */
  let isInterrupted = false;
  /** Whether the settings have changed and one knows what that costs. */
  let isWarned = false;
  /** When this run began, and how many rows were done then. */
  let began = { at: 0, done: 0 };
  /** What is under way, or was paused and is not over yet. */
  let running = Promise.resolve(false);
  /** The sentence that stands, to be said again in another language. */
  let standing = () => "";

  /**
   * A class's name as the network that was asked has it, whichever is loaded now.
   * @param {number} index
   */
  function labelOf(index) {
    return networks.labelsOf(asked?.model ?? networks.loaded())(index);
  }

  const look = createLook(panel, {
    palette,
    labelOf,
    onOpen: (row) => onOpen(row.file, row.id),
    onError,
  });
  createTakeHome(panel, { palette, labelOf, shown: look.shown, onError });

  /** @param {() => string} sentence */
  function say(sentence) {
    standing = sentence;
    said.textContent = sentence();
  }

  const done = () => rows.filter(({ state }) => state === "explained" || state === "failed").length;

  /** Buttons, counts and the time that is left. */
  function arrange() {
    const isGoing = queue.isGoing;
    const left = rows.length - done();
    start.textContent = isGoing ? t("folderPause") : startText();
    start.disabled = !rows.length || (!left && !isWarned && !isGoing);
    clear.hidden = !rows.length;
    clear.disabled = isGoing;
    for (const field of findAll(measures, "input", HTMLInputElement)) field.disabled = isGoing;
    bar.hidden = !isGoing;
    bar.max = rows.length;
    bar.value = done();
    const failed = rows.filter(({ state }) => state === "failed").length;
    const paced = done() - began.done;
    const each = paced ? (performance.now() - began.at) / paced : null;
    const values = { done: number(done()), total: number(rows.length), failed: number(failed) };
    const counted = failed ? t("folderCountFailed", values) : t("folderCount", values);
    const time = isGoing && each !== null ? t("folderLeft", { left: duration(each * left) }) : "";
    progress.textContent = rows.length ? `${counted}${time}` : "";
    look.show(rows);
  }

  function startText() {
    if (isWarned) return t("folderAnew");
    return done() ? t("folderContinue") : t("folderStart");
  }

  /** What will be asked of every picture, from the settings and what is ticked. @param {ScoreCam} cam @returns {Question} */
  function question(cam) {
    const model = networks.loaded();
    const options = settings.chosen();
    const wanted = findAll(measures, "input:checked", HTMLInputElement).map(({ value }) => value);
    const text = JSON.stringify([cam.version, model.sha256 ?? model.name, model.input, options, wanted]);
    return { options, measures: wanted, model, text };
  }

  async function go() {
    const cam = await ready;
    await running;
    const now = question(cam);
    if (asked && asked.text !== now.text && done()) {
      if (!isWarned) {
        isWarned = true;
        say(() => t("folderDiffers"));
        return arrange();
      }
      for (const row of rows) Object.assign(row, { state: "waiting", record: null, error: null, kept: null });
    }
    isWarned = false;
    asked = now;
    await nameExpected();
    began = { at: performance.now(), done: done() };
    say(() => t("folderGoes"));
    onBusy(true);
    const next = () => rows.find(({ state }) => state === "waiting");
    running = queue.run(cam, next, now, {
      onRow(row) {
        look.update(row);
        if (row.state !== "running") arrange();
      },
      isSame: () => networks.model() === now.model,
      keeps: () => keep.checked,
      onKeepFailed(error) {
        keep.checked = false;
        onError({ message: t("folderKeepFailed"), hint: String(/** @type {any} */ (error)?.message ?? error) });
      },
    });
    arrange();
    const isDone = await running;
    onBusy(false);
    say(() => (isDone ? t("folderDone") : t("folderPaused")));
    arrange();
    await countKept();
  }

  start.addEventListener("click", () => {
    if (queue.isGoing) {
      queue.pause();
      return arrange();
    }
    go().catch(onError);
  });
  clear.addEventListener("click", () => {
    rows = [];
    asked = null;
    isWarned = false;
    say(() => "");
    arrange();
  });

  /**
   * More pictures; those that are there already stay as they are.
   * @param {Given[]} given
   */
  async function add(given) {
    const before = rows.length;
    rows = withPictures(rows, given);
    const count = rows.length - before;
    say(() => (count ? t("folderAdded", { count: number(count) }) : t("folderNothing")));
    await nameExpected();
    arrange();
  }

  /** What each picture is expected to show, and which classes that names. */
  async function nameExpected() {
    byId("table-field").hidden = expect.value !== "table";
    const said = expect.value === "table" ? namesOf(cells, rows) : null;
    for (const row of rows) row.expected = expect.value === "folder" ? folderOf(row.id) : (said?.get(row.id) ?? null);
    const names = [...new Set(rows.flatMap(({ expected }) => expected ?? []))];
    const cam = await ready;
    // What was answered by another network is judged when this one is asked.
    const isSame = !asked || asked.model === networks.model();
    const classes = names.length && isSame ? await cam.classesNamed(names) : [];
    const byName = new Map(names.map((name, at) => [name, classes[at]]));
    for (const row of rows) row.expectedClass = row.expected === null ? null : (byName.get(row.expected) ?? null);
    look.other();
    arrange();
  }

  expect.addEventListener("change", () => nameExpected().catch(onError));
  table.addEventListener("change", async () => {
    const [file] = table.files ?? [];
    if (!file) return;
    try {
      cells = cellsOf(await file.text());
      await nameExpected();
      const found = rows.filter(({ expected }) => expected !== null).length;
      say(() => t("folderTableSaid", { count: number(found), total: number(rows.length) }));
    } catch (error) {
      onError(error);
    }
    table.value = "";
  });

  for (const field of [files, whole])
    field.addEventListener("change", () => {
      const given = ofFiles(field.files ?? []);
      field.value = "";
      add(given).catch(onError);
    });
  pick.addEventListener("click", async () => {
    try {
      const given = await ofPickedFolder();
      if (given) await add(given);
    } catch (error) {
      onError(error);
    }
  });
  pick.hidden = !hasFolderPicker;
  find(panel, "#folder-whole-field").hidden = hasFolderPicker;

  /** How many results are kept on this machine. */
  async function countKept() {
    const count = await countResults().catch(() => 0);
    kept.textContent = count ? t("folderKept", { count: number(count) }) : "";
    forget.hidden = !count;
  }
  keep.disabled = !canKeep();
  keep.addEventListener("change", () => countKept());
  forget.addEventListener("click", async () => {
    await forgetResults().catch(onError);
    keep.checked = false;
    await countKept();
  });

  // What took long and is nowhere else is not closed by a slip.
  addEventListener("beforeunload", (event) => {
    if (rows.some(({ state }) => state === "explained") && !keep.checked) event.preventDefault();
  });

  /** What can be ticked. @param {ScoreCam} cam */
  function offerMeasures(cam) {
    const boxes = cam.measures
      .filter(({ needsBox }) => !needsBox)
      .map(({ name }) => make("label", {}, make("input", { type: "checkbox", value: name }), " ", make("span")));
    measures.append(...boxes);
    nameMeasures();
  }

  function nameMeasures() {
    for (const field of findAll(measures, "input", HTMLInputElement)) {
      const text = field.nextElementSibling;
      if (text) text.textContent = word(`folderMeasure-${field.value}`, field.value);
    }
  }
  ready.then(offerMeasures, () => {});
  countKept();
  arrange();

  return {
    add: (/** @type {Given[]} */ given) => add(given).catch(onError),
    /** @param {Mode} mode */
    enter(mode) {
      if (mode !== "folder") {
        isInterrupted ||= queue.isGoing;
        return queue.pause();
      }
      if (isInterrupted) go().catch(onError);
      isInterrupted = false;
      arrange();
    },
    repaint: () => look.other(),
    translate() {
      nameMeasures();
      said.textContent = standing();
      look.other();
      arrange();
      countKept();
    },
  };
}
