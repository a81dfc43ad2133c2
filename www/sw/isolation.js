/** What isolates a page, which threads need; its workers' scripts have to carry it too. Servers send it, or the service worker adds it. */
export const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};
