/** The path of eight steps: play, pause, back and on, by buttons or the arrow keys; one step is shown at a time. */

import { ownMarkup } from "../../../lib/trusted.js";
import { find, findAll, make } from "../../dom.js";
import { t } from "../../i18n.js";
import FORMULAS from "./formulas.js";
import { SCENES } from "./scenes.js";

const STEPS = Object.keys(SCENES);
/** Milliseconds that a step is shown while the path plays. */
const STEP = 6000;

const prefersStill = matchMedia("(prefers-reduced-motion: reduce)");

/** @import { Channels } from "../../../scorecam.js" */
/** @import { Actions, LayerView, Panel } from "../../types.js" */

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createWalkthrough(panel, { chooseLayer, pin: onPin, onError }) {
  const [tabs, step, play] = ["#steps", "#step", "#play"].map((part) => find(panel, part));
  const [sentence, stage, formula, numbers] = [".sentence", ".scene", ".formula", ".numbers"].map((part) =>
    find(step, part),
  );
  /** @type {LayerView | null} */
  let view = null;
  let current = 0;
  /** @type {number | null} */
  let channel = null;
  /** @type {ReturnType<typeof setInterval> | null} */
  let timer = null;
  /** What is drawn; a scene that another has overtaken is stale. */
  let drawing = 0;
  /** Whether a layer was chosen in the strip, so that the focus goes back to it. */
  let layerChosen = false;

  tabs.append(
    ...STEPS.map((name, i) => {
      const tab = make("button", {
        type: "button",
        id: `tab-${name}`,
        attributes: { role: "tab", "aria-controls": "step" },
      });
      tab.addEventListener("click", () => go(i));
      return tab;
    }),
  );
  tabs.addEventListener("keydown", (event) => {
    /** @type {Record<string, number>} */
    const places = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: STEPS.length - 1 };
    const to = places[event.key];
    if (to === undefined || !STEPS[to]) return;
    event.preventDefault();
    go(to);
    tabAt(to).focus();
  });
  find(panel, "#previous-step").addEventListener("click", () => go(Math.max(0, current - 1)));
  find(panel, "#next-step").addEventListener("click", () => go(Math.min(STEPS.length - 1, current + 1)));
  play.addEventListener("click", () => (timer ? pause() : start()));

  /** @param {number} place */
  const tabAt = (place) => findAll(tabs, "button", HTMLButtonElement)[place];

  function start() {
    if (current === STEPS.length - 1) current = 0;
    timer = setInterval(() => {
      if (current === STEPS.length - 2) pause();
      draw(current + 1);
    }, STEP);
    draw(current);
  }

  function pause() {
    clearInterval(timer ?? undefined);
    timer = null;
    name();
  }

  /** @param {number} to */
  function go(to) {
    pause();
    draw(to);
  }

  /** Names of the tabs, and which one is chosen. */
  function name() {
    STEPS.forEach((key, i) => {
      const tab = tabAt(i);
      tab.textContent = `${i + 1} ${t(`step-${key}`)}`;
      tab.setAttribute("aria-selected", String(i === current));
      tab.tabIndex = i === current ? 0 : -1;
    });
    play.textContent = t(timer ? "pause" : "play");
    play.setAttribute("aria-pressed", String(timer !== null));
    step.setAttribute("aria-labelledby", `tab-${STEPS[current]}`);
  }

  /** @param {number} to */
  async function draw(to) {
    if (!view || channel === null) return;
    current = to;
    name();
    // Sideways only: the page should not jump.
    const tab = tabAt(current);
    tabs.scrollLeft = tab.offsetLeft - tabs.clientWidth / 2 + tab.offsetWidth / 2;
    const mine = ++drawing;
    const key = STEPS[current];
    const hadFocus = stage.contains(document.activeElement);
    step.setAttribute("aria-busy", "true");
    try {
      const isStale = () => mine !== drawing;
      const said = await SCENES[key](view, stage, {
        channel,
        isStale,
        animate: timer !== null && !prefersStill.matches,
        onError,
        onLayer,
        onPin,
      });
      if (isStale() || !said) return;
      stage.dataset.step = key;
      sentence.textContent = said.sentence;
      formula.innerHTML = ownMarkup(FORMULAS[key]);
      numbers.textContent = said.numbers;
      if (hadFocus) focusPressed();
      step.setAttribute("aria-busy", "false");
    } catch (error) {
      onError(error);
    }
  }

  function focusPressed() {
    const pressed = stage.querySelector("[aria-pressed=true]");
    if (pressed instanceof HTMLElement) pressed.focus();
  }

  /** @param {string} name */
  function onLayer(name) {
    layerChosen = true;
    chooseLayer(name);
  }

  return {
    hide() {
      if (timer) pause();
      drawing++;
      panel.hidden = true;
      channel = null;
    },
    repaint: () => draw(current),
    /** The steps of a result of a method that looks at maps. */
    async show(shown) {
      const { found } = shown;
      view = found && { ...shown, found };
      channel ??= found && heaviest(found.channels);
      panel.hidden = !view || channel === null;
      if (panel.hidden) return;
      await draw(current);
      if (layerChosen) focusPressed();
      layerChosen = false;
    },
    /** Follows this channel from now on, if it has a mask. */
    pin(index) {
      if (!view || view.found.channels[index].score === null) return;
      channel = index;
      if (!panel.hidden) draw(current);
    },
  };
}

/**
 * The channel of the largest weight among those that have a mask.
 * @param {Channels["channels"]} channels
 */
function heaviest(channels) {
  const scored = channels.filter(({ score }) => score !== null).toSorted((a, b) => b.weight - a.weight);
  return scored[0]?.channel ?? null;
}
