/** Hands a file to the browser's downloads. */

/** @param {BlobPart} content  @param {string} name  @param {string} type */
export function saveFile(content, name, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  // The browser reads the Blob after this task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * A canvas as the bytes of a PNG file. At once: toBlob waits for idle moments, and a busy page may have none for seconds.
 * @param {HTMLCanvasElement} canvas
 */
export function pngOf(canvas) {
  const base64 = canvas.toDataURL("image/png").split(",")[1];
  if (!base64) throw new Error("The canvas is too large for a PNG.");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
