/** Saves what was found of a folder: a table, the maps' numbers, a page to look at. */

import { find } from "../dom.js";
import { t } from "../i18n.js";
import { saveFile } from "../save.js";
import { csvOf, galleryOf, npzOf } from "./files.js";

/** @import { Palette } from "../types.js" */
/** @import { Row } from "./rows.js" */

/**
 * @param {HTMLElement} panel
 * @param {{
 *   palette: Palette, labelOf: (index: number) => string, shown: () => { shown: Row[], all: Row[] }, onError: (error: unknown) => void,
 * }} parts
 */
export function createTakeHome(panel, { palette, labelOf, shown, onError }) {
  /** @type {Record<string, { name: string, type: string, make: () => BlobPart | Promise<BlobPart> }>} */
  const files = {
    csv: { name: "scorecam.csv", type: "text/csv", make: () => csvOf(shown().all, labelOf) },
    npz: { name: "scorecam.npz", type: "application/octet-stream", make: () => npzOf(shown().all) },
    gallery: {
      name: "scorecam.html",
      type: "text/html",
      make: () => galleryOf(shown().shown, t("folderGalleryTitle"), palette, labelOf),
    },
  };
  for (const [kind, { name, type, make }] of Object.entries(files)) {
    const button = find(panel, `#folder-${kind}`, HTMLButtonElement);
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        saveFile(await make(), name, type);
      } catch (error) {
        onError(error);
      }
      button.disabled = false;
    });
  }
}
