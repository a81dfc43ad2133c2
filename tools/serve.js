/**
 * Serves dist/ on localhost with the headers of dist/_headers: node tools/serve.js [--port N] [--no-isolation] [--watch]
 *
 * With --watch dist/ is put together anew when something in www/ changes, and a page that is open reloads.
 */

import { readFileSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sirv from "sirv";
import { bundle } from "./bundle.js";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const WWW = fileURLToPath(new URL("../www/", import.meta.url));

/** What tells a host what to do, and is no part of the page. */
const NOT_SERVED = new Set(["/_headers", "/vercel.json"]);

/** Where a watched page asks for its reloads, and the script that does so. */
const CHANGES = "/_changes";
const RELOADER = "/_reload.js";
const RELOAD = `new EventSource("${CHANGES}").onmessage = () => location.reload();`;
/** Milliseconds in which one save of an editor may touch several files. */
const SETTLED = 100;

/** What `_headers` sets for a path: [name, value]; without the two that isolate the page if `isolation` is false. */
function rulesOf(folder, isolation) {
  const rules = [];
  for (const line of readFileSync(join(folder, "_headers"), "utf8").split("\n")) {
    const [, name, value] = line.match(/^ {2}([\w-]+): (.*)$/) ?? [];
    if (line.startsWith("/")) rules.push({ start: line.replace("*", ""), headers: [] });
    else if (name && (isolation || !/^Cross-Origin-(Opener|Embedder)/.test(name)))
      rules.at(-1).headers.push([name, value]);
  }
  return (path) => rules.filter(({ start }) => path.startsWith(start)).flatMap(({ headers }) => headers);
}

/**
 * Starts a server on localhost; port 0 is any that is free.
 *
 * @param {object} [options]
 * @param {boolean} [options.isolation]  whether it sends the headers that isolate the page
 * @param {boolean} [options.bare]  a host that knows nothing of `_headers` at all
 * @param {string} [options.base]  the folder that dist/ is served in; beside it there is nothing
 * @param {string} [options.folder]  another one than dist/
 */
export async function serve({
  port = 0,
  isolation = true,
  bare = false,
  base = "/",
  folder = DIST,
  watched = false,
} = {}) {
  if (watched) await bundle({ dev: true, folder });
  const headersOf = bare ? () => [] : rulesOf(folder, isolation);
  const files = sirv(folder, {
    dev: true,
    brotli: true,
    gzip: true,
    setHeaders: (response) => response.setHeader("Cache-Control", response.cacheControl),
  });
  const edited = watched ? reloading(folder) : null;
  const server = createServer((request, response) => {
    const missing = () => response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found");
    const whole = decodedPath(request.url);
    const path = whole?.startsWith(base) ? `/${whole.slice(base.length)}` : null;
    // Errors are answered with the same headers as files.
    const headers = headersOf(path ?? "/");
    for (const [name, value] of headers) response.setHeader(name, value);
    // sirv sets its own before it asks for ours.
    response.cacheControl = headers.find(([name]) => name === "Cache-Control")?.[1] ?? "no-cache";
    if (path === null || NOT_SERVED.has(path) || path.split("/").some((part) => part.startsWith("."))) return missing();
    if (edited?.answer(path, request, response)) return;
    request.url = path + (request.url.match(/\?.*/)?.[0] ?? "");
    files(request, response, missing);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "localhost", resolve);
  });
  const close = () => {
    server.close();
    server.closeAllConnections();
    edited?.close();
  };
  return { address: `http://localhost:${server.address().port}${base}`, close };
}

/** Puts `folder` together anew when www/ changes, and tells those who wait. */
function reloading(folder) {
  const waiting = new Set();
  let timer = null;
  const rebuild = async () => {
    try {
      await bundle({ dev: true, folder });
      for (const response of waiting) response.write("data: changed\n\n");
    } catch (error) {
      console.error(error.message); // the page stays as it was until the next change
    }
  };
  const watcher = watch(WWW, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(rebuild, SETTLED);
  });
  const answer = (path, request, response) => {
    if (path === RELOADER) {
      response.writeHead(200, { "Content-Type": "text/javascript" }).end(RELOAD);
    } else if (path === CHANGES) {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" }).flushHeaders();
      waiting.add(response);
      request.once("close", () => waiting.delete(response));
    } else if (path === "/sw.js") {
      // What is edited must not be kept.
      response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found");
    } else if (path === "/" || path.endsWith(".html")) {
      withReloader(join(folder, path === "/" ? "index.html" : path), response);
    } else {
      return false;
    }
    return true;
  };
  return { answer, close: () => watcher.close() };
}

/** A page with the script that reloads it. */
async function withReloader(path, response) {
  const page = await readFile(path, "utf8").catch(() => null);
  if (page === null) return response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found");
  const script = `<script type="module" src="${RELOADER}"></script>`;
  response.writeHead(200, { "Content-Type": "text/html" }).end(page.replace(/(?=<\/html>)|$/, script));
}

/** The path of an address, or null if it is none. */
function decodedPath(url) {
  try {
    return decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return null;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = {
    port: { type: "string", default: "8080" },
    "no-isolation": { type: "boolean", default: false },
    watch: { type: "boolean", default: false },
  };
  try {
    const { values } = parseArgs({ options });
    const { address } = await serve({
      port: Number(values.port),
      isolation: !values["no-isolation"],
      watched: values.watch,
    });
    console.log(`scorecam is at ${address} (stop with Ctrl+C)`);
  } catch (error) {
    const busy = error.code === "EADDRINUSE";
    console.error(busy ? "The port is taken; choose another with --port N." : error.message);
    process.exit(1);
  }
}
