/** Files that come from outside the page: shared by another app, or opened with the installed page. */

import { SHARED } from "../sw/share.js";

/**
 * Hands over the file that was shared, and every one that is opened.
 * @param {(file: File) => void} open
 */
export async function takeShared(open) {
  const { launchQueue } = /** @type {any} */ (globalThis);
  launchQueue?.setConsumer(async (/** @type {any} */ { files }) => {
    for (const handle of files.slice(0, 1)) open(await handle.getFile());
  });
  const address = new URL(location.href);
  if (!address.searchParams.has(SHARED.query)) return;
  address.searchParams.delete(SHARED.query);
  history.replaceState(null, "", address);
  const cache = await caches.open(SHARED.cache);
  const found = await cache.match(SHARED.address);
  await cache.delete(SHARED.address);
  if (found) open(new File([await found.blob()], decodeURIComponent(found.headers.get("X-Name") ?? "picture")));
}
