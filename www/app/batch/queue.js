/** Explains the rows that wait, one after the other. It can be paused at any moment: the picture that is under way waits again then. */

import { keepResult, keyOf, recallResult } from "./keep.js";
import { smallOf } from "./small.js";

/** @import { ExplainOptions, Model, ScoreCam } from "../../scorecam.js" */
/** @import { Row } from "./rows.js" */

/**
 * @typedef {object} Question  what is asked of every picture
 * @property {ExplainOptions} options
 * @property {string[]} measures
 * @property {Model} model  the network that is asked
 * @property {string} text  all that results depend on besides the picture
 *
 * @typedef {object} Told
 * @property {(row: Row) => void} onRow  a row has changed
 * @property {() => boolean} isSame  whether the network is still that of the question
 * @property {() => boolean} keeps  whether results are to stay on this machine
 * @property {(error: unknown) => void} onKeepFailed  that they cannot
 */

/** Why a picture waits again: another network has taken the place of the one that was asked. */
const ANOTHER = new Error("another network");

export class Queue {
  /** @type {AbortController | null} */
  #going = null;

  /** Whether another picture will come. */
  get isGoing() {
    return this.#going !== null && !this.#going.signal.aborted;
  }

  pause() {
    this.#going?.abort();
  }

  /**
   * Until no row waits, or it is paused; answers with whether all are done.
   * @param {ScoreCam} cam  @param {() => Row | undefined} next  a row that waits: more may come meanwhile
   * @param {Question} question  @param {Told} told
   */
  async run(cam, next, question, told) {
    if (this.#going) return false;
    const going = (this.#going = new AbortController());
    const { signal } = going;
    try {
      for (let row = next(); row; row = next()) {
        if (signal.aborted || !told.isSame()) return false;
        row.state = "running";
        told.onRow(row);
        try {
          await this.#explain(cam, row, question, told, signal);
          row.state = "explained";
        } catch (error) {
          if (signal.aborted || error === ANOTHER) row.state = "waiting";
          else Object.assign(row, { state: "failed", error });
        }
        told.onRow(row);
      }
      return !signal.aborted && told.isSame();
    } finally {
      this.#going = null;
    }
  }

  /**
   * @param {ScoreCam} cam  @param {Row} row  @param {Question} question  @param {Told} told  @param {AbortSignal} signal
   */
  async #explain(cam, row, { options, measures, text }, told, signal) {
    const key = told.keeps() ? await keyOf(row.file, text) : null;
    const known = key ? await recallResult(key).catch(() => undefined) : undefined;
    if (known) {
      Object.assign(row, { record: { ...known.record, image: row.id }, kept: known.kept, error: null });
      return;
    }
    const result = await cam.explain(row.file, { ...options, signal });
    try {
      const measured = measures.length ? await result.measure({ measures, baselines: false, signal }) : undefined;
      const record = await result.record({ image: row.id, measured });
      const kept = await smallOf(result);
      signal.throwIfAborted();
      // A network that was chosen meanwhile has its turn before the picture: the answer would be that of another.
      if (!told.isSame()) throw ANOTHER;
      Object.assign(row, { record, kept, error: null });
    } finally {
      // Of a worker that broke off there is nothing left to forget.
      await result.forget().catch(() => {});
    }
    if (key && row.record && row.kept)
      await keepResult(key, { record: row.record, kept: row.kept }).catch(told.onKeepFailed);
  }
}
