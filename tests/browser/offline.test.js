import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { serve } from "../../tools/serve.js";
import { PATIENCE, ROOT, launch, prediction, sample, started } from "./page.js";

const DIST = join(ROOT, "dist");

let browser, context, server;
before(async () => (browser = await launch()));
after(() => browser?.close());
beforeEach(async () => (context = await browser.newContext({ locale: "en-GB" })));
afterEach(async () => {
  await context?.close();
  server?.close();
});

/** A tab with the page; it counts its loads. */
async function visit(address = server.address) {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.loads = 0;
  page.problems = [];
  page.on("load", () => page.loads++);
  page.on("pageerror", (error) => page.problems.push(error.message));
  await page.goto(address);
  await started(page);
  return page;
}

const engine = (page) => page.locator("#engine").textContent();
const kept = (page) => page.getByText("Kept on this device").waitFor();
/** Waits until everything that the page asked to be kept is. */
const allKept = async (page) => {
  await kept(page);
  await page.waitForFunction(async () =>
    (await (await caches.open("scorecam")).keys()).some(({ url }) => url.endsWith(".onnx")),
  );
};
const explained = async (page) => {
  await sample(page, "Chelsea the cat").click();
  await prediction(page, "Egyptian cat").waitFor();
};

test("on a host that sends no headers the first visit reloads once and has its threads", async () => {
  server = await serve({ bare: true });
  const page = await visit(`${server.address}#colours=viridis`);
  assert.match(await engine(page), /^Computing on \d+ threads\./);
  assert.equal(page.loads, 2);
  assert.equal(new URL(page.url()).hash, "#colours=viridis", "what the link says is kept");
  await explained(page);
  const second = await visit();
  assert.match(await engine(second), /^Computing on \d+ threads\./);
  assert.equal(second.loads, 1);
  assert.deepEqual([...page.problems, ...second.problems], []);
});

test("who has begun is not interrupted: the page goes on with one thread and offers the reload", async () => {
  server = await serve({ bare: true });
  const page = await context.newPage();
  page.loads = 0;
  page.on("load", () => page.loads++);
  // The service worker takes its time, as on a slow line, and the visitor does not wait for it.
  await page.addInitScript(() => {
    const register = navigator.serviceWorker.register.bind(navigator.serviceWorker);
    navigator.serviceWorker.register = async (...given) => {
      if (!sessionStorage.getItem("second")) await new Promise((resolve) => setTimeout(resolve, 1500));
      sessionStorage.setItem("second", "yes");
      return register(...given);
    };
  });
  await page.goto(server.address);
  await sample(page, "Chelsea the cat").click();
  await started(page);
  assert.match(await engine(page), /^Computing on one thread: the page is not isolated/);
  await prediction(page, "Egyptian cat").waitFor();
  assert.equal(await page.getByRole("button", { name: "Reload" }).count(), 0, "not while it computes");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("This browser can compute on several threads once the page is loaded again.").waitFor();
  assert.equal(page.loads, 1);
  await page.getByRole("button", { name: "Reload" }).click();
  await page.waitForFunction(() => globalThis.crossOriginIsolated);
});

test("with the server gone the page opens, explains and changes its network back and forth", async () => {
  server = await serve({ bare: true });
  await allKept(await visit());
  server.close();
  const page = await visit();
  assert.match(await engine(page), /^Computing on \d+ threads\./);
  await explained(page);
  assert.equal(await page.getByRole("alert").textContent(), "");
});

test("after the first visit to a host that isolates by itself it works without a connection as well", async () => {
  server = await serve();
  const first = await visit();
  assert.equal(first.loads, 1);
  await allKept(first);
  await context.setOffline(true);
  server.close();
  await explained(await visit());
});

