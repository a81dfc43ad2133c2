/** Saves what is shown: report, picture, overlay, the map's numbers, every channel, and how all of it came about. */

import { find } from "../dom.js";
import { drawFigure } from "../figure.js";
import { lessonOf } from "../lesson.js";
import { reportOf } from "../report.js";
import { pngOf, saveFile } from "../save.js";

/** @import { Channels } from "../../scorecam.js" */
/** @import { Actions, Panel, View } from "../types.js" */

const COLUMNS = /** @type {const} */ (["channel", "score", "weight", "low", "high", "energy"]);

/**
 * What each button saves: the name's ending, the type, and how it is made of what is shown.
 * @type {Record<string, { ending: string, type: string, make: (view: View, name: string, actions: Actions) => BlobPart | Promise<BlobPart> }>}
 */
const FILES = {
  report: { ending: "report.html", type: "text/html", make: reportFile },
  lesson: { ending: "lesson.html", type: "text/html", make: (view, name, { proof }) => lessonOf(view, name, proof()) },
  png: { ending: "figure.png", type: "image/png", make: (view) => pngOf(drawFigure(view)) },
  overlay: { ending: "overlay.png", type: "image/png", make: overlayFile },
  npy: { ending: "heatmap.npy", type: "application/octet-stream", make: ({ result }) => result.npy() },
  signed: { ending: "signed.npy", type: "application/octet-stream", make: ({ result }) => result.signedNpy() },
  csv: { ending: "channels.csv", type: "text/csv", make: ({ found }) => csv(found?.channels ?? []) },
  json: { ending: "json", type: "application/json", make: (view, name) => json(view, name) },
};

/** @param {HTMLElement} container  @param {Actions} actions  @returns {Panel} */
export function createDownloads(container, actions) {
  const { name, onError } = actions;
  /** @type {View | null} */
  let shown = null;

  for (const [kind, { ending, type, make }] of Object.entries(FILES)) {
    const button = find(container, `#save-${kind}`, HTMLButtonElement);
    button.addEventListener("click", async () => {
      if (!shown) return;
      button.disabled = true;
      try {
        const file = fileName(shown);
        saveFile(await make(shown, file, actions), `${file}.${ending}`, type);
      } catch (error) {
        onError(error);
      }
      button.disabled = false;
    });
  }

  /**
   * A map of some of the channels says so in its name.
   * @param {View} view
   */
  const fileName = ({ result }) => (result.diagnostics.partial ? `${name()}.partial` : name());

  return {
    hide() {
      container.hidden = true;
    },
    show(view) {
      shown = view;
      find(container, "#save-csv").hidden = !view.found;
      container.hidden = false;
    },
  };
}

/** @param {View} view  @param {string} name  @param {Actions} actions */
async function reportFile(view, name, { comparison, proof }) {
  return reportOf(view, name, { npy: await view.result.npy(), json: await json(view, name) }, comparison(), proof());
}

/**
 * The picture with what is shown over it now.
 * @param {View} view
 */
function overlayFile({ result, view }) {
  const { colourMap, opacity, isSigned } = view();
  return result.overlayPng({ colourMap: isSigned ? "diverging" : colourMap, opacity });
}

/**
 * One line a channel; what was skipped has no score.
 * @param {Channels["channels"]} channels
 */
function csv(channels) {
  const lines = channels.map((channel) => COLUMNS.map((column) => channel[column] ?? "").join(","));
  return [COLUMNS.join(","), ...lines, ""].join("\n");
}

/**
 * The account as the command line writes it: by the same code.
 * @param {View} view  @param {string} name
 */
function json({ result }, name) {
  return result.report(name);
}
