/** Every panel by the element that it fills, in the order in which they are told of a result. To add one: a file here, a line below. */

import { createBox } from "./box.js";
import { createCascade } from "./cascade.js";
import { createChannels } from "./channels.js";
import { createCompare } from "./compare.js";
import { createConvergence } from "./convergence.js";
import { createDoubts } from "./doubts.js";
import { createDownloads } from "./downloads.js";
import { createFacts } from "./facts.js";
import { createFilm } from "./film.js";
import { createGuess } from "./guess.js";
import { createHand } from "./hand.js";
import { createMontage } from "./montage.js";
import { createPlaces } from "./places.js";
import { createProvenance } from "./provenance.js";
import { createSteps } from "./steps.js";
import { createWalkthrough } from "./walkthrough/player.js";
import { createWall } from "./wall.js";

/** @import { PanelEntry } from "../types.js" */

/** @type {PanelEntry[]} */
export const PANELS = [
  { id: "places", create: createPlaces },
  { id: "result", create: createProvenance },
  { id: "doubts", create: createDoubts },
  { id: "convergence", create: createConvergence },
  { id: "facts", create: createFacts },
  { id: "take-home", create: createDownloads },
  { id: "walkthrough", create: createWalkthrough },
  { id: "steps-of-method", create: createSteps },
  { id: "channels", create: createChannels },
  { id: "channels", create: createMontage },
  { id: "compare", create: createCompare },
  { id: "wall", create: createWall },
  { id: "box", create: createBox },
  { id: "film", create: createFilm },
  { id: "hand", create: createHand },
  { id: "guess", create: createGuess },
  { id: "cascade", create: createCascade },
];
