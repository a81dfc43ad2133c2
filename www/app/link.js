/** Follows a link that carries settings: what it names and this page has is chosen, and of the rest the page says so. */

import { readLink } from "./share.js";

/**
 * @returns {Promise<boolean>} whether anything but the colours was asked for.
 */
export async function followLink(hash, { cam, networks, settings, stage, session, notices }) {
  const wished = readLink(hash);
  const unknown = (key, name) => notices.note(key, { name });
  if (wished.network && !cam.available.includes(wished.network)) unknown("linkNetwork", wished.network);
  const network = cam.available.includes(wished.network)
    ? wished.network
    : (networks.model()?.name ?? cam.available[0]);
  if (networks.model()?.name !== network) await networks.load(network);
  const { layer, recipe } = settings.choose(wished);
  if (layer) unknown("linkLayer", layer);
  if (recipe) unknown("linkRecipe", recipe);
  stage.setView(wished);
  if (wished.class !== undefined) {
    const index = Number(wished.class);
    if (/^\d+$/.test(wished.class) && index < networks.model().classes) session.wish(index);
    else unknown("linkClass", wished.class);
  }
  return ["network", "layer", "recipe", "columnwise", "class"].some((field) => wished[field] !== undefined);
}
