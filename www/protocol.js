/**
 * The messages between scorecam.js and worker.js, and both ends of the line.
 *
 *   page -> worker   { id, call, argument }    do this
 *                    { id, cancel: true }      stop doing it
 *                    { id, enough: true }      answer with what there is by now
 *   worker -> page   { id, value }             it is done
 *                    { id, error }             it failed: { kind, message, hint }
 *                    { id, progress }          it goes on
 *
 * The calls, each with one object as its argument:
 *
 *   start      { baseUrl, threads, panicChannel } -> { threads, isolated, features, singleThreadReason, version, available, catalog, recipes, presets, colourMaps }
 *   loadModel  { catalog } or { file, spec, name, labels } -> model; progress { stage, done, total } in bytes
 *   explain    { image, layer, target, recipe }   -> { run, ...result }; progress as in scorecam.d.ts
 *   outcome    { run, target, recipe }            -> the map of another class or recipe of an earlier run
 *   overlayPng { run, target, recipe, colourMap, opacity } -> Uint8Array
 *   npy        { run, target, recipe }            -> Uint8Array
 *   channels   { run, target, recipe }            -> { channels, pictureScore, maps, height, width }
 *   scaledMap      { run, channel }               -> { low, high, mask, kept }
 *   maskedPicture  { run, channel }               -> ImageData
 *   thumbnails     { run, channel, side }         -> { mask, masked }, both ImageBitmap
 *   maskedPredictions { run, channel }            -> [{ index, label, probability }]
 *   partialSum { run, target, recipe, count }     -> { sum, sumHeight, sumWidth, low, high, heatmap }
 *   convergence { run, target, recipe }           -> [{ passes, correlation }]
 *   compare    { first, second }, each { run, target, recipe } -> { correlation, difference, meanDifference, largestDifference, height, width }
 *   provenance { run, target, recipe, row, column } -> [{ channel, share, activation }]
 *   checkKernels   { count }                      -> [{ case, difference, allowed }]
 *   measureKernels {}                             -> [{ kernel, gigaMacs }]
 */

/** The page's end: calls that return promises. */
export class Caller {
  #worker;
  #pending = new Map();
  #nextId = 0;

  /** @param {Worker} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }) => this.#receive(data));
  }

  /** Calls the worker; an aborted `signal` rejects at once with its reason and lets the worker stop when it can; an aborted `enough` has it answer early. */
  call(name, argument, { signal, enough, onProgress, transfer = [] } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const id = this.#nextId++;
      const abort = () => {
        this.#worker.postMessage({ id, cancel: true });
        this.#settle(id)?.reject(signal.reason);
      };
      const suffice = () => this.#worker.postMessage({ id, enough: true });
      signal?.addEventListener("abort", abort);
      enough?.addEventListener("abort", suffice);
      const release = () => {
        signal?.removeEventListener("abort", abort);
        enough?.removeEventListener("abort", suffice);
      };
      this.#pending.set(id, { resolve, reject, onProgress, release });
      this.#worker.postMessage({ id, call: name, argument }, transfer);
    });
  }

  /** Rejects all calls that have no answer yet. */
  rejectAll(error) {
    for (const id of [...this.#pending.keys()]) this.#settle(id).reject(error);
  }

  #receive({ id, value, error, progress }) {
    if (progress) this.#pending.get(id)?.onProgress?.(progress);
    else if (error) this.#settle(id)?.reject(error);
    else this.#settle(id)?.resolve(value);
  }

  #settle(id) {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    call?.release();
    return call;
  }
}

/**
 * The worker's end: answers calls with `methods`, each `(argument, { signal, enough, onProgress }) -> value`.
 * Buffers of typed arrays at the top of a value or progress are transferred, not copied.
 */
export function serve(methods, toPlainError, scope = globalThis) {
  const running = new Map();
  scope.addEventListener("message", async ({ data: { id, call, argument, cancel, enough } }) => {
    if (cancel) return running.get(id)?.cancelled.abort();
    if (enough) return running.get(id)?.sufficed.abort();
    const [cancelled, sufficed] = [new AbortController(), new AbortController()];
    running.set(id, { cancelled, sufficed });
    const post = (message, content) => scope.postMessage({ id, ...message }, buffers(content));
    try {
      const onProgress = (progress) => post({ progress }, progress);
      const value = await methods[call](argument, { signal: cancelled.signal, enough: sufficed.signal, onProgress });
      post({ value }, value);
    } catch (error) {
      if (!cancelled.signal.aborted) post({ error: toPlainError(error) });
    } finally {
      running.delete(id);
    }
  });
}

function buffers(content) {
  const values = ArrayBuffer.isView(content) ? [content] : Object.values(content ?? {});
  return values.filter((value) => ArrayBuffer.isView(value)).map((value) => value.buffer);
}
