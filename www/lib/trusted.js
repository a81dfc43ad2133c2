/** Trusted Types, where a browser has them: the two kinds of text that this site turns into code or markup, and no other. */

/** @typedef {{ createScriptURL?: (url: string) => any, createHTML?: (markup: string) => any }} Rules */

/** @param {string} name  @param {Rules} rules  @returns {Rules} */
const policy = (name, rules) => {
  try {
    const { trustedTypes } = /** @type {any} */ (globalThis);
    return trustedTypes?.createPolicy(name, rules) ?? rules;
  } catch {
    return rules; // a page around this module allows no policy of ours; then it does not ask for one either
  }
};

/** @param {string | URL} url */
const own = (url) => {
  const { origin, protocol, href } = new URL(url, import.meta.url);
  if (origin === new URL(import.meta.url).origin || protocol === "blob:") return href;
  throw new TypeError(`${href} is no script of this site.`);
};

const made = policy("scorecam", { createScriptURL: own, createHTML: (markup) => markup });

/**
 * The address of a script of this site.
 * @param {URL} url
 */
export const scriptUrl = (url) => made.createScriptURL?.(String(url));

/**
 * Markup that stands in this site's own code.
 * @param {string} markup
 */
export const ownMarkup = (markup) => made.createHTML?.(markup);

/** In a worker: lets wasm-bindgen-rayon start the threads, which it does with plain addresses. */
export function trustOwnScripts() {
  policy("default", { createScriptURL: own });
}
