/** Hands a file to the browser's downloads. */

/** @param {BlobPart} content */
export function saveFile(content, name, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  // The browser reads the Blob after this task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A canvas as the Blob of a PNG file. */
export const pngOf = (canvas) => new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The canvas is too large for a PNG."))), "image/png"));

export const saveCanvas = async (canvas, name) => saveFile(await pngOf(canvas), name, "image/png");
