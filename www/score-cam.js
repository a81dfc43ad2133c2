/**
 * <score-cam src="cat.jpg" class="Egyptian cat"></score-cam>: a picture with the evidence for a class laid over it.
 *
 *   src         the picture
 *   class       the class that is asked about, its name or its number; the most probable one if left out. What is no class is left
 *               to style sheets
 *   network     the address of an ONNX file; EfficientNet-Lite0 if left out
 *   layer, method, recipe, colour-map, opacity    as in scorecam.d.ts
 *   alt         what the picture shows, for those who cannot see it
 *
 * It fires `result` (its `detail` is the Result) and `error` (a ScoreCamError). All elements of a page share one ScoreCam and take
 * turns.
 */

import { efficientNetLite0 } from "./lib/default_network.js";
import { ScoreCam } from "./lib/scorecam.js";

/** @import { Model, Progress, Result } from "./scorecam.js" */

/** @type {Promise<ScoreCam> | undefined} */
let shared;
/**
 * What is asked last: networks take turns, too.
 * @type {Promise<unknown>}
 */
let turn = Promise.resolve();
/** The address of the network that is loaded; null is the default one. @type {string | null | undefined} */
let loaded;
/** @type {Model} */
let model;

const STYLE = `
  :host { display: inline-block; max-width: 100%; }
  :host([hidden]) { display: none; }
  figure { margin: 0; }
  img { display: block; max-width: 100%; height: auto; }
  figcaption { font-size: 0.875em; }
`;

/** Attributes that are options of `explain` by the same name. */
const OPTIONS = ["layer", "method", "recipe"];

export class ScoreCamElement extends HTMLElement {
  static observedAttributes = ["src", "class", "network", "colour-map", "opacity", "alt", ...OPTIONS];

  #image = document.createElement("img");
  #caption = document.createElement("figcaption");
  /** Ends what was asked before. */
  #abort = new AbortController();
  /** Several attributes that change together are one question. */
  #isAsked = false;
  /** @type {string | null} */
  #url = null;

  constructor() {
    super();
    const figure = document.createElement("figure");
    this.#caption.setAttribute("role", "status");
    figure.append(this.#image, this.#caption);
    const root = this.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    root.append(figure);
  }

  connectedCallback() {
    this.#ask();
  }

  disconnectedCallback() {
    this.#abort.abort();
    this.#show(null);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#ask();
  }

  #ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    queueMicrotask(() => {
      this.#isAsked = false;
      this.#abort.abort();
      this.#abort = new AbortController();
      const { signal } = this.#abort;
      const mine = (turn = turn.then(() => (signal.aborted ? undefined : this.#explain(signal))));
      mine.catch((error) => !signal.aborted && this.#fail(error));
      turn = mine.catch(() => {});
    });
  }

  /** @param {AbortSignal} signal */
  async #explain(signal) {
    const src = this.getAttribute("src");
    if (!src) return this.#show(null);
    this.#caption.textContent = "…";
    shared ??= ScoreCam.create();
    const cam = await shared.catch((error) => {
      shared = undefined;
      throw error;
    });
    const network = this.getAttribute("network");
    if (network !== loaded) {
      model = await cam.loadModel(network ? await fileAt(network) : await efficientNetLite0({ signal }), { signal });
      loaded = network;
    }
    const picture = await fetch(new URL(src, document.baseURI), { signal });
    const target = this.#target();
    const chosen = OPTIONS.filter((name) => this.hasAttribute(name));
    const options = Object.fromEntries(chosen.map((name) => [name, this.getAttribute(name)]));
    /** @param {Progress} progress */
    const onProgress = (progress) => {
      if (progress.stage === "score") this.#caption.textContent = `${progress.done} / ${progress.total}`;
    };
    const result = await cam.explain(picture, { ...options, target, signal, onProgress });
    const colourMap = this.getAttribute("colour-map") ?? undefined;
    const opacity = this.hasAttribute("opacity") ? Number(this.getAttribute("opacity")) : undefined;
    const png = await result.overlayPng({ colourMap, opacity });
    if (signal.aborted) return;
    this.#show(new Blob([png], { type: "image/png" }), result);
    this.dispatchEvent(new CustomEvent("result", { detail: result }));
  }

  /** The number of the class that is asked about; undefined is the most probable one. */
  #target() {
    const asked = this.getAttribute("class")?.trim();
    if (!asked) return undefined;
    if (/^\d+$/.test(asked) && Number(asked) < model.classes) return Number(asked);
    const index = model.labels.findIndex((label) => label.toLowerCase() === asked.toLowerCase());
    return index < 0 ? undefined : index;
  }

  /** @param {Blob | null} blob  @param {Result} [result] */
  #show(blob, result) {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = blob && URL.createObjectURL(blob);
    if (this.#url) this.#image.src = this.#url;
    else this.#image.removeAttribute("src");
    const label = result?.class === null || !result ? "" : (model.labels[result.class] ?? `class ${result.class}`);
    const share = result?.probability === null || !result ? "" : ` ${Math.round(100 * result.probability)} %`;
    this.#caption.textContent = label + share;
    this.#image.alt = [this.getAttribute("alt"), label].filter(Boolean).join(": ");
  }

  /** @param {any} error */
  #fail(error) {
    this.#show(null);
    this.#caption.textContent = [error?.message ?? String(error), error?.hint].filter(Boolean).join(" ");
    this.dispatchEvent(new CustomEvent("error", { detail: error }));
  }
}

/** @param {string} address */
async function fileAt(address) {
  const response = await fetch(new URL(address, document.baseURI));
  if (!response.ok) throw new Error(`${address} could not be fetched: the server answered ${response.status}.`);
  return { bytes: await response.blob(), name: address.split("/").pop() };
}

customElements.define("score-cam", ScoreCamElement);
