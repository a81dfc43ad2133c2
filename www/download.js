/** Fetches a file of this site with progress, and makes sure that it is the one that was meant. */

/**
 * @param {URL} url
 * @param {{ signal?: AbortSignal, onProgress?: (bytes: number) => void, sha256?: string, size?: number }} options
 *   `size` and `sha256` are what the file must have, where they are known.
 * @returns {Promise<Uint8Array>}
 */
export async function download(url, { signal, onProgress, sha256: expected, size } = {}) {
  const name = url.pathname.split("/").pop();
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw failure(`${name} could not be fetched.`, "Check that the server still runs, then try again.");
  }
  if (!response.ok) {
    throw failure(`${name} could not be fetched: the server answered ${response.status}.`, "Run ./build.sh to make it part of dist/.");
  }
  const bytes = await readAll(response, size, onProgress);
  if (size && bytes.byteLength !== size) {
    throw failure(`${name} has ${bytes.byteLength} bytes; ${size} were expected.`, "The download was cut off or the file is another one; try again.");
  }
  // Where there is no checksum the size has to do.
  if (expected && ![expected, null].includes(await sha256(bytes))) {
    throw failure(`${name} is not the file that the catalogue describes: its checksum differs.`, "Fetch it again from its source.");
  }
  return bytes;
}

/** The body in one piece. Where its size is known it is written in place: a large network should not be in memory twice. */
async function readAll(response, size, onProgress) {
  const whole = size ? new Uint8Array(size) : null;
  const pieces = [];
  let done = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { value, done: finished } = await reader.read();
    if (finished) break;
    if (whole && done + value.length <= size) whole.set(value, done);
    else pieces.push(value);
    done += value.length;
    onProgress?.(done);
  }
  if (whole && done <= size) return whole.subarray(0, done);
  return new Uint8Array(await new Blob(whole ? [whole, ...pieces] : pieces).arrayBuffer());
}

/** The SHA-256 in hexadecimal digits; null on pages that are not served securely, which have no crypto.subtle. */
export async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const failure = (message, hint) => ({ kind: "network", message, hint });
