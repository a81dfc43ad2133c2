/**
 * Puts dist/ together out of www/, models/ and what the compiler made: node tools/bundle.js [--dev]
 *
 * Every file is named by its content, but for those that others have to find by a name that stays; beside each lie its .br and .gz.
 * With --dev nothing is made small and nothing is compressed.
 */

import { createHash } from "node:crypto";
import { copyFile, link, mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUILDS } from "../www/lib/builds.js";
import { addCompressed } from "./bundle/compress.js";
import { contentSecurityPolicy, hostFiles } from "./bundle/headers.js";
import { replaced, withCores, withFiles } from "./bundle/plugins.js";

export const ROOT = fileURLToPath(new URL("../", import.meta.url));
const CORES = join(ROOT, "target/wasm/cores");
const WWW = join(ROOT, "www");
const MODELS = join(ROOT, "models");

/** Browsers from the first with SIMD in WebAssembly on. */
export const TARGET = ["chrome91", "firefox89", "safari16.4"];

/** What all bundles share. @param {boolean} dev */
export const common = (dev) => ({
  bundle: true,
  write: false,
  minify: !dev,
  sourcemap: dev ? /** @type {const} */ ("inline") : undefined,
  target: TARGET,
  legalComments: /** @type {const} */ ("none"),
  charset: /** @type {const} */ ("utf8"),
  logLevel: /** @type {const} */ ("warning"),
});

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** The file of the catalogue's first network, which is part of the repository. */
export const DEFAULT_NETWORK = "efficientnet_lite0.onnx";

/** Others' code in the page: what it does there, and its licence. */
const LIBRARIES = {
  "uPlot, which draws the curves": "uplot/LICENSE",
  "Papa Parse, which reads and writes tables": "papaparse/LICENSE",
  "client-zip, which packs the maps of a folder": "client-zip/LICENSE.txt",
  "idb, which keeps a folder's results": "idb/LICENSE",
};

/** How much of a hash a name carries. */
const DIGITS = 10;

/** NAME-HASH.EXT */
function hashed(name, bytes) {
  const extension = extname(name);
  return `${basename(name, extension)}-${sha256(bytes).slice(0, DIGITS)}${extension}`;
}

/** The worker as one script without imports: it runs as a module and as a classic script. */
export async function bundleWorker(dev) {
  const { outputFiles } = await build({
    ...common(dev),
    entryPoints: [join(WWW, "lib/worker.js")],
    format: "iife",
    define: { "import.meta.url": "self.location.href" },
    plugins: [withCores(CORES)],
  });
  return outputFiles[0].contents;
}

/** The WebAssembly of a build. */
export const program = (name) => readFile(join(CORES, name, "core_bg.wasm"));

/** What is written: path in dist/ -> bytes, or the file that it is a copy of. */
class Output {
  /** @type {Map<string, Uint8Array | { from: string }>} */
  files = new Map();

  add(path, content) {
    this.files.set(path, typeof content === "string" ? Buffer.from(content) : content);
  }

  /** Adds a file under a name by its content; what it is called in `folder`. */
  addHashed(folder, name, content) {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const given = hashed(name, bytes);
    this.add(`${folder}${given}`, bytes);
    return given;
  }

  /** Written beside the old one, which is then replaced as a whole: a server that is running misses nothing. */
  async write(folder) {
    const made = `${folder}.new`;
    await rm(made, { recursive: true, force: true });
    for (const [path, content] of this.files) {
      const to = join(made, path);
      await mkdir(join(to, ".."), { recursive: true });
      if (content instanceof Uint8Array) await writeFile(to, content);
      // Linked where that can be: the largest network has half a gigabyte.
      else await link(content.from, to).catch(() => copyFile(content.from, to));
    }
    await rm(folder, { recursive: true, force: true });
    await rename(made, folder);
  }
}

/** Networks and class names that are here: the catalogue says by which names, relative to itself. */
async function addModels(output) {
  const catalogue = JSON.parse(await readFile(join(MODELS, "catalog.json"), "utf8"));
  const labels = new Set(catalogue.models.map((spec) => spec.labels));
  const files = {};
  const networks = [];
  for (const { name, file, bytes, sha256: sum } of catalogue.models) {
    const from = join(MODELS, file);
    const found = await stat(from).catch(() => null);
    if (found?.size !== bytes) continue;
    const given = `${basename(file, ".onnx")}-${sum.slice(0, DIGITS)}.onnx`;
    files[file] = `../assets/${given}`;
    output.add(`assets/${given}`, { from });
    networks.push({ url: `assets/${given}`, sha256: sum, bytes, network: name });
  }
  for (const file of labels)
    files[file] = `../assets/${output.addHashed("assets/", file, await readFile(join(MODELS, file)))}`;
  output.add("models/catalog.json", JSON.stringify({ ...catalogue, files }));
  return networks;
}

/** The manifest, its addresses those of the files in assets/. It lies where its relative addresses are the page's. */
async function addManifest(output) {
  const manifest = JSON.parse(await readFile(join(WWW, "manifest.json"), "utf8"));
  const addresses = new Map();
  for (const icon of manifest.icons) {
    const name = output.addHashed("assets/", icon.src, await readFile(join(WWW, icon.src)));
    addresses.set(icon.src, `assets/${name}`);
    icon.src = `assets/${name}`;
  }
  return { manifest: output.addHashed("", "manifest.webmanifest", JSON.stringify(manifest)), addresses };
}

/**
 * The scripts, and the pictures and styles that they and page.css name. The page is bundled by itself, with a copy of the module in
 * it: what it shared with others would be files more that a first visit waits for.
 */
