/**
 * Writes dist/scorecam.html: the page, the program, a network and the samples in one file that works by a double click, from a stick
 * or as an attachment, without a server and without a connection: node tools/single_file.js [FILE]
 *
 * Nothing in it can be fetched, and its policy forbids that it fetches anything: what is large is gzipped, written as text, and
 * unpacked when the page starts. There is one build in it, the one that all browsers run.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build } from "esbuild";
import { DEFAULT_NETWORK, ROOT, bundleWorker, common, program } from "./bundle.js";
import { sum } from "./bundle/headers.js";
import { replaced } from "./bundle/plugins.js";

const WWW = join(ROOT, "www");

/** The build that every browser with SIMD runs. */
const BUILD = "simd";

/** Bytes that the file may have: what mail servers and sticks of a classroom take. */
const MOST = 20e6;

/** The page's code as one script. */
async function bundlePage() {
  const { outputFiles } = await build({
    ...common(false),
    entryPoints: [join(WWW, "app/main.js")],
    outdir: "/made",
    format: "iife",
    define: { "import.meta.url": "document.baseURI" },
    loader: { ".png": "binary", ".jpg": "binary" },
    plugins: [replaced(join(WWW, "lib/assets.js"), () => readFile(join(WWW, "single/assets.js"), "utf8"))],
  });
  return outputFiles[0].text;
}

/** The styles; the picture in them is part of the text. */
async function bundleStyle() {
  const { outputFiles } = await build({
    ...common(false),
    entryPoints: [join(WWW, "page.css")],
    outdir: "/made",
    loader: { ".jpg": "dataurl" },
  });
  return outputFiles[0].text;
}

/** Script and style as HTML takes them: its end tag must not be in them. */
const inScript = (text) => text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Bytes as an element that is not run. */
async function payload(name, bytes) {
  const packed = await promisify(gzip)(bytes, { level: 9 });
  return `<script type="text/plain" id="payload-${name}">${packed.toString("base64")}</script>`;
}

export async function singleFile(to = join(ROOT, "dist/scorecam.html")) {
  const [script, style] = [inScript(await bundlePage()), await bundleStyle()];
  const catalogue = JSON.parse(await readFile(join(ROOT, "models/catalog.json"), "utf8"));
  const [network] = catalogue.models;
  const files = { [network.file]: network.file, [network.labels]: network.labels };
  const payloads = {
    "worker.js": Buffer.from(await bundleWorker(false)),
    [`${BUILD}.wasm`]: await program(BUILD),
    "catalog.json": Buffer.from(JSON.stringify({ ...catalogue, files })),
    [network.labels]: await readFile(join(ROOT, "models", network.labels)),
    [DEFAULT_NETWORK]: await readFile(join(ROOT, "models", DEFAULT_NETWORK)),
  };
  const icon = (await readFile(join(WWW, "icon.svg"))).toString("base64");
  const policy = [
    "default-src 'none'",
    `script-src ${sum(script)} 'wasm-unsafe-eval'`,
    "worker-src blob:",
    "connect-src 'none'",
    "img-src blob: data:",
    `style-src ${sum(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const source = await readFile(join(WWW, "index.html"), "utf8");
  const credits = escaped(await readFile(join(WWW, "samples/CREDITS.txt"), "utf8"));
  const html = source
    .replace(/ *<!-- head -->\n/, () => `    <meta http-equiv="Content-Security-Policy" content="${policy}" />\n`)
    .replace(/ *<link rel="stylesheet"[^\n]*\n/, () => `<style>${style}</style>\n`)
    .replace(/ *<script type="module"[^\n]*\n/, "")
    .replace(/ *<p id="from-file"[^]*?<\/script>\n/, "")
    .replaceAll('href="icon.svg"', () => `href="data:image/svg+xml;base64,${icon}"`)
    .replaceAll('src="icon.svg"', () => `src="data:image/svg+xml;base64,${icon}"`)
    .replace(
      /<a href="samples\/CREDITS.txt"[^]*?<\/a><\/p>/,
      () => `</p><details><summary data-i18n="credits"></summary><pre>${credits}</pre></details>`,
    );
  const packed = await Promise.all(Object.entries(payloads).map(([name, bytes]) => payload(name, bytes)));
  const whole = html.replace("</body>", () => `${packed.join("\n")}\n<script>${script}</script>\n</body>`);
  if (whole.length > MOST) throw new Error(`the file has ${whole.length} bytes; at most ${MOST} are wanted.`);
  await writeFile(to, whole);
  return whole.length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , to] = process.argv;
  const bytes = await singleFile(to);
  console.log(`${to ?? "dist/scorecam.html"}: ${(bytes / 1e6).toFixed(1)} MB in one file.`);
}
