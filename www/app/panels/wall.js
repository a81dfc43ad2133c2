/** Maps of this picture by one method after another, side by side: what each costs, how they agree, what measures say of them. */

import { paintOverlay } from "../canvas.js";
import { find, image, make } from "../dom.js";
import { duration, number, t, word } from "../i18n.js";
import { passesLeft } from "../progress.js";
import { agreementTable, numbersTable, worthOf } from "./measured.js";

/** @import { Measurement, Method, Progress, Result } from "../../scorecam.js" */
/** @import { Actions, Panel, View } from "../types.js" */

/** What takes longer waits to be asked for. */
const SOON = 3000;
/** Measures that take a few passes a map, and those that take hundreds. */
const QUICK = ["drop"];
const THOROUGH = ["deletion-insertion", "drop", "road"];

/** @typedef {"waiting" | "costly" | "running" | "done" | "refused"} Phase */
/**
 * @typedef {object} Tile
 * @property {Method} method
 * @property {Phase} phase
 * @property {Result | null} result
 * @property {Pick<Progress, "done" | "total" | "etaMs"> | null} cost  of one that is not done
 * @property {unknown} error
 */

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createWall(panel, actions) {
  const { onError } = actions;
  const list = find(panel, "#wall-tiles");
  const order = find(panel, "#wall-order", HTMLSelectElement);
  const [measure, stop] = ["#wall-measure", "#wall-stop"].map((id) => find(panel, id, HTMLButtonElement));
  const said = find(panel, "#wall-said");
  const [numbers, agreement] = ["#wall-numbers", "#wall-agreement"].map((id) => find(panel, id));
  /** @type {View | null} */
  let view = null;
  /** @type {Tile[]} */
  let tiles = [];
  /** Of the picture, class and layer that the tiles are of. @type {AbortController} */
  let life = new AbortController();
  /** @type {AbortController | null} */
  let measuring = null;
  /** @type {Measurement | null} */
  let measured = null;
  let isFilling = false;

  const done = () => tiles.filter(({ phase }) => phase === "done");

  /** Whether there is nothing to measure unasked: every map is, or what was asked for, which is more, would be lost by it. */
  const isMeasured = () => {
    const rows = measured?.rows ?? [];
    const isThorough = rows.some(({ curves }) => curves.length > 0);
    return isThorough || done().every(({ method }) => rows.some(({ name }) => name === method.name));
  };

  /** Whether the tiles are of what a result is of: another method of it is one of them. @param {Result} result */
  const isSame = (result) => {
    const other = done()[0]?.result;
    const of = (/** @type {Result} */ { target, id, picture }) =>
      JSON.stringify([target, id.network, id.generation, picture.width, picture.height]);
    return other && view && view.name === shownName && of(other) === of(result);
  };
  let shownName = "";

  /** @param {View} shown */
  function begin(shown) {
    life.abort();
    life = new AbortController();
    measured = null;
    shownName = shown.name;
    tiles = actions.methods().map((method) => {
      const isShown = method.name === shown.result.method;
      return {
        method,
        phase: isShown ? "done" : "waiting",
        result: isShown ? shown.result : null,
        cost: null,
        error: null,
      };
    });
  }

  /** Explains by the methods that are quick, one after the other. */
  async function fill() {
    if (isFilling || !view) return;
    isFilling = true;
    const { signal } = life;
    try {
      for (const tile of tiles) {
        if (tile.phase !== "waiting" || signal.aborted || actions.mode() !== "compare") continue;
        await explain(tile, signal, SOON);
      }
      if (!signal.aborted && actions.mode() === "compare" && !isMeasured()) await judge(QUICK);
    } finally {
      isFilling = false;
    }
    // Another picture came while the last method of the one before was at work.
    if (signal.aborted && actions.mode() === "compare") fill();
  }

  /**
   * Explains by a tile's method; if it would take longer than `longest` it says so and waits.
   * @param {Tile} tile  @param {AbortSignal} signal  @param {number} longest
   */
  async function explain(tile, signal, longest) {
    const costly = new AbortController();
    tile.phase = "running";
    /** @param {Progress} event */
    const onProgress = ({ done, total, etaMs }) => {
      tile.cost = { done, total, etaMs };
      if (done === 0 && (etaMs ?? 0) > longest) costly.abort();
      refresh(tile);
    };
    refresh(tile);
    try {
      const both = AbortSignal.any([signal, costly.signal]);
      tile.result = await actions.explain({ method: tile.method.name }, { signal: both, onProgress });
      tile.phase = "done";
    } catch (error) {
      if (signal.aborted) return;
      tile.phase = costly.signal.aborted ? "costly" : "refused";
      tile.error = error;
    }
    refresh(tile);
  }

  /**
   * Measures all maps that there are.
   * @param {string[]} measures
   */
  async function judge(measures) {
    const [first, ...others] = done().flatMap(({ result }) => result ?? []);
    if (!first) return;
    measuring?.abort();
    const { signal } = (measuring = new AbortController());
    const isLong = measures.length > 1;
    measure.hidden = isLong;
    stop.hidden = !isLong;
    try {
      /** @param {Pick<Progress, "done" | "total" | "etaMs">} event */
      const onProgress = (event) => {
        if (isLong) said.textContent = t("scoring", passesLeft(event));
      };
      const found = await first.measure({ measures, beside: others, signal, onProgress });
      if (signal.aborted) return;
      measured = found;
      said.textContent = isLong ? t("wallMeasured") : "";
      showMeasured();
    } catch (error) {
      if (!signal.aborted) onError(error);
      said.textContent = "";
    } finally {
      if (measuring?.signal === signal) {
        measure.hidden = false;
        stop.hidden = true;
      }
    }
  }

  /** What was measured of a tile's map. @param {Tile} tile */
  const rowOf = ({ method }) => measured?.rows.find(({ name, isBaseline }) => name === method.name && !isBaseline);

  function showMeasured() {
    const rows = measured?.rows ?? [];
    const names = rows[0]?.numbers.map(({ name }) => name) ?? [];
    const chosen = order.value;
    order.replaceChildren(
      new Option(t("wallAsListed"), ""),
      ...names.map((name) => new Option(word(`number-${name}`, name), name)),
    );
    order.value = names.includes(chosen) ? chosen : "";
    numbers.hidden = agreement.hidden = !measured;
    if (measured) {
      find(numbers, ".scroll").replaceChildren(numbersTable(measured));
      find(agreement, ".scroll").replaceChildren(agreementTable(measured));
    }
    arrange();
  }

  /** Puts the tiles in order. */
  function arrange() {
    const worth = (/** @type {Tile} */ tile) => {
      const row = rowOf(tile);
      const found = row ? worthOf(row, order.value) : NaN;
      return Number.isNaN(found) ? -Infinity : found;
    };
    const sorted = order.value && measured ? tiles.toSorted((a, b) => worth(b) - worth(a)) : tiles;
    list.replaceChildren(...sorted.map(item));
  }

  /** @param {Tile} tile */
  function refresh(tile) {
    const old = list.querySelector(`[data-method="${tile.method.name}"]`);
    const hadFocus = old?.contains(document.activeElement);
    const made = item(tile);
    old?.replaceWith(made);
    if (hadFocus) made.querySelector("button")?.focus();
  }

  /** @param {Tile} tile */
  function item(tile) {
    const { method, phase, result, cost, error } = tile;
    const title = word(`method-${method.name}`, method.name);
    const isShown = result !== null && result === view?.result;
    const parts = [];
    if (result && view) {
      const canvas = image(t("wallMap", { method: title }));
      paintOverlay(canvas, result, view.colours(), view.opacity());
      const button = make("button", {
        type: "button",
        className: "tile-map",
        title: t("wallShow"),
        onclick: () => actions.present(result),
        attributes: { "aria-pressed": isShown },
      });
      button.append(canvas, make("b", {}, title));
      parts.push(button);
      const { timings, passes } = result;
      const time = duration(timings.prepareMs + timings.scoreMs);
      parts.push(
        make(
          "p",
          { className: "cost" },
          passes.total ? t("wallCost", { passes: number(passes.done), time }) : t("wallCostNone", { time }),
        ),
      );
      const found = rowOf(tile)?.numbers.find(({ name }) => name === order.value);
      if (found)
        parts.push(
          make(
            "p",
            { className: "worth" },
            `${word(`number-${found.name}`, found.name)}: ${found.value === null ? "–" : number(found.value, 3)}`,
          ),
        );
    } else {
      parts.push(make("p", { className: "tile-empty" }, make("b", {}, title)));
      if (phase === "waiting") parts.push(make("p", { className: "cost" }, t("wallWaiting")));
      if (phase === "running" && cost) {
        parts.push(
          make("progress", { max: Math.max(1, cost.total), value: cost.done, attributes: { "aria-label": title } }),
        );
        parts.push(make("p", { className: "cost" }, t("wallRunning", { left: duration(cost.etaMs ?? 0) })));
      }
      if (phase === "costly" && cost) {
        const onclick = async () => {
          await explain(tile, life.signal, Infinity);
          if (tile.phase === "done" && !isMeasured()) await judge(QUICK);
        };
        parts.push(
          make(
            "p",
            { className: "cost" },
            t("wallCostly", { passes: number(cost.total), time: duration(cost.etaMs ?? 0) }),
          ),
        );
        parts.push(
          make(
            "button",
            { type: "button", onclick, attributes: { "aria-label": t("wallStart", { method: title }) } },
            t("wallStartShort"),
          ),
        );
      }
      if (phase === "refused")
        parts.push(make("p", { className: "cost" }, String(/** @type {any} */ (error)?.message ?? error)));
    }
    parts.push(make("p", { className: "quiet" }, word(`method-${method.name}-hint`)));
    return make("li", { className: "tile", attributes: { "data-method": method.name, "data-phase": phase } }, ...parts);
  }

  order.addEventListener("change", arrange);
  measure.addEventListener("click", () => judge(THOROUGH));
  stop.addEventListener("click", () => {
    measuring?.abort();
    said.textContent = t("cancelled");
  });

  return {
    hide() {
      life.abort();
      measuring?.abort();
      view = null;
      list.replaceChildren();
      said.textContent = t("wallNothing");
      numbers.hidden = agreement.hidden = measure.hidden = true;
    },
    show(shown) {
      const isAnother = !isSame(shown.result);
      view = shown;
      measure.hidden = false;
      if (isAnother) {
        said.textContent = "";
        begin(shown);
      } else {
        const tile = tiles.find(({ method }) => method.name === shown.result.method);
        if (tile) Object.assign(tile, { result: shown.result, phase: "done" });
      }
      showMeasured();
      if (actions.mode() === "compare") fill();
    },
    repaint: arrange,
    enter(mode) {
      if (mode === "compare" && view) fill();
    },
    /** The maps that there are, for the report. */
    wall: () => ({ results: done().flatMap(({ result }) => result ?? []), measured }),
  };
}
