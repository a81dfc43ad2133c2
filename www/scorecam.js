/** The address that other pages import: see scorecam.d.ts for its types and lib/ for what is behind it. */

export { ScoreCam, ScoreCamError } from "./lib/scorecam.js";
