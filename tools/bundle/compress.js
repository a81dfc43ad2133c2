/** The .br and .gz that lie beside each file, made once for each content. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** Files that are compressed already; a network's weights are noise, of which Brotli takes a tenth for a minute's work. */
const DENSE = new Set([".png", ".jpg", ".onnx", ".d.ts"]);
/** What the host alone reads. */
const NOT_SENT = new Set(["_headers", "vercel.json"]);

/** The page is loaded far more often than built; a quick build of the core is not for others. */
const BEST = 11;
const QUICK = 5;
const QUICK_PROFILE = process.env.PROFILE === "quick";

const FORMS = {
  ".br": (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: QUICK_PROFILE ? QUICK : BEST,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  ".gz": (bytes) => promisify(gzip)(bytes, { level: QUICK_PROFILE ? QUICK : 9 }),
};

/** Adds the compressed forms to `files`; `kept` is the folder in which they are remembered. */
export async function addCompressed(files, kept) {
  await mkdir(kept, { recursive: true });
  const additions = [...files].flatMap(([path, content]) => {
    if (!(content instanceof Uint8Array) || DENSE.has(extname(path)) || NOT_SENT.has(path) || path.endsWith(".d.ts"))
      return [];
    return Object.keys(FORMS).map(async (form) => [`${path}${form}`, await compressed(content, form, kept)]);
  });
  for (const [path, content] of await Promise.all(additions)) files.set(path, content);
}

async function compressed(bytes, form, kept) {
  const name = join(kept, `${createHash("sha256").update(bytes).digest("hex")}${QUICK_PROFILE ? ".quick" : ""}${form}`);
  const known = await readFile(name).catch(() => null);
  if (known) return known;
  const made = await FORMS[form](bytes);
  await writeFile(name, made);
  return made;
}
