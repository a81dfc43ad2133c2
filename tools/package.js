/**
 * Makes the npm package: node tools/package.js [FOLDER], by default target/npm. `npm pack` there gives what would be published.
 *
 * Its files keep their names, and every one is an export: bundlers find the worker, the programs and the network by the addresses
 * that stand in the modules, `new URL("./…", import.meta.url)`.
 */

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUILDS } from "../www/lib/builds.js";
import { DEFAULT_NETWORK, ROOT, bundleWorker, common, program } from "./bundle.js";

const WWW = join(ROOT, "www");

/** What may be imported by a name: the module, its types. */
const ENTRIES = {
  ".": { source: "scorecam.js", types: "scorecam.d.ts" },
  "./network": { source: "lib/default_network.js", types: "network.d.ts" },
  "./element": { source: "score-cam.js", types: "score-cam.d.ts" },
};

/** What is said of files that are no modules. */
const FILE_TYPES = "file.d.ts";

/** The version, from Cargo.toml. */
async function version() {
  return (await readFile(join(ROOT, "Cargo.toml"), "utf8")).match(/^version = "(.*)"$/m)[1];
}

export async function makePackage(folder = join(ROOT, "target/npm")) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { outputFiles } = await build({
    ...common(false),
    entryPoints: Object.fromEntries(
      Object.values(ENTRIES).map(({ source, types }) => [types.replace(".d.ts", ""), join(WWW, source)]),
    ),
    outdir: folder,
    format: "esm",
    splitting: true,
    chunkNames: "chunk-[hash]",
  });
  for (const { path, contents } of outputFiles) await writeFile(path, contents);
  await writeFile(join(folder, "worker.js"), await bundleWorker(false));
  for (const { name } of BUILDS) await writeFile(join(folder, `${name}.wasm`), await program(name));
  await copyFile(join(ROOT, "models", DEFAULT_NETWORK), join(folder, DEFAULT_NETWORK));
  for (const types of [...Object.values(ENTRIES).map(({ types }) => types), FILE_TYPES])
    await copyFile(join(WWW, types), join(folder, types));
  for (const file of ["LICENSE-MIT", "LICENSE-APACHE"]) await copyFile(join(ROOT, file), join(folder, file));
  await copyFile(join(WWW, "npm.md"), join(folder, "README.md"));

  const modules = Object.entries(ENTRIES).map(([name, { types }]) => [
    name,
    { types: `./${types}`, default: `./${types.replace(".d.ts", ".js")}` },
  ]);
  const files = ["worker.js", ...BUILDS.map(({ name }) => `${name}.wasm`), DEFAULT_NETWORK];
  const assets = files.map((file) => [`./${file}`, { types: `./${FILE_TYPES}`, default: `./${file}` }]);
  const description = {
    name: "scorecam",
    version: await version(),
    description: "Ask an image classifier why, in a browser: Score-CAM in WebAssembly, on several threads",
    keywords: ["score-cam", "cam", "explainability", "xai", "onnx", "webassembly", "heatmap"],
    license: "MIT OR Apache-2.0",
    type: "module",
    types: "./scorecam.d.ts",
    exports: { ...Object.fromEntries(modules), ...Object.fromEntries(assets), "./package.json": "./package.json" },
    // The element registers itself.
    sideEffects: ["./score-cam.js"],
  };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = await makePackage(process.argv[2]);
  console.log(`${basename(folder)}: npm pack ${folder}`);
}
