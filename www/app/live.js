/** The camera, one picture after another: each is explained by a method that takes a few passes, and forgotten. */

import { paintOverlay } from "./canvas.js";
import { contextOf, find, make } from "./dom.js";
import { number, percent, t } from "./i18n.js";

/** @import { Result } from "../scorecam.js" */
/** @import { Palette } from "./types.js" */

/** Every class from a run behind the layer for each of its cells. */
const METHOD = "recipro-cam";
const CAMERA = { video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "environment" } };
/** Pictures that the pace is the mean of. */
const MEASURED = 10;

/**
 * @param {HTMLElement} panel
 * @param {{
 *   explain: (video: HTMLVideoElement, method: string) => Promise<Result>, labelOf: (index: number) => string,
 *   palette: Palette, onFreeze: (picture: Blob) => void, onBusy: () => boolean, onError: (error: unknown) => void,
 * }} told
 */
export function createLive(panel, { explain, labelOf, palette, onFreeze, onBusy, onError }) {
  /** @param {string} id */
  const byId = (id) => find(panel, `#live-${id}`);
  const [start, stop, freeze, said] = ["start", "stop", "freeze", "said"].map(byId);
  const canvas = find(panel, "#live-picture", HTMLCanvasElement);
  const video = make("video", { muted: true, playsInline: true });
  /** @type {MediaStream | null} */
  let stream = null;
  /** Changes when the camera is stopped, so that what is under way is not shown any more. */
  let turn = 0;

  /** @param {boolean} isOn */
  function arrange(isOn) {
    start.hidden = isOn;
    stop.hidden = freeze.hidden = canvas.hidden = !isOn;
  }

  function end() {
    turn++;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = video.srcObject = null;
    arrange(false);
    said.textContent = "";
  }

  start.addEventListener("click", async () => {
    const mine = ++turn;
    said.textContent = t("liveAsks");
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
      const given = await navigator.mediaDevices.getUserMedia(CAMERA);
      if (mine !== turn) return given.getTracks().forEach((track) => track.stop());
      stream = given;
      stream.getTracks().forEach((track) => track.addEventListener("ended", end));
      video.srcObject = stream;
      await video.play();
      arrange(true);
      await watch(mine);
    } catch (error) {
      if (mine !== turn) return;
      end();
      // What the visitor does not allow, or the machine does not have, is no defect of the page.
      const { name } = /** @type {Error} */ (error);
      if (name === "NotAllowedError") said.textContent = t("liveRefused");
      else if (["NotFoundError", "NotReadableError", "OverconstrainedError"].includes(name))
        said.textContent = t("liveNone");
      else onError(error);
    }
  });
  stop.addEventListener("click", end);
  freeze.addEventListener("click", () => {
    const frame = make("canvas", { width: video.videoWidth, height: video.videoHeight });
    contextOf(frame).drawImage(video, 0, 0);
    end();
    frame.toBlob((blob) => blob && onFreeze(blob), "image/png");
  });

  /**
   * Explains what the camera sees until it is stopped.
   * @param {number} mine
   */
  async function watch(mine) {
    /** @type {number[]} */
    let times = [];
    while (mine === turn) {
      // A hidden tab looks at nothing, and an explanation that was asked for has its turn.
      if (document.hidden || onBusy()) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        times = [];
        continue;
      }
      const result = await explain(video, METHOD);
      await result.forget();
      if (mine !== turn) return;
      times = [...times.slice(-MEASURED), performance.now()];
      paintOverlay(canvas, result, palette.colours(), palette.opacity());
      const [first] = result.predictions;
      const label = labelOf(first.index);
      canvas.setAttribute("aria-label", t("pictureLabel", { label }));
      const pace = times.length > 1 ? (1000 * (times.length - 1)) / (times[times.length - 1] - times[0]) : 0;
      said.textContent = t("liveSaid", { label, percent: percent(first.probability, 0), pace: number(pace, 1) });
    }
  }

  arrange(false);
}
