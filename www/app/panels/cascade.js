/** Does the map look at the network at all? What becomes of it as the weights are made random, from the answer down, for two methods. */

import { find, image, make } from "../dom.js";
import { number, shown as shownName, t, word } from "../i18n.js";
import { passesLeft } from "../progress.js";

/** @import { Progress, Result, Stage } from "../../scorecam.js" */
/** @import { Actions, Panel, View } from "../types.js" */

const STAGES = 6;
/** Below this likeness a map has followed the network. */
const ALIKE = 0.5;

/** @param {HTMLElement} panel  @param {Actions} actions  @returns {Panel} */
export function createCascade(panel, actions) {
  const beside = find(panel, "#cascade-beside", HTMLSelectElement);
  const [run, stop, said, strips] = ["#cascade-run", "#cascade-stop", "#cascade-said", "#cascade-strips"].map((id) =>
    find(panel, id),
  );
  /** @type {View | null} */
  let view = null;
  /** @type {AbortController | null} */
  let control = null;
  /** @type {{ result: Result, stages: Stage[] }[]} */
  let found = [];

  run.addEventListener("click", async () => {
    const asked = view;
    if (!asked) return;
    const { signal } = (control = new AbortController());
    [run.hidden, stop.hidden] = [true, false];
    found = [];
    strips.replaceChildren();
    /** @param {Pick<Progress, "done" | "total" | "etaMs">} event */
    const onProgress = (event) => (said.textContent = t("cascadeGoes", passesLeft(event)));
    try {
      const methods = [asked.result.method, beside.value].filter((name, i, all) => name && all.indexOf(name) === i);
      for (const method of methods) {
        const result =
          method === asked.result.method ? asked.result : await actions.explain({ method }, { signal, onProgress });
        const stages = await result.randomise({ stages: STAGES, signal, onProgress });
        if (view !== asked) return;
        found.push({ result, stages });
        present();
      }
      said.textContent = "";
    } catch (error) {
      said.textContent = signal.aborted ? t("cancelled") : "";
      if (!signal.aborted) actions.onError(error);
    } finally {
      [run.hidden, stop.hidden] = [false, true];
    }
  });
  stop.addEventListener("click", () => control?.abort());

  function present() {
    strips.replaceChildren(...found.map(strip));
  }

  /** @param {{ result: Result, stages: Stage[] }} of */
  function strip({ result, stages }) {
    const title = word(`method-${result.method}`, result.method);
    /** @param {Float32Array} heatmap  @param {string} name  @param {string} likeness */
    const frame = (heatmap, name, likeness) => {
      const canvas = image(`${title}: ${name}. ${likeness}`);
      view?.paint(canvas, heatmap, result);
      canvas.style.aspectRatio = String(result.region.width / result.region.height);
      return make("li", {}, canvas, make("b", {}, name), make("span", {}, likeness));
    };
    const frames = stages.map(({ from, correlation, ssim, heatmap }) =>
      frame(
        heatmap,
        t("cascadeFrom", { layer: shownName(from) }),
        correlation === null
          ? t("cascadeEmpty")
          : t("cascadeAlike", { correlation: number(correlation, 2), ssim: number(ssim, 2) }),
      ),
    );
    const last = stages.at(-1)?.correlation ?? 0;
    const likeness = { method: title, correlation: number(last, 2) };
    return make(
      "div",
      {},
      make("h3", {}, title),
      make(
        "ol",
        { className: "frames", tabIndex: 0, attributes: { "aria-label": title } },
        frame(result.heatmap, t("cascadeOriginal"), ""),
        ...frames,
      ),
      make("p", {}, Math.abs(last) < ALIKE ? t("cascadeFollows", likeness) : t("cascadeStays", likeness)),
    );
  }

  return {
    hide() {
      control?.abort();
      view = null;
      found = [];
      strips.replaceChildren();
      panel.hidden = true;
    },
    show(shown) {
      const isSame = view?.result === shown.result;
      view = shown;
      panel.hidden = false;
      const chosen = beside.value || (shown.result.method === "grad-cam" ? "score-cam" : "grad-cam");
      beside.replaceChildren(
        new Option(t("cascadeNone"), ""),
        ...actions.methods().map(({ name }) => new Option(word(`method-${name}`, name), name)),
      );
      beside.value = chosen;
      if (!isSame) {
        control?.abort();
        found = [];
        said.textContent = "";
      }
      present();
    },
    repaint: present,
  };
}