test("in a subfolder it answers for its own files alone", async () => {
  server = await serve({ bare: true, base: "/deep/down/" });
  const page = await visit();
  await allKept(page);
  const scopes = await page.evaluate(async () =>
    (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
  );
  assert.deepEqual(scopes, [server.address]);
  // Another page in its scope: what is no file of its list is left to the browser, with the server's own headers.
  const answers = await page.evaluate(async () => {
    const other = await fetch("another/page.html");
    return { status: other.status, policy: other.headers.get("Cross-Origin-Embedder-Policy") };
  });
  assert.deepEqual(answers, { status: 404, policy: null });
});

test("?sw=off and the button remove it with everything that it kept", async () => {
  server = await serve({ bare: true });
  const page = await visit();
  await allKept(page);
  const left = () =>
    page.evaluate(async () => [
      (await navigator.serviceWorker.getRegistrations()).length,
      await caches.has("scorecam"),
    ]);
  assert.deepEqual(await left(), [1, true]);
  await page.getByRole("button", { name: "Remove, and load the page again" }).click();
  await page.waitForURL(/sw=off/);
  await page.waitForFunction(() => !globalThis.crossOriginIsolated);
  await started(page);
  assert.deepEqual(await left(), [0, false]);
  await page.reload();
  await started(page);
  assert.match(await engine(page), /^Computing on one thread/, "it stays off");
  await explained(page);
});

test("after a hard reload, which goes past the service worker, the page works on one thread and offers what gives it more", async () => {
  server = await serve({ bare: true });
  const page = await visit();
  const session = await context.newCDPSession(page);
  await session.send("Page.reload", { ignoreCache: true });
  await page.getByText("This browser can compute on several threads once the page is loaded again.").waitFor();
  await page
    .locator("#engine")
    .getByText(/^Computing/)
    .waitFor();
  assert.match(await engine(page), /^Computing on one thread: the page is not isolated/);
  await explained(page);
  await page.reload();
  await page.waitForFunction(() => globalThis.crossOriginIsolated);
  await started(page);
});

test("where the browser refuses service workers the page works on one thread and says why", async () => {
  server = await serve({ bare: true });
  const page = await context.newPage();
  await page.addInitScript(() => {
    navigator.serviceWorker.register = () => Promise.reject(new DOMException("The operation is insecure."));
  });
  await page.goto(server.address);
  await started(page);
  assert.match(await engine(page), /^Computing on one thread: the page is not isolated/);
  await explained(page);
});

test("a damaged copy is thrown away and fetched anew", async () => {
  server = await serve({ bare: true });
  const page = await visit();
  await allKept(page);
  await page.evaluate(async () => {
    const cache = await caches.open("scorecam");
    for (const { url } of await cache.keys()) {
      const good = await cache.match(url);
      await cache.put(url, new Response("damaged", { headers: good.headers }));
    }
  });
  await stopServiceWorker(page);
  const again = await visit();
  assert.match(await engine(again), /^Computing on \d+ threads\./);
  await explained(again);
  assert.deepEqual(again.problems, []);
});

/** Ends it, as the browser does when nothing happens: what it remembers is gone. */
async function stopServiceWorker(page) {
  const session = await context.newCDPSession(page);
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.stopAllWorkers");
}

test("without room for the copies the page says so and works", async () => {
  server = await serve();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", {
    origin: new URL(server.address).origin,
    quotaSize: 100_000,
  });
  await page.goto(server.address);
  // Whichever comes first: the notice is no failure to start.
  await page
    .getByRole("status")
    .getByText(/^Computing on/)
    .waitFor();
  await page.getByText("The browser has no room to keep this page").waitFor();
  await explained(page);
});

test("an update waits, is offered, and leaves the other tab as it is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "scorecam-dist-"));
  try {
    await cp(DIST, folder, { recursive: true });
    server = await serve({ bare: true, folder });
    const [page, other] = [await visit(), await visit()];
    await allKept(page);
    await explained(other);
    await publishUpdate(folder);
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    await page.getByText("There is a new version of this page.").waitFor();
    const loads = other.loads;
    await page.getByRole("button", { name: "Reload" }).click();
    await page.locator("[data-version='next']").waitFor({ state: "attached" });
    await started(page);
    // The other tab has its result, and what it has not fetched yet is still there.
    assert.equal(other.loads, loads);
    await prediction(other, "tabby").click();
    await other.waitForFunction(() =>
      document.querySelector("[aria-pressed=true].prediction").textContent.includes("tabby"),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** The next version: another index.html, and a service worker whose list says so. */
async function publishUpdate(folder) {
  const { createHash } = await import("node:crypto");
  const sum = (text) => createHash("sha256").update(text).digest("hex");
  const [page, worker] = [join(folder, "index.html"), join(folder, "sw.js")];
  const before = await readFile(page, "utf8");
  const next = before.replace("<body>", '<body data-version="next">');
  assert.notEqual(next, before);
  await writeFile(page, next);
  const list = await readFile(worker, "utf8");
  assert.ok(list.includes(sum(before)));
  await writeFile(worker, list.replace(sum(before), sum(next)));
  for (const form of [".br", ".gz"]) for (const file of [page, worker]) await rm(file + form, { force: true });
}

test("two tabs at once get what they need, and a file that is shared with the page is opened", async () => {
  server = await serve({ bare: true });
  const pages = await Promise.all([visit(), visit()]);
  for (const page of pages) assert.match(await engine(page), /^Computing on \d+ threads\./);
  const [page] = pages;
  // What a phone's gallery sends: a form, as the manifest says.
  const picture = (await readFile(join(ROOT, "www/samples/coffee.png"))).toString("base64");
  await page.evaluate(async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
    const form = document.createElement("form");
    Object.assign(form, { method: "POST", action: "./share", enctype: "multipart/form-data" });
    const input = Object.assign(document.createElement("input"), { type: "file", name: "file" });
    const files = new DataTransfer();
    files.items.add(new File([bytes], "cup of coffee.png", { type: "image/png" }));
    input.files = files.files;
    form.append(input);
    globalThis.shareForm = form;
  }, picture);
  // The page's own policy forbids forms; the one that shares is not the page.
  const manifest = await page.evaluate(async () =>
    (await fetch(document.querySelector("link[rel=manifest]").href)).json(),
  );
  assert.equal(manifest.share_target.action, "./share");
  await page.evaluate(async () => {
    const body = new FormData(globalThis.shareForm);
    const answer = await fetch("./share", { method: "POST", body, redirect: "manual" });
    return answer.type;
  });
  await page.goto(`${server.address}?shared`);
  await prediction(page, "espresso").waitFor();
  assert.equal(new URL(page.url()).search, "");
});
