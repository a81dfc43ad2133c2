/** Follows a link that carries settings: what it names and this page has is chosen, and of the rest the page says so. */

import { readLink } from "./share.js";

/** @import { ScoreCam } from "../scorecam.js" */

/**
 * @typedef {object} Parts
 * @property {ScoreCam} cam
 * @property {ReturnType<typeof import("./networks.js").createNetworks>} networks
 * @property {ReturnType<typeof import("./settings.js").createSettings>} settings
 * @property {ReturnType<typeof import("./stage.js").createStage>} stage
 * @property {ReturnType<typeof import("./session.js").createSession>} session
 * @property {ReturnType<typeof import("./modes.js").createModes>} modes
 * @property {ReturnType<typeof import("./notices.js").createNotices>} notices
 */

/**
 * @param {string} hash
 * @param {Parts} parts
 * @returns {Promise<boolean>} whether anything but the colours was asked for.
 */
export async function followLink(hash, { cam, networks, settings, stage, session, modes, notices }) {
  const wished = readLink(hash);
  /** @param {string} key  @param {string} name */
  const unknown = (key, name) => notices.note(key, { name });
  if (wished.network && !cam.available.includes(wished.network)) unknown("linkNetwork", wished.network);
  const network = cam.available.includes(wished.network)
    ? wished.network
    : (networks.model()?.name ?? cam.available[0]);
  if (networks.model()?.name !== network) await networks.load(network);
  const { layer, recipe, method } = settings.choose(wished);
  if (layer) unknown("linkLayer", layer);
  if (recipe) unknown("linkRecipe", recipe);
  if (method) unknown("linkMethod", method);
  stage.setView(wished);
  if (wished.mode) modes.choose(wished.mode);
  if (wished.class !== undefined) {
    const index = Number(wished.class);
    if (/^\d+$/.test(wished.class) && index < networks.loaded().classes) session.wish(index);
    else unknown("linkClass", wished.class);
  }
  return Object.keys(wished).some((field) => !["colours", "opacity", "mode"].includes(field));
}
