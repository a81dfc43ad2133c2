/** What other apps share with the installed page: it comes as a form, is put down here, and the page picks it up. */

/** The file that was shared, until the page has it: app/shared.js. */
export const SHARED = { cache: "scorecam-shared", address: "shared-file", query: "shared" };

/** @param {Request} request  @param {string} scope */
export const isShare = ({ method, url }, scope) => method === "POST" && url === new URL("share", scope).href;

/** @param {Request} request  @param {string} scope */
export async function answerShare(request, scope) {
  const file = (await request.formData()).get("file");
  if (file instanceof File) {
    const cache = await caches.open(SHARED.cache);
    const headers = { "X-Name": encodeURIComponent(file.name) };
    await cache.put(new URL(SHARED.address, scope), new Response(file, { headers }));
  }
  return Response.redirect(new URL(`./?${SHARED.query}`, scope), 303);
}
