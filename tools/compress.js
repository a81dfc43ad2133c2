/** Sends the files that are worth it with Brotli, compressed once and kept as long as they do not change. */

import { readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const TYPES = {
  ".wasm": "application/wasm",
  ".js": "text/javascript",
  ".css": "text/css",
  ".html": "text/html",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** Most of the size for a twentieth of the time: a developer waits for it. */
const QUALITY = 5;

/** Bytes by file and time of change. */
const kept = new Map();

/** Answers with the file at `path` below `folder`; false where another should. */
export async function compressed(folder, path, request, response) {
  const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
  const type = TYPES[extname(file)];
  const accepts = /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
  if (!type || !accepts || request.method !== "GET" || request.headers.range) return false;
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) return false;
  const key = `${file} ${found.mtimeMs} ${found.size}`;
  if (!kept.has(key)) {
    const parameters = { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: found.size };
    kept.set(key, promisify(brotliCompress)(await readFile(file), { params: parameters }));
  }
  const bytes = await kept.get(key);
  response.writeHead(200, {
    "Content-Type": type,
    "Content-Encoding": "br",
    "Content-Length": bytes.length,
    "Cache-Control": "no-cache",
    Vary: "Accept-Encoding",
  });
  response.end(bytes);
  return true;
}
