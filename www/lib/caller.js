/** Both ends of the line between the page and worker.js; calls.d.ts has the messages. */

/** @import { CallName, CallOptions, Calls, Methods, PlainError } from "./calls.js" */

/** Milliseconds in which a cancelled call has to stop. */
const PATIENCE = 1000;

/**
 * @typedef {object} Pending
 * @property {(value: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {((progress: any) => void) | undefined} onProgress
 * @property {() => void} release
 */

/** The page's end: calls that return promises. */
export class Caller {
  /** @type {Worker} */
  #worker;
  /** @type {() => void} */
  #onStuck;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  /** @type {Map<number, ReturnType<typeof setTimeout>>} */
  #stopping = new Map();
  /**
   * Told when no cancelled call is computed any more.
   * @type {(() => void)[]}
   */
  #onStopped = [];
  #nextId = 0;

  /** @param {Worker} worker  @param {() => void} onStuck is told when a cancelled call does not stop */
  constructor(worker, onStuck = () => {}) {
    this.#worker = worker;
    this.#onStuck = onStuck;
    worker.addEventListener("message", ({ data }) => this.#receive(data));
  }

  /**
   * Calls the worker; an aborted `signal` rejects at once with its reason and lets the worker stop when it can; an aborted `enough`
   * has it answer early.
   * @template {CallName} Name
   * @param {Name} name
   * @param {Calls[Name]["argument"]} argument
   * @param {CallOptions<Name>} [options]
   * @returns {Promise<Calls[Name]["answer"]>}
   */
  call(name, argument, { signal, enough, onProgress, transfer = [] } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const id = this.#nextId++;
      const abort = () => this.#cancel(id, signal?.reason);
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

  /** Resolves when no cancelled call is computed any more, or when the worker is given up for one that is. */
  stopped() {
    if (!this.#stopping.size) return Promise.resolve();
    return new Promise((/** @type {(value?: unknown) => void} */ resolve) => this.#onStopped.push(resolve));
  }

  /** @param {number} id  @returns {boolean} whether it had not stopped before */
  #stop(id) {
    clearTimeout(this.#stopping.get(id));
    const was = this.#stopping.delete(id);
    if (!this.#stopping.size) for (const tell of this.#onStopped.splice(0)) tell();
    return was;
  }

  /**
   * Rejects all calls that have no answer yet.
   * @param {unknown} error
   */
  rejectAll(error) {
    for (const id of [...this.#stopping.keys()]) this.#stop(id);
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
  }

  /** @param {number} id  @param {unknown} reason */
  #cancel(id, reason) {
    const call = this.#settle(id);
    if (!call) return;
    this.#worker.postMessage({ id, cancel: true });
    const timer = setTimeout(() => this.#stop(id) && this.#onStuck(), PATIENCE);
    this.#stopping.set(id, timer);
    call.reject(reason);
  }

  /** @param {{ id: number, value?: unknown, error?: PlainError, progress?: unknown, stopped?: boolean }} message */
  #receive({ id, value, error, progress, stopped }) {
    if (stopped || this.#stopping.has(id)) {
      if (progress) return;
      this.#stop(id);
    } else if (progress) this.#report(id, progress);
    else if (error) this.#settle(id)?.reject(error);
    else this.#settle(id)?.resolve(value);
  }

  /**
   * A callback that throws ends its call: what it was to show cannot be trusted any more.
   * @param {number} id  @param {unknown} progress
   */
  #report(id, progress) {
    try {
      this.#pending.get(id)?.onProgress?.(progress);
    } catch (thrown) {
      this.#cancel(id, thrown);
    }
  }

  /** @param {number} id */
  #settle(id) {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    call?.release();
    return call;
  }
}

/**
 * The worker's end: answers calls with `methods`. `toPlainError` says what to answer with where one throws, or null where another
 * way tells of it. Buffers of typed arrays at the top of a value or progress are transferred, not copied.
 *
 * @param {Methods} methods
 * @param {(thrown: unknown) => PlainError | null} toPlainError
 * @param {any} scope  the worker's global scope
 */
export function serve(methods, toPlainError, scope = globalThis) {
  /** @type {Map<number, { cancelled: AbortController, sufficed: AbortController }>} */
  const running = new Map();
  /** @param {{ data: { id: number, call: CallName, argument: any, cancel?: boolean, enough?: boolean } }} message */
  const receive = async ({ data: { id, call, argument, cancel, enough } }) => {
    if (cancel) return running.get(id)?.cancelled.abort();
    if (enough) return running.get(id)?.sufficed.abort();
    const [cancelled, sufficed] = [new AbortController(), new AbortController()];
    running.set(id, { cancelled, sufficed });
    /** @param {object} message  @param {unknown} [content] */
    const post = (message, content) => scope.postMessage({ id, ...message }, buffers(content));
    let answer;
    try {
      /** @param {unknown} progress */
      const onProgress = (progress) => post({ progress }, progress);
      const control = { signal: cancelled.signal, enough: sufficed.signal, onProgress };
      const method = /** @type {(argument: unknown, control: unknown) => unknown} */ (methods[call]);
      const value = await method(argument, control);
      answer = () => post({ value }, value);
    } catch (thrown) {
      const error = toPlainError(thrown);
      answer = () => error && post({ error });
    }
    running.delete(id);
    if (cancelled.signal.aborted) post({ stopped: true });
    else answer();
  };
  scope.addEventListener("message", receive);
}

/** @param {any} content  @returns {ArrayBufferLike[]} */
function buffers(content) {
  const values = ArrayBuffer.isView(content) ? [content] : Object.values(content ?? {});
  return values.filter((value) => ArrayBuffer.isView(value)).map((value) => value.buffer);
}
