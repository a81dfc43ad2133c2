/** The files that the bundler put beside this code. */

/**
 * A file that was imported: dist/ has its name, the page of one file has its bytes.
 * @param {string | Uint8Array<ArrayBuffer>} file
 * @returns {Promise<Blob>}
 */
export async function fileOf(file) {
  if (typeof file !== "string") return new Blob([file]);
  const response = await fetch(new URL(file, import.meta.url));
  if (!response.ok) throw new Error(`${file}: ${response.status} ${response.statusText}`);
  return response.blob();
}
