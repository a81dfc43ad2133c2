/** A link that carries the settings, and never the picture. */

const FIELDS = ["network", "layer", "recipe", "columnwise", "class", "colours", "opacity"];

/** The settings in an address's fragment, which browsers do not send to the server. */
export function readLink(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  return Object.fromEntries(
    FIELDS.filter((field) => parameters.get(field)).map((field) => [field, parameters.get(field)]),
  );
}

/** The fragment for settings; what is undefined is left out. */
export function writeLink(settings) {
  const given = FIELDS.filter((field) => settings[field] !== undefined).map((field) => [
    field,
    String(settings[field]),
  ]);
  return `#${new URLSearchParams(given)}`;
}

/** Puts settings into the address, and the address on the clipboard; answers with the key of what there is to say. */
export async function shareLink(settings) {
  history.replaceState(null, "", writeLink(settings));
  try {
    await navigator.clipboard.writeText(location.href);
    return "shared";
  } catch {
    return "sharedInAddress"; // a browser may forbid the clipboard
  }
}
