/** Deletion and insertion as a film that one can scrub: the picture as pixels leave in the map's order, the score as a curve. */

import { paintImage } from "../canvas.js";
import { chart } from "../chart.js";
import { find, findAll, make } from "../dom.js";
import { number, percent, t } from "../i18n.js";
import { latest } from "../latest.js";
import { passesLeft } from "../progress.js";
import { worthOf } from "./measured.js";

/** @import { MeasuredMap, Measurement } from "../../scorecam.js" */
/** @import { Actions, Panel, View } from "../types.js" */

/** The share that sentences speak of. */
const TENTH = 0.1;

/** @param {MeasuredMap} row  @param {string} name */
export function curveOf(row, name) {
  const found = row.curves.find((curve) => curve.name === name);
  if (!found) throw new Error(`no curve ${name}`);
  return found;
}

/**
 * The value of a curve at a share of the pixels, on the straight line between its points.
 * @param {{ x: number[], y: number[] }} curve  @param {number} share
 */
export function valueAt({ x, y }, share) {
  const after = x.findIndex((at) => at >= share);
  if (after <= 0) return y[Math.max(0, after)];
  const part = (share - x[after - 1]) / (x[after] - x[after - 1]);
  return y[after - 1] + (y[after] - y[after - 1]) * part;
}

/**
 * A curve of every map, that of the map itself last, so that it is drawn over the others.
 * @param {Measurement} measured  @param {string} name
 */
export function linesOf({ rows }, name) {
  /** @param {MeasuredMap} row */
  const kindOf = ({ isBaseline, name }) => {
    if (!isBaseline) return "own";
    return name === "centred" ? "centred" : "random";
  };
  return rows.map((row) => ({ kind: kindOf(row), ...curveOf(row, name) })).toReversed();
}

/** The areas that a verdict counts: each with both fills. The difference of two of them would say nothing of chance. */
const AREAS = ["deletion-mean", "insertion-mean", "deletion-blur", "insertion-blur"];

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * What a measurement says of its first map, in careful sentences.
 * @param {Measurement} measured  @param {string} label
 */
