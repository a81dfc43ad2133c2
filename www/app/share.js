/** A link that carries the settings, and never the picture. */

const FIELDS = ["network", "layer", "method", "recipe", "columnwise", "class", "colours", "opacity", "mode"];
/** Options of a method. */
const OPTION = /^method\.\w+$/;

/** @param {string} name */
const isSetting = (name) => FIELDS.includes(name) || OPTION.test(name);

/**
 * The settings in an address's fragment, which browsers do not send to the server.
 * @param {string} hash
 * @returns {Record<string, string>}
 */
export function readLink(hash) {
  const parameters = [...new URLSearchParams(hash.replace(/^#/, ""))];
  return Object.fromEntries(parameters.filter(([name, value]) => isSetting(name) && value));
}

/**
 * The fragment for settings; what is undefined is left out.
 * @param {Record<string, string | number | boolean | null | undefined>} settings
 */
export function writeLink(settings) {
  const given = Object.entries(settings).filter(([name, value]) => isSetting(name) && (value ?? null) !== null);
  return `#${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/**
 * Puts settings into the address, and the address on the clipboard; answers with the key of what there is to say.
 * @param {Parameters<typeof writeLink>[0]} settings
 */
export async function shareLink(settings) {
  history.replaceState(null, "", writeLink(settings));
  try {
    await navigator.clipboard.writeText(location.href);
    return "shared";
  } catch {
    return "sharedInAddress"; // a browser may forbid the clipboard
  }
}
