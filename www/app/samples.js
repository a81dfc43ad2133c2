/** The pictures that the page comes with, in the order of samples/thumbnails.jpg. */

import astronaut from "../samples/astronaut.png";
import camera from "../samples/camera.png";
import catAndCoffee from "../samples/cat_and_coffee.jpg";
import chelsea from "../samples/chelsea.png";
import coffee from "../samples/coffee.png";
import graceHopper from "../samples/grace_hopper.jpg";
import rocket from "../samples/rocket.jpg";
import { fileOf } from "./files.js";

/** Names, as files are saved by, and what fetches each. */
export const SAMPLES = Object.entries({
  chelsea,
  cat_and_coffee: catAndCoffee,
  coffee,
  camera,
  astronaut,
  grace_hopper: graceHopper,
  rocket,
}).map(([name, file]) => ({ name, read: () => fileOf(file) }));