export function verdictOf({ score, rows }, label) {
  const [own] = rows;
  const random = rows.filter(({ name }) => name.startsWith("random-"));
  const centred = rows.filter(({ name }) => name === "centred");
  /** @param {MeasuredMap[]} maps  @param {string} name  @param {number} share */
  const at = (maps, name, share) => mean(maps.map((map) => valueAt(curveOf(map, name), share)));
  const says = [
    t("filmDeleted", {
      label,
      before: percent(score),
      after: percent(at([own], "deletion-mean", TENTH)),
      random: percent(at(random, "deletion-mean", TENTH)),
    }),
    t("filmInserted", {
      label,
      alone: percent(at([own], "insertion-blur", TENTH)),
      random: percent(at(random, "insertion-blur", TENTH)),
    }),
  ];
  if (own.isEmpty) return [...says, t("filmEmpty")];
  /** In how many of the four areas this map is better than every one of `others`. @param {MeasuredMap[]} others */
  const wins = (others) =>
    AREAS.filter((name) => others.every((other) => worthOf(own, name) > worthOf(other, name))).length;
  const [chance, centre] = [wins(random), wins(centred)];
  const counted = { chance: number(chance), centre: number(centre), all: number(AREAS.length) };
  if (chance === AREAS.length && centre === AREAS.length) says.push(t("filmBeatsBoth", counted));
  else if (chance === AREAS.length) says.push(t("filmBeatsChance", counted));
  else if (chance > 0) says.push(t("filmMixed", counted));
  else says.push(t("filmBeatsNothing", counted));
  return says;
}

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createFilm(panel, { onError }) {
  /** @param {string} id */
  const byId = (id) => find(panel, `#film-${id}`);
  const [run, stop, said, reel, verdict] = ["run", "stop", "said", "reel", "verdict"].map(byId);
  const picture = find(panel, "#film-picture", HTMLCanvasElement);
  const slider = find(panel, "#film-share", HTMLInputElement);
  const fills = findAll(panel, "[name=film-fill]", HTMLInputElement);
  /** @type {View | null} */
  let view = null;
  /** @type {{ measured: Measurement, view: View } | null} */
  let found = null;
  /** @type {AbortController | null} */
  let control = null;
  /** @type {ReturnType<typeof chart> | null} */
  let curve = null;

  const fill = () => (fills[1].checked ? "blur" : "mean");

  run.addEventListener("click", async () => {
    if (!view) return;
    const asked = view;
    const { signal } = (control = new AbortController());
    [run.hidden, stop.hidden] = [true, false];
    try {
      const measured = await asked.result.measure({
        measures: ["deletion-insertion"],
        signal,
        onProgress: (event) => (said.textContent = t("scoring", passesLeft(event))),
      });
      if (view !== asked) return;
      found = { measured, view: asked };
      said.textContent = "";
      slider.value = String(Math.round(TENTH * Number(slider.max)));
      present();
    } catch (error) {
      said.textContent = signal.aborted ? t("cancelled") : "";
      if (!signal.aborted) onError(error);
    } finally {
      [run.hidden, stop.hidden] = [false, true];
    }
  });
  stop.addEventListener("click", () => control?.abort());
  for (const radio of fills) radio.addEventListener("change", present);
  slider.addEventListener("input", () => scrub());

  function present() {
    if (!found) return;
    const { rows } = found.measured;
    reel.hidden = verdict.hidden = false;
    const name = `deletion-${fill()}`;
    curve = chart(linesOf(found.measured, name), { share: (value) => percent(value, 0) });
    byId("curve").replaceChildren(curve.svg);
    const area = rows[0].numbers.find((each) => each.name === name)?.value ?? 0;
    byId("curve").setAttribute("aria-label", t("filmCurve", { label: found.view.label, area: number(area, 3) }));
    const legend = /** @type {const} */ (["own", "random", "centred"]);
    byId("legend").replaceChildren(
      ...legend.map((kind) => make("span", { className: `key-${kind}` }, t(`film-line-${kind}`))),
    );
    verdict.replaceChildren(...verdictOf(found.measured, found.view.label).map((text) => make("li", {}, text)));
    scrub();
  }

  const draw = latest(async (/** @type {number} */ step) => {
    if (!found) return;
    const { result } = found.view;
    const share = curveOf(found.measured.rows[0], `deletion-${fill()}`).x[step];
    const cover = await result.coverOf({ share });
    const covered = await result.cover({ cover, fill: fill() });
    paintImage(picture, covered.picture);
  }, onError);

  /** Shows the step that the slider is at: the score is the curve's own. */
  function scrub() {
    if (!found) return;
    const step = Number(slider.value);
    const { x, y } = curveOf(found.measured.rows[0], `deletion-${fill()}`);
    const { label } = found.view;
    curve?.mark(x[step]);
    byId("share-value").textContent = percent(x[step], 0);
    slider.setAttribute(
      "aria-valuetext",
      t("filmAt", { share: percent(x[step], 0), label, percent: percent(y[step]) }),
    );
    const bar = byId("bar");
    bar.style.setProperty("--probability", String(Math.min(1, Math.max(0, y[step]))));
    bar.replaceChildren(make("span", {}, label), make("span", {}, percent(y[step])));
    picture.setAttribute("aria-label", t("filmPicture", { share: percent(x[step], 0) }));
    draw(step);
  }

  return {
    hide() {
      control?.abort();
      view = found = null;
      panel.hidden = true;
    },
    show(shown) {
      const isSame = found?.view.result === shown.result;
      view = shown;
      panel.hidden = false;
      const { region } = shown.result;
      picture.style.setProperty("--aspect", String(region.width / region.height));
      if (isSame && found) found.view = shown;
      else {
        control?.abort();
        found = null;
        said.textContent = "";
      }
      reel.hidden = verdict.hidden = !found;
      present();
    },
    /** What was measured, for the report. */
    film: () => found?.measured ?? null,
  };
}
