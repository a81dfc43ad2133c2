/** Trusted Types, where a browser has them: the two kinds of text that this site turns into code or markup, and no other. */

const policy = (name, rules) => {
  try {
    return globalThis.trustedTypes?.createPolicy(name, rules) ?? rules;
  } catch {
    return rules; // a page around this module allows no policy of ours; then it does not ask for one either
  }
};

const own = (url) => {
  const { origin, protocol, href } = new URL(url, import.meta.url);
  if (origin === new URL(import.meta.url).origin || protocol === "blob:") return href;
  throw new TypeError(`${href} is no script of this site.`);
};

const { createScriptURL, createHTML } = (() => {
  const made = policy("scorecam", { createScriptURL: own, createHTML: (markup) => markup });
  return { createScriptURL: (url) => made.createScriptURL(url), createHTML: (markup) => made.createHTML(markup) };
})();

/** The address of a script of this site. */
export const scriptUrl = createScriptURL;

/** Markup that stands in this site's own code. */
export const ownMarkup = createHTML;

/** In a worker: lets wasm-bindgen-rayon start the threads, which it does with plain addresses. */
export function trustOwnScripts() {
  policy("default", { createScriptURL: own });
}