async function addPage(output, addresses, dev) {
  const [page, modules] = [
    await bundleModules(output, { main: "app/main.js", page: "page.css" }, addresses, dev),
    await bundleModules(output, { scorecam: "scorecam.js", "score-cam": "score-cam.js" }, addresses, dev),
  ];
  return {
    main: page("app/main.js"),
    style: page("page.css"),
    scorecam: modules("www/scorecam.js"),
    element: modules("score-cam.js"),
  };
}

/** Bundles entry points of www/; answers with a function that says what the entry whose path ends so is called. */
async function bundleModules(output, entries, addresses, dev) {
  const result = await build({
    ...common(dev),
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(WWW, path)])),
    outdir: "/assets",
    format: "esm",
    splitting: true,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".png": "file", ".jpg": "file" },
    metafile: true,
    plugins: ["assets.js", "default_network.js"].map((name) =>
      replaced(join(WWW, "lib", name), (source) => addressed(source, addresses)),
    ),
  });
  for (const { path, contents } of result.outputFiles) output.add(path.slice(1), contents);
  const made = Object.entries(result.metafile.outputs);
  return (end) => basename(made.find(([, { entryPoint }]) => entryPoint?.endsWith(end))[0]);
}

/** A module of lib/ that names files, with the names that they have in assets/, beside which models/ lies. */
function addressed(source, names) {
  const named = source.replace(/new URL\("\.\/([\w.]+)"/g, (_, name) => {
    if (!names.has(name)) throw new Error(`${name} is named in lib/ and not built.`);
    return `new URL("./${names.get(name)}"`;
  });
  return named.replace('new URL("./", WORKER)', 'new URL("../", WORKER)');
}

/** A page of www/ with its addresses, and at its mark its policy and what the browser should fetch at once. */
function page(source, addresses, head) {
  const html = source.replace(/(href|src)="([\w./-]+)"/g, (whole, attribute, path) =>
    addresses.has(path) ? `${attribute}="${addresses.get(path)}"` : whole,
  );
  return html.replace(/( *)<!-- head -->\n/, (_, indent) => head.map((line) => `${indent}${line}\n`).join(""));
}

/** The scripts that stand in a page, for its policy. */
const inlineScripts = (html) =>
  [...html.matchAll(/<script(?: type="module")?>([^]*?)<\/script>/g)].map(([, script]) => script);

export async function bundle({ dev = false, folder = join(ROOT, "dist") } = {}) {
  const output = new Output();
  const names = new Map([["worker.js", output.addHashed("assets/", "worker.js", await bundleWorker(dev))]]);
  for (const { name } of BUILDS) {
    names.set(`${name}.wasm`, output.addHashed("assets/", `${name}.wasm`, await program(name)));
  }
  const networks = await addModels(output);
  names.set(DEFAULT_NETWORK, basename(networks[0].url));
  const { manifest, addresses } = await addManifest(output);
  const made = await addPage(output, names, dev);
  const credits = [await readFile(join(WWW, "samples/CREDITS.txt"), "utf8")];
  for (const [does, file] of Object.entries(LIBRARIES))
    credits.push(`${does}:\n\n${await readFile(join(ROOT, "node_modules", file), "utf8")}`);
  addresses.set("samples/CREDITS.txt", `assets/${output.addHashed("assets/", "credits.txt", credits.join("\n"))}`);
  addresses.set("app/main.js", `assets/${made.main}`);
  addresses.set("page.css", `assets/${made.style}`);

  output.add("scorecam.js", `export * from "./assets/${made.scorecam}";\n`);
  output.add("score-cam.js", `import "./assets/${made.element}";\n`);
  output.add("scorecam.d.ts", await readFile(join(WWW, "scorecam.d.ts")));
  const pages = await Promise.all(["index.html", "embed.html"].map((name) => readFile(join(WWW, name), "utf8")));
  const policy = contentSecurityPolicy({ scripts: pages.flatMap(inlineScripts) });
  const head = [
    `<meta http-equiv="Content-Security-Policy" content="${policy.ofPage}" />`,
    `<link rel="manifest" href="${manifest}" />`,
  ];
  output.add("index.html", page(pages[0], addresses, head));
  output.add("embed.html", page(pages[1], addresses, []));
  for (const [path, content] of Object.entries(hostFiles(policy.ofServer))) output.add(path, content);
  output.add("sw.js", await bundleServiceWorker(listed(output, networks, names), dev));
  if (!dev) await addCompressed(output.files, join(ROOT, "target/compressed"));
  await output.write(folder);
}

/** What the service worker keeps: address, hash and size of each file, and for which build or network it is. */
function listed(output, networks, names) {
  const files = [];
  const builds = new Map(BUILDS.map(({ name }) => [`assets/${names.get(`${name}.wasm`)}`, name]));
  for (const [url, content] of output.files) {
    if (!(content instanceof Uint8Array) || url.startsWith("_") || url === "vercel.json" || url.endsWith(".d.ts"))
      continue;
    files.push({ url, sha256: sha256(content), bytes: content.length, build: builds.get(url) });
  }
  return [...files, ...networks];
}

async function bundleServiceWorker(files, dev) {
  const { outputFiles } = await build({
    ...common(dev),
    entryPoints: [join(WWW, "sw.js")],
    format: "iife",
    plugins: [withFiles(files)],
  });
  return outputFiles[0].contents;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = (await Promise.all(BUILDS.map(({ name }) => readdir(join(CORES, name)).catch(() => name)))).find(
    (found) => typeof found === "string",
  );
  if (missing) {
    console.error(`The ${missing} build is not there; ./build.sh makes it.`);
    process.exit(1);
  }
  await bundle({ dev: process.argv.includes("--dev") });
}
