/** The path of eight steps: play, pause, back and on, by buttons or the arrow keys; one step is shown at a time. */

import { ownMarkup } from "../../../lib/trusted.js";
import { make } from "../../dom.js";
import { t } from "../../i18n.js";
import FORMULAS from "./formulas.js";
import { SCENES } from "./scenes.js";

const STEPS = Object.keys(SCENES);
/** Milliseconds that a step is shown while the path plays. */
const STEP = 6000;

const prefersStill = matchMedia("(prefers-reduced-motion: reduce)");

/** `onLayer(name)` and `onPin(channel)` are told what was chosen on the way. */
export function createWalkthrough(panel, { onLayer, onPin, onError }) {
  const tabs = panel.querySelector("#steps");
  const step = panel.querySelector("#step");
  const play = panel.querySelector("#play");
  const [sentence, stage, formula, numbers] = [".sentence", ".scene", ".formula", ".numbers"].map((part) =>
    step.querySelector(part),
  );
  let view = null;
  let current = 0;
  let channel = null;
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
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: STEPS.length - 1 }[event.key];
    if (to === undefined || !STEPS[to]) return;
    event.preventDefault();
    go(to);
    tabs.children[to].focus();
  });
  panel.querySelector("#previous-step").addEventListener("click", () => go(Math.max(0, current - 1)));
  panel.querySelector("#next-step").addEventListener("click", () => go(Math.min(STEPS.length - 1, current + 1)));
  play.addEventListener("click", () => (timer ? pause() : start()));

  function start() {
    if (current === STEPS.length - 1) current = 0;
    timer = setInterval(() => {
      if (current === STEPS.length - 2) pause();
      draw(current + 1);
    }, STEP);
    draw(current);
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    name();
  }

  function go(to) {
    pause();
    draw(to);
  }

  /** Names of the tabs, and which one is chosen. */
  function name() {
    STEPS.forEach((key, i) => {
      const tab = tabs.children[i];
      tab.textContent = `${i + 1} ${t(`step-${key}`)}`;
      tab.setAttribute("aria-selected", i === current);
      tab.tabIndex = i === current ? 0 : -1;
    });
    play.textContent = t(timer ? "pause" : "play");
    play.setAttribute("aria-pressed", timer !== null);
    step.setAttribute("aria-labelledby", `tab-${STEPS[current]}`);
  }

  async function draw(to) {
    current = to;
    name();
    // Sideways only: the page should not jump.
    const tab = tabs.children[current];
    tabs.scrollLeft = tab.offsetLeft - tabs.clientWidth / 2 + tab.offsetWidth / 2;
    const mine = ++drawing;
    const key = STEPS[current];
    const hadFocus = stage.contains(document.activeElement);
    step.setAttribute("aria-busy", true);
    try {
      const isStale = () => mine !== drawing;
      const said = await SCENES[key](view, stage, {
        channel,
        isStale,
        animate: timer !== null && !prefersStill.matches,
        onError,
      });
      if (isStale() || !said) return;
      stage.dataset.step = key;
      sentence.textContent = said.sentence;
      formula.innerHTML = ownMarkup(FORMULAS[key]);
      numbers.textContent = said.numbers;
      if (hadFocus) stage.querySelector("[aria-pressed=true]")?.focus();
      step.setAttribute("aria-busy", false);
    } catch (error) {
      onError(error);
    }
  }

  return {
    hide() {
      if (timer) pause();
      drawing++;
      panel.hidden = true;
      channel = null;
    },
    /** The steps of a result; `found` is what Result.channels gives. */
    async show(shown) {
      const choose = (name) => {
        layerChosen = true;
        onLayer(name);
      };
      view = { ...shown, onLayer: choose, onPin };
      channel ??= heaviest(view.found.channels);
      panel.hidden = channel === null;
      if (panel.hidden) return;
      await draw(current);
      if (layerChosen) stage.querySelector("[aria-pressed=true]")?.focus();
      layerChosen = false;
    },
    /** Follows this channel from now on, if it has a mask. */
    pin(index) {
      if (view?.found.channels[index].score === null) return;
      channel = index;
      if (!panel.hidden) draw(current);
    },
  };
}

/** The channel of the largest weight among those that have a mask. */
function heaviest(channels) {
  const scored = channels.filter(({ score }) => score !== null).toSorted((a, b) => b.weight - a.weight);
  return scored[0]?.channel ?? null;
}
