/** Serves dist/ on localhost with the headers of dist/_headers: node tools/serve.js [--port N] [--no-isolation] */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sirv from "sirv";
import { compressed } from "./compress.js";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

/** What tells a host what to do, and is no part of the page. */
const NOT_SERVED = new Set(["/_headers"]);

/** The headers of dist/_headers; without the two that isolate the page if `isolation` is false. */
function readHeaders(isolation) {
  const lines = readFileSync(`${DIST}_headers`, "utf8").matchAll(/^ {2}([\w-]+): (.*)$/gm);
  const headers = [...lines].map(([, name, value]) => [name, value]);
  return isolation ? headers : headers.filter(([name]) => !/^Cross-Origin-(Opener|Embedder)/.test(name));
}

/** Starts the server on localhost; port 0 is any that is free. */
export async function serve({ port = 0, isolation = true } = {}) {
  const headers = readHeaders(isolation);
  const files = sirv(DIST, { dev: true });
  const server = createServer(async (request, response) => {
    // Errors are answered with the same headers as files.
    for (const [name, value] of headers) response.setHeader(name, value);
    const missing = () => response.writeHead(404, { "Content-Type": "text/plain" }).end("Not found");
    const path = decodedPath(request.url);
    if (path === null || NOT_SERVED.has(path) || path.split("/").some((part) => part.startsWith("."))) return missing();
    if (!(await compressed(DIST, path, request, response))) files(request, response, missing);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "localhost", resolve);
  });
  return { address: `http://localhost:${server.address().port}/`, close: () => server.close() };
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
  const options = { port: { type: "string", default: "8080" }, "no-isolation": { type: "boolean", default: false } };
  try {
    const { values } = parseArgs({ options });
    const { address } = await serve({ port: Number(values.port), isolation: !values["no-isolation"] });
    console.log(`scorecam is at ${address} (stop with Ctrl+C)`);
  } catch (error) {
    const busy = error.code === "EADDRINUSE";
    console.error(busy ? "The port is taken; choose another with --port N." : error.message);
    process.exit(1);
  }
}
