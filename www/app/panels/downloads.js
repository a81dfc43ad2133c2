/** Saves what is shown: report, picture, overlay, the map's numbers, every channel, and how all of it came about. */

import { drawFigure } from "../figure.js";
import { reportOf } from "../report.js";
import { pngOf, saveFile } from "../save.js";

const COLUMNS = ["channel", "score", "weight", "low", "high", "energy"];

/** What each button saves: the name's ending, the type, and how it is made of what is shown. */
const FILES = {
  report: [
    "report.html",
    "text/html",
    async (view, name, comparison) =>
      reportOf(view, name, { npy: await view.result.npy(), json: await json(view, name) }, comparison),
  ],
  png: ["figure.png", "image/png", (view) => pngOf(drawFigure(view))],
  overlay: ["overlay.png", "image/png", ({ result, view }) => result.overlayPng(view())],
  npy: ["heatmap.npy", "application/octet-stream", ({ result }) => result.npy()],
  csv: ["channels.csv", "text/csv", ({ found }) => csv(found.channels)],
  json: ["json", "application/json", json],
};

/** `comparison()` is what is compared at the moment, if anything is. */
export function createDownloads(container, { name, comparison, onError }) {
  let shown = null;

  for (const [kind, [ending, type, make]] of Object.entries(FILES)) {
    const button = container.querySelector(`#save-${kind}`);
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        saveFile(await make(shown, fileName(), comparison()), `${fileName()}.${ending}`, type);
      } catch (error) {
        onError(error);
      }
      button.disabled = false;
    });
  }

  /** A map of some of the channels says so in its name. */
  const fileName = () => (shown.result.diagnostics.partial ? `${name()}.partial` : name());

  return {
    hide() {
      container.hidden = true;
    },
    show(view) {
      shown = view;
      container.hidden = false;
    },
  };
}

/** One line a channel; what was skipped has no score. */
function csv(channels) {
  const lines = channels.map((channel) => COLUMNS.map((column) => channel[column] ?? "").join(","));
  return [COLUMNS.join(","), ...lines, ""].join("\n");
}

/** The account as the command line writes it: by the same code. */
function json({ result }, name) {
  return result.report(name);
}
