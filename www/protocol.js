/**
 * The messages between the page and worker.js, and both ends of the line.
 *
 *   page -> worker   { id, call, argument }    do this
 *                    { id, cancel: true }      stop doing it
 *                    { id, enough: true }      answer with what there is by now
 *   worker -> page   { id, value }             it is done
 *                    { id, error }             it failed: { kind, message, hint }
 *                    { id, progress }          it goes on
 *                    { id, stopped: true }     it was cancelled and is not computed any more
 *
 * A worker that breaks off says nothing here: its threads tell that on a channel of their own, see engine.js.
 *
 * The calls, each with one object as its argument:
 *
 *   start      { baseUrl, threads, channel, framed } -> { threads, isolated, features, singleThreadReason, version, available, catalog, recipes, presets, colourMaps };
 *                                                    progress { stage, done, total } in bytes
 *   loadModel  { catalog } or { file, spec, name, labels } -> model; progress { stage, done, total } in bytes
 *   explain    { picture, layer, target, recipe } -> { run, ...result }; progress as in scorecam.d.ts
 *   resume     { run, target, recipe }            -> as explain, from where it stopped
 *   outcome    { run, target, recipe }            -> the map of another class or recipe of an earlier run
 *   overlayPng { run, target, recipe, colourMap, opacity } -> Uint8Array
 *   npy        { run, target, recipe }            -> Uint8Array
 *   report     { run, target, recipe, image }     -> string
 *   channels   { run, target, recipe }            -> { channels, pictureScore, maps, height, width }
 *   scaledMap      { run, channel }               -> { low, high, mask, kept }
 *   maskedPicture  { run, channel }               -> ImageData
 *   thumbnails     { run, channel, side }         -> { mask, masked }, both ImageBitmap
 *   maskedPredictions { run, channel }            -> [{ index, label, probability }]
 *   partialSum { run, target, recipe, count }     -> { sum, sumHeight, sumWidth, low, high, heatmap }
 *   convergence { run, target, recipe }           -> [{ passes, correlation }]
 *   compare    { first, second }, each { heatmap, height, width, region } -> { correlation, difference, meanDifference, largestDifference, height, width }
 *   provenance { run, target, recipe, row, column } -> [{ channel, share, activation }]
 *   checkKernels   { count }                      -> [{ case, difference, allowed }]
 *   measureKernels {}                             -> [{ kernel, gigaMacs }]
 *   memory         {}                             -> bytes
 */

/** Milliseconds in which a cancelled call has to stop. */
const PATIENCE = 1000;

/** The page's end: calls that return promises. */
export class Caller {
  #worker;
  #onStuck;
  #pending = new Map();
  #stopping = new Map();
  #nextId = 0;

  /** @param {Worker} worker  @param {() => void} onStuck is told when a cancelled call does not stop */
  constructor(worker, onStuck = () => {}) {
    this.#worker = worker;
    this.#onStuck = onStuck;
    worker.addEventListener("message", ({ data }) => this.#receive(data));
  }

  /** Calls the worker; an aborted `signal` rejects at once with its reason and lets the worker stop when it can; an aborted `enough` has it answer early. */
  call(name, argument, { signal, enough, onProgress, transfer = [] } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const id = this.#nextId++;
      const abort = () => this.#cancel(id, signal.reason);
      const suffice = () => this.#worker.postMessage({ id, enough: true });
      signal?.addEventListener("abort", abort);
      enough?.addEventListener("abort", suffice);
      const release = () => {
        signal?.removeEventListener("abort", abort);
        enough?.removeEventListener("abort", suffice);
      };
      this.#pending.set(id, { resolve, reject, onProgress, release });
      this.#worker.postMessage({ id, call: name, argument }, transfer);
      if (enough?.aborted) suffice();
    });
  }

  /** Rejects all calls that have no answer yet. */
  rejectAll(error) {
    for (const timer of this.#stopping.values()) clearTimeout(timer);
    this.#stopping.clear();
    for (const id of [...this.#pending.keys()]) this.#settle(id).reject(error);
  }

  #cancel(id, reason) {
    const call = this.#settle(id);
    if (!call) return;
    this.#worker.postMessage({ id, cancel: true });
    this.#stopping.set(
      id,
      setTimeout(() => this.#stopping.delete(id) && this.#onStuck(), PATIENCE),
    );
    call.reject(reason);
  }

  #receive({ id, value, error, progress, stopped }) {
    if (stopped || this.#stopping.has(id)) {
      if (progress) return;
      clearTimeout(this.#stopping.get(id));
      this.#stopping.delete(id);
    } else if (progress) this.#report(id, progress);
    else if (error) this.#settle(id)?.reject(error);
    else this.#settle(id)?.resolve(value);
  }

  /** A callback that throws ends its call: what it was to show cannot be trusted any more. */
  #report(id, progress) {
    try {
      this.#pending.get(id)?.onProgress?.(progress);
    } catch (thrown) {
      this.#cancel(id, thrown);
    }
  }

  #settle(id) {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    call?.release();
    return call;
  }
}

/**
 * The worker's end: answers calls with `methods`, each `(argument, { signal, enough, onProgress }) -> value`. `toPlainError` says
 * what to answer with where one throws, or null where another way tells of it.
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
    let answer;
    try {
      const onProgress = (progress) => post({ progress }, progress);
      const value = await methods[call](argument, { signal: cancelled.signal, enough: sufficed.signal, onProgress });
      answer = () => post({ value }, value);
    } catch (thrown) {
      const error = toPlainError(thrown);
      answer = () => error && post({ error });
    }
    running.delete(id);
    if (cancelled.signal.aborted) post({ stopped: true });
    else answer();
  });
}

function buffers(content) {
  const values = ArrayBuffer.isView(content) ? [content] : Object.values(content ?? {});
  return values.filter((value) => ArrayBuffer.isView(value)).map((value) => value.buffer);
}
