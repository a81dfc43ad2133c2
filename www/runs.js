/** Runs that can still be asked for another class; each holds some megabytes of scores. */

import { gone } from "./errors.js";

/** How many are kept. */
const KEPT = 8;

export class Runs {
  /** By their numbers: { run, network }, the one asked for last at the end. A run answers for its own network. */
  #runs = new Map();
  #next = 0;

  /** Keeps a run; passes are done for one at a time, so those that have to make room are complete. Answers with its number. */
  keep(run, network) {
    const id = this.#next++;
    this.#runs.set(id, { run, network });
    for (const oldest of [...this.#runs.keys()].slice(0, -KEPT)) this.forget(oldest);
    return id;
  }

  /** A run and its network. */
  find(id) {
    const found = this.#runs.get(id);
    if (!found) throw gone();
    // Those that are asked for are kept longest.
    this.#runs.delete(id);
    this.#runs.set(id, found);
    return found;
  }

  forget(id) {
    this.#runs.get(id)?.run.free();
    this.#runs.delete(id);
  }

  forgetAll() {
    for (const id of [...this.#runs.keys()]) this.forget(id);
  }
}
