/** What the service worker keeps; tools/bundle.js makes this module. */
export const FILES: import("./sw/store.js").File[];
