/** dist/ as a host sees it: names, compression, headers, and what a first visit costs. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { serve } from "../../tools/serve.js";
import { PATIENCE, ROOT, launch } from "./page.js";

const DIST = join(ROOT, "dist");
const read = (name) => readFileSync(join(DIST, name), "utf8");
const files = readdirSync(DIST, { recursive: true }).filter((name) => statSync(join(DIST, name)).isFile());
/** Files that others find by names that stay; the last ones are read by hosts and compilers alone. */
const NAMED = ["index.html", "embed.html", "scorecam.js", "score-cam.js", "sw.js", "models/catalog.json"];
const NOT_LOADED = ["_headers", "vercel.json", "scorecam.d.ts", "scorecam.html"];

test("every other file is named by its content, and none but a network is larger than 25 MiB", () => {
  for (const name of files) {
    const plain = name.replace(/\.(br|gz)$/, "");
    const isNamed = [...NAMED, ...NOT_LOADED].includes(plain);
    assert.ok(isNamed || /^(assets\/)?[\w.-]+-[\w]{8,10}\.\w+$/.test(plain), name);
    if (!name.endsWith(".onnx")) assert.ok(statSync(join(DIST, name)).size <= 25 * 2 ** 20, name);
  }
});

test("beside each file that is worth it lie its compressed forms, and no program has more than 2.5 MB with Brotli", () => {
  const worth = files.filter((name) => /\.(js|css|html|json|svg|wasm|txt|webmanifest)$/.test(name));
  for (const name of worth.filter((name) => !NOT_LOADED.includes(name))) {
    const bytes = readFileSync(join(DIST, name));
    assert.ok(brotliDecompressSync(readFileSync(join(DIST, `${name}.br`))).equals(bytes), name);
    assert.ok(gunzipSync(readFileSync(join(DIST, `${name}.gz`))).equals(bytes), name);
  }
  const programs = files.filter((name) => name.endsWith(".wasm.br"));
  assert.equal(programs.length, 2);
  // The quick build is larger, and for nobody else.
  if (process.env.PROFILE !== "quick")
    for (const name of programs) assert.ok(statSync(join(DIST, name)).size <= 2.5e6, name);
});

test("what is named by its content may be kept for ever, everything else is asked for anew", async () => {
  const server = await serve();
  try {
    const control = async (path) => (await fetch(server.address + path)).headers.get("cache-control");
    const hashed = files.find((name) => /^assets\/worker-\w+\.js$/.test(name));
    assert.equal(await control(hashed), "public, max-age=31536000, immutable");
    for (const name of ["", ...NAMED]) assert.equal(await control(name), "no-cache", name);
    const encoded = await fetch(server.address + hashed, { headers: { "Accept-Encoding": "br" } });
    assert.equal(encoded.headers.get("content-encoding"), "br");
  } finally {
    server.close();
  }
});

test("Vercel's file says what _headers says", () => {
  const { headers } = JSON.parse(read("vercel.json"));
  const written = headers.flatMap(({ source, headers }) => [
    source.replace("(.*)", "*"),
    ...headers.map(({ key, value }) => `  ${key}: ${value}`),
  ]);
  assert.deepEqual(read("_headers").split("\n").filter(Boolean), written);
});

test("the page carries the policy that the server sends, which allows no foreign origin and no script but those that stand in the pages", () => {
  const sent = read("_headers").match(/Content-Security-Policy: (.*)/)[1];
  const [, carried] = read("index.html").match(/http-equiv="Content-Security-Policy" content="([^"]*)"/);
  // Who may frame a page is the one thing that a page cannot say itself.
  assert.equal(`${carried}; frame-ancestors 'self'`, sent);
  assert.ok(!/https?:|\*|unsafe-inline/.test(sent), "the policy names a foreign origin or inline code");
  const scripts = ["index.html", "embed.html"].flatMap((name) =>
    [...read(name).matchAll(/<script(?: type="module")?>([^]*?)<\/script>/g)].map(([, script]) => script),
  );
  const sums = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  assert.deepEqual(sent.match(/'sha256-[^']*'/g), sums);
});

test("the list of the service worker has every file with its hash", () => {
  const worker = read("sw.js");
  for (const name of files.filter((name) => !/\.(br|gz)$/.test(name))) {
    if (name === "sw.js" || NOT_LOADED.includes(name)) continue;
    const sum = createHash("sha256")
      .update(readFileSync(join(DIST, name)))
      .digest("hex");
    assert.ok(worker.includes(sum), name);
  }
});

test("a first visit makes at most 15 requests before the page can be used, the network's among the program's", async () => {
  const server = await serve();
  const browser = await launch();
  try {
    const page = await (await browser.newContext({ serviceWorkers: "block" })).newPage();
    const requests = [];
    page.on("request", (request) => requests.push([Date.now(), request.url()]));
    let programAt;
    page.on("requestfinished", (request) => request.url().endsWith(".wasm") && (programAt = Date.now()));
    await page.goto(server.address);
    await page
      .locator("#engine")
      .getByText(/^Computing on/)
      .waitFor({ timeout: PATIENCE });
    await page.waitForFunction(() => document.querySelector("#layer").options.length > 0);
    assert.ok(requests.length <= 15, requests.map(([, url]) => url).join("\n"));
    const [networkAt] = requests.find(([, url]) => url.endsWith(".onnx"));
    assert.ok(networkAt <= programAt, "the network came after the program");
    assert.ok(requests.every(([, url]) => url.startsWith(server.address)));
  } finally {
    await browser.close();
    server.close();
  }
});

test(
  "with --watch a change of www/ is put into dist/, and an open page is told to reload",
  { timeout: 60_000 },
  async () => {
    const made = join(ROOT, "www/made-by-a-test.css");
    const folder = join(mkdtempSync(join(tmpdir(), "scorecam-watch-")), "dist");
    const { address, close } = await serve({ watched: true, folder });
    const abort = new AbortController();
    try {
      const page = await (await fetch(address)).text();
      assert.match(page, /<script type="module" src="\/_reload\.js"><\/script><\/html>/);
      assert.match(await (await fetch(`${address}_reload.js`)).text(), /EventSource\("\/_changes"\)/);
      assert.equal((await fetch(`${address}sw.js`)).status, 404, "what is edited must not be kept");
      const changes = await fetch(`${address}_changes`, { signal: abort.signal });
      const told = changes.body.getReader().read();
      writeFileSync(made, "");
      assert.match(new TextDecoder().decode((await told).value), /^data: /);
      assert.ok(existsSync(join(folder, "index.html")));
    } finally {
      abort.abort();
      rmSync(made, { force: true });
      close();
      rmSync(join(folder, ".."), { recursive: true, force: true });
    }
  },
);
