/** Does the masked passes of a run, a step at a time, and tells how far it is. */

/** @import { Prediction, Progress } from "../scorecam.js" */
/** @import { Asked, Control } from "./calls.js" */
/** @import { Run } from "./core.js" */
/** @import { Named } from "./runs.js" */

/** How often the curve of convergence is drawn anew while passes go on. */
const CURVES = 20;

/**
 * Does those that are still to do, and answers with what they say of what is asked.
 * @param {{ run: Run, network: Named }} found
 * @param {Asked & { until?: number }} given
 * @param {Control<"explain"> | Control<"resume">} control
 */
export async function doPasses({ run, network }, { target, method, options, until }, { signal, enough, onProgress }) {
  const { total, predictions, ...info } = run.info();
  let { done, etaMs } = run.progress();
  const asked = { target, method, options };
  run.preview(asked); // refuses an unknown class now rather than after the first passes
  const classified = { ...info, predictions: predictions.map(withLabel(network)), picture: run.picture() };
  /** @param {Partial<Progress> & { stage: Progress["stage"] }} said */
  const tell = (said) => onProgress(/** @type {Progress} */ ({ done, total, ...said }));
  tell({ stage: "classified", etaMs, preview: null, spread: null, convergence: [], ...classified });

  const began = done;
  for (let drawn = done; done < total;) {
    await nextTask();
    if (signal.aborted) throw signal.reason;
    if (enough.aborted && done > began) break;
    ({ done, etaMs } = run.step());
    const isDue = done - drawn >= total / CURVES;
    if (isDue) drawn = done;
    const convergence = isDue ? run.convergence(asked) : null;
    const { heatmap: preview, spread } = run.preview(asked);
    tell({ stage: "score", etaMs, preview, spread, convergence });
    if (until !== undefined && spread !== null && spread <= until) break;
  }
  return { ...classified, ...run.outcome(asked) };
}

/**
 * Does a measurement, a step at a time, and answers with what it found; or, given up, with nothing.
 * @template {"measure" | "stability" | "randomise"} Name
 * @param {import("./core.js").Trial<Name>} trial
 * @param {{ signal: AbortSignal, onProgress: (progress: import("./calls.js").TrialProgress) => void }} control
 */
export async function doTrial(trial, { signal, onProgress }) {
  try {
    while (!trial.isComplete()) {
      await nextTask();
      if (signal.aborted) throw signal.reason;
      const { done, total, etaMs } = trial.step();
      onProgress({ done, total, etaMs });
    }
    return trial.found();
  } finally {
    trial.free();
  }
}

/**
 * @param {Named} network
 * @returns {(prediction: Omit<Prediction, "label">) => Prediction}
 */
export const withLabel =
  ({ labels }) =>
  ({ index, probability }) => ({ index, label: labels[index] ?? String(index), probability });

/** One channel for the life of the worker: WebKit may collect the ports of one that nobody holds, with the message in it. */
const { port1, port2 } = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
port1.onmessage = () => waiting.shift()?.();

/**
 * Lets messages in, a Cancel among them; a promise alone would not, and a timeout would wait.
 * @returns {Promise<void>}
 */
function nextTask() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}
