/**
 * The service worker as the page sees it: it makes the page isolated on hosts that send no headers, and keeps it for use without a
 * connection. Where there is none the page works as well, on one thread and with a connection.
 */

import { scriptUrl } from "../lib/trusted.js";

/** Once in a tab: what reloaded in vain must not reload again. */
const RELOADED = "scorecam-reloaded";
/** Milliseconds in which the service worker has to start if the page is to wait for it. */
const PATIENCE = 3000;
/** How often the browser is asked to load the page again. */
const ATTEMPTS = 3;

/**
 * @typedef {object} Options
 * @property {() => boolean} hasBegun  whether the visitor has asked for anything yet
 * @property {(reload: () => void) => void} onThreads  a reload would give the page its threads
 * @property {(reload: () => void) => void} onUpdate  a reload would give the page its next version
 * @property {(problem: "quota" | "failed") => void} onProblem  the page cannot be kept
 */

/** Whether this page was opened without its service worker, which is then removed. */
const isOff = () => new URLSearchParams(location.search).get("sw") === "off";

/** @param {ServiceWorker | null} worker  @param {string} request  @param {object} [asked] */
function ask(worker, request, asked) {
  return new Promise((resolve, reject) => {
    if (!worker) return reject(new Error("no service worker"));
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data: { error } }) =>
      error ? reject(Object.assign(new Error(error.message), { name: error.name })) : resolve(undefined);
    worker.postMessage({ request, ...asked }, [port2]);
  });
}

export class Offline {
  #options;
  /** @type {ServiceWorkerRegistration | null} */
  #registration = null;
  /** Networks of the catalogue that were loaded. @type {Set<string>} */
  #networks = new Set();
  #isReady = false;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  /** Whether the page is kept, or will be. */
  get isKept() {
    return this.#registration !== null;
  }

  /**
   * Resolves when the page may start: at once where it is isolated or cannot be. Where a reload will isolate it, it reloads instead.
   */
  async begin() {
    // In a frame the page around it decides.
    const isPossible = "serviceWorker" in navigator && globalThis.isSecureContext && location.protocol !== "file:";
    if (!isPossible || globalThis.top !== globalThis.self) return;
    // What a service worker made of this page it can only be without after it is loaded again.
    if (isOff()) {
      if (await remove()) await reload();
      return;
    }
    if (globalThis.crossOriginIsolated) {
      session((storage) => storage.removeItem(RELOADED));
      this.#register();
      return;
    }
    const active = this.#register().then((registration) => registration && activated(registration));
    const inTime = await Promise.race([active, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    if (inTime && !this.#options.hasBegun() && markReload()) await reload();
    // Where the service worker answered for this page and it is not isolated, another reload will not help. After a hard reload it
    // did not answer; what the visitor reloads it does.
    active.then((worker) => {
      const hasAnswered = navigator.serviceWorker.controller && session((storage) => storage.getItem(RELOADED));
      if (worker && !hasAnswered) this.#options.onThreads(reload);
    });
  }

  /** The page can be used: now the connection is free for the copies. */
  ready() {
    this.#isReady = true;
    return this.#keep();
  }

  /** A network of the catalogue was loaded, and is kept too. @param {string} name */
  loaded(name) {
    this.#networks.add(name);
    return this.#keep();
  }

  /** While a picture is explained nothing is fetched. @param {boolean} isBusy */
  yield(isBusy) {
    const request = isBusy ? "pause" : "resume";
    ask(this.#registration?.active ?? null, request).catch(() => {});
  }

  /** Removes the service worker and all copies, and loads the page without it. */
  remove() {
    const address = new URL(location.href);
    address.searchParams.set("sw", "off");
    location.assign(address);
  }

  async #register() {
    try {
      // From the document's folder: the service worker answers for no other.
      const registration = await navigator.serviceWorker.register(swAddress(), { updateViaCache: "none" });
      this.#registration = registration;
      registration.addEventListener("updatefound", () => this.#watch(registration.installing));
      if (registration.waiting && registration.active) this.#offer(registration.waiting);
      this.#watch(registration.installing);
      if (this.#isReady) this.#keep();
      return registration;
    } catch (error) {
      console.warn(error); // a private window, or a browser or host that wants none
      return null;
    }
  }

  /** @param {ServiceWorker | null} worker  that is being installed */
  #watch(worker) {
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && this.#registration?.active) this.#offer(worker);
    });
  }

  /** @param {ServiceWorker} worker  the next version, which waits */
  #offer(worker) {
    this.#options.onUpdate(() => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      ask(worker, "activate").catch(() => {});
    });
  }

  async #keep() {
    if (!this.#isReady || !this.#registration) return;
    try {
      const { active } = await navigator.serviceWorker.ready;
      await ask(active, "keep", { networks: [...this.#networks] });
    } catch (error) {
      console.warn(error);
      const isQuota = /** @type {any} */ (error).name === "QuotaExceededError";
      this.#options.onProblem(isQuota ? "quota" : "failed");
    }
  }
}

/** A script of this site, to those who ask for Trusted Types. */
function swAddress() {
  return /** @type {string} */ (/** @type {unknown} */ (scriptUrl(new URL("sw.js", document.baseURI))));
}

/** Removes the service worker of this folder and its copies; whether there was one. */
async function remove() {
  const folder = new URL("./", document.baseURI).href;
  const found = await navigator.serviceWorker.getRegistrations();
  const own = found.filter(({ scope }) => scope === folder);
  await Promise.all(own.map((registration) => ask(registration.active, "forget").catch(() => {})));
  await Promise.all(own.map((registration) => registration.unregister()));
  return own.length > 0;
}

/** Loads the page again. Resolves only where the browser does not do it, however often it is asked: then the page goes on as it is. */
async function reload() {
  // Firefox was seen to drop the reload of a page whose own navigation was not over.
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    location.reload();
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  }
}

/** Resolves to the service worker when it is at work. @param {ServiceWorkerRegistration} registration */
function activated(registration) {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  return new Promise((resolve) => {
    const look = () => {
      if (worker?.state === "activated") resolve(worker);
      if (worker?.state === "redundant") resolve(null);
    };
    worker?.addEventListener("statechange", look);
    look();
  });
}

/** Notes that the page reloads; false if it did before, or where nothing can be noted. */
function markReload() {
  return Boolean(
    session((storage) => {
      if (storage.getItem(RELOADED)) return false;
      storage.setItem(RELOADED, "yes");
      return storage.getItem(RELOADED) === "yes";
    }),
  );
}

/** @template T @param {(storage: Storage) => T} doing  @returns {T | null} null where the browser keeps nothing */
function session(doing) {
  try {
    return doing(sessionStorage);
  } catch {
    return null;
  }
}
