/**
 * The service worker: it keeps the page for use without a connection, and gives it the headers that isolate it on hosts that send
 * none. It answers for the files of its list and for those that lie in assets/; everything else in its scope, other
 * pages say, it leaves to the browser.
 *
 * A file is kept when its content has the hash of the list, and checked again before the first answer of this worker's life. An
 * update is fetched as a whole and then waits until the page asks for it.
 */

import { FILES } from "./list_of_files.js";
import { buildFor, probe } from "./lib/builds.js";
import { answerShare, isShare } from "./sw/share.js";
import { Store } from "./sw/store.js";

/** @type {any} */
const worker = globalThis;
const scope = worker.registration.scope;
const store = new Store(FILES, scope);

/** The files of the page, its samples and the build that this browser runs. Networks are kept when they are loaded. */
function pageFiles() {
  const build = buildFor(probe())?.name;
  return FILES.filter((file) => !file.network && (!file.build || file.build === build));
}

worker.addEventListener("install", (/** @type {any} */ event) => {
  // The first time the page is being loaded at this moment: it says when it can spare the connection.
  if (!worker.registration.active) worker.skipWaiting();
  else event.waitUntil(store.keep(pageFiles()));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(Promise.all([worker.clients.claim(), tidy()]));
});

/** Another tab may still run the version before, and fetch what it has not fetched yet. */
async function tidy() {
  const open = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (open.length <= 1) await store.dropOthers();
}

/** What the page asks for; it is answered at the port that comes along. */
const requests = {
  /** Keeps the page, and the networks that it has loaded. @param {{ networks: string[] }} asked */
  async keep({ networks }) {
    store.resume(); // a page that was closed while it computed cannot
    await store.keep([...pageFiles(), ...FILES.filter(({ network }) => network && networks.includes(network))]);
    await tidy();
  },
  pause: () => store.pause(),
  resume: () => store.resume(),
  /** Takes the place of the version that is in use. */
  activate: () => worker.skipWaiting(),
  /** Forgets all that was kept. */
  forget: () => store.forget(),
};

worker.addEventListener("message", (/** @type {any} */ event) => {
  const { request, ...asked } = event.data;
  const answer = requests[/** @type {keyof typeof requests} */ (request)]?.(asked);
  event.waitUntil(
    Promise.resolve(answer).then(
      () => event.ports[0]?.postMessage({}),
      (error) => event.ports[0]?.postMessage({ error: { name: error.name, message: error.message } }),
    ),
  );
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  if (isShare(request, scope)) event.respondWith(answerShare(request, scope));
  else if (request.method === "GET" && store.answersFor(request.url)) {
    event.respondWith(store.answer(request, (/** @type {Promise<unknown>} */ more) => event.waitUntil(more)));
  }
});
