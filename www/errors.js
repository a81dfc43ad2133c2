/** The one class of failure that the module throws. */

/** A failure with its `kind`, a sentence that says what was found and expected, and one that says what to do. */
export class ScoreCamError extends Error {
  /** @param {{ kind: string, message: string, hint: string }} plain */
  constructor({ kind, message, hint }) {
    super(message);
    this.name = "ScoreCamError";
    this.kind = kind;
    this.hint = hint;
  }
}

export const failure = (kind, message, hint) => new ScoreCamError({ kind, message, hint });

/** What comes from the worker is plain; what an AbortSignal or a callback threw stays as it is. */
export function toError(error) {
  return error?.kind && !(error instanceof Error) ? new ScoreCamError(error) : error;
}

/** A result whose scores went with an earlier worker, or had to make room. */
export const gone = () =>
  failure("option", "The scores of this result are no longer in memory.", "Explain the picture again.");

/** An explanation or a network that another has taken the place of. */
export const superseded = () =>
  failure("superseded", "Another network was chosen before this one was loaded.", "Nothing needs to be done.");
