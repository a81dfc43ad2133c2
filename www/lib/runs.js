/** Runs that can still be asked for another class; each holds some megabytes of scores. */

import { gone } from "./errors.js";

/** @import { Run } from "./core.js" */
/** @typedef {{ name: string, labels: string[], sha256: string | null }} Named  a network as its runs remember it */

/** How many are kept. */
const KEPT = 24;

export class Runs {
  /**
   * By their numbers, the one asked for last at the end. A run answers for its own network.
   * @type {Map<number, { run: Run, network: Named }>}
   */
  #runs = new Map();
  #next = 0;

  /**
   * Keeps a run; passes are done for one at a time, so those that have to make room are complete. Answers with its number.
   * @param {Run} run  @param {Named} network
   */
  keep(run, network) {
    const id = this.#next++;
    this.#runs.set(id, { run, network });
    for (const oldest of [...this.#runs.keys()].slice(0, -KEPT)) this.forget(oldest);
    return id;
  }

  /**
   * A run and its network.
   * @param {number} id
   */
  find(id) {
    const found = this.#runs.get(id);
    if (!found) throw gone();
    // Those that are asked for are kept longest.
    this.#runs.delete(id);
    this.#runs.set(id, found);
    return found;
  }

  /** @param {number} id */
  forget(id) {
    this.#runs.get(id)?.run.free();
    this.#runs.delete(id);
  }

  forgetAll() {
    for (const id of [...this.#runs.keys()]) this.forget(id);
  }
}
