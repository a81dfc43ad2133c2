/**
 * Serves dist/ on localhost with the headers of dist/_headers: node tools/serve.js [--port N] [--no-isolation] [--watch]
 *
 * With --watch www/ lies over dist/, and a page that is open reloads when something in it changes.
 */

import { readFileSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sirv from "sirv";
import { compressed } from "./compress.js";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const WWW = fileURLToPath(new URL("../www/", import.meta.url));

/** What tells a host what to do, and is no part of the page. */
const NOT_SERVED = new Set(["/_headers"]);

/** Where a watched page asks for its reloads, and the script that does so. */
const CHANGES = "/_changes";
const RELOADER = "/_reload.js";
const RELOAD = `new EventSource("${CHANGES}").onmessage = () => location.reload();`;
/** Milliseconds in which one save of an editor may touch several files. */
const SETTLED = 100;

/** The headers of dist/_headers; without the two that isolate the page if `isolation` is false. */
function readHeaders(isolation, folder) {
  const lines = readFileSync(`${folder}_headers`, "utf8").matchAll(/^ {2}([\w-]+): (.*)$/gm);
  const headers = [...lines].map(([, name, value]) => [name, value]);
  return isolation ? headers : headers.filter(([name]) => !/^Cross-Origin-(Opener|Embedder)/.test(name));
}

/** Starts the server on localhost; port 0 is any that is free. */
export async function serve({ port = 0, isolation = true, watched = false } = {}) {
  const headers = readHeaders(isolation, watched ? WWW : DIST);
  const files = sirv(DIST, { dev: true });
  const edited = watched ? reloading() : null;
  const server = createServer(async (request, response) => {
    // Errors are answered with the same headers as files.
    for (const [name, value] of headers) response.setHeader(name, value);
    const missing = () => response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found");
    const path = decodedPath(request.url);
    if (path === null || NOT_SERVED.has(path) || path.split("/").some((part) => part.startsWith("."))) return missing();
    if (edited?.answer(path, request, response)) return;
    if (!(await compressed(DIST, path, request, response))) files(request, response, missing);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "localhost", resolve);
  });
  const close = () => {
    server.close();
    edited?.close();
  };
  return { address: `http://localhost:${server.address().port}/`, close };
}

/** Answers with the files of www/ as they are now, and tells those who wait when one has changed. */
function reloading() {
  const files = sirv(WWW, { dev: true });
  const waiting = new Set();
  let timer = null;
  const watcher = watch(WWW, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => waiting.forEach((response) => response.write("data: changed\n\n")), SETTLED);
  });
  const answer = (path, request, response) => {
    if (path === RELOADER) {
      response.writeHead(200, { "Content-Type": "text/javascript" }).end(RELOAD);
    } else if (path === CHANGES) {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" }).flushHeaders();
      waiting.add(response);
      request.once("close", () => waiting.delete(response));
    } else if (path === "/" || path.endsWith(".html")) {
      withReloader(path === "/" ? "/index.html" : path, response);
    } else {
      let isThere = true;
      files(request, response, () => (isThere = false));
      return isThere;
    }
    return true;
  };
  return { answer, close: () => watcher.close() };
}

/** A page of www/ with the script that reloads it. */
async function withReloader(path, response) {
  const page = await readFile(`${WWW}${path.slice(1)}`, "utf8").catch(() => null);
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
