/** The one class of failure that the module throws: a code with values, from which its sentences are made. */

import sentences from "./sentences.js";

/** @import { ErrorKind } from "../scorecam.js" */
/** @import { PlainError } from "./calls.js" */

/** A failure with its `kind`, a sentence that says what was found and expected, and one that says what to do. */
export class ScoreCamError extends Error {
  /** @param {PlainError} plain */
  constructor({ kind, code, values, message, hint }) {
    super(message);
    this.name = "ScoreCamError";
    /** @type {ErrorKind} */
    this.kind = kind;
    this.code = code;
    this.values = values;
    this.hint = hint;
  }
}

/** @param {string} sentence  @param {Record<string, string>} values  @returns {string} the sentence, `{name}` replaced */
export const filledIn = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

/**
 * The error of a code of sentences.js.
 * @param {string} code
 * @param {Record<string, string | number>} [values]
 */
export function failure(code, values = {}) {
  const [kind, message, hint] = sentences[code];
  const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  return new ScoreCamError({
    kind,
    code,
    values: texts,
    message: filledIn(message, texts),
    hint: filledIn(hint, texts),
  });
}

/**
 * What comes from the worker is plain; what an AbortSignal or a callback threw stays as it is.
 * @param {any} error
 */
export function toError(error) {
  return error?.kind && !(error instanceof Error) ? new ScoreCamError(error) : error;
}

/** A result whose scores went with an earlier worker, or had to make room. */
export const gone = () => failure("result-gone");

/** An explanation or a network that another has taken the place of. */
export const superseded = () => failure("superseded");
