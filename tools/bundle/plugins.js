/** What esbuild does not find in www/: modules that are made while it bundles. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BUILDS } from "../../www/lib/builds.js";

/**
 * lib/cores.js: what wasm-bindgen made of every build, in `folder`. Its pool is started by lib/threads.js, in place of the script
 * that wasm-bindgen-rayon brings.
 */
export const withCores = (folder) => ({
  name: "cores",
  setup(build) {
    build.onResolve({ filter: /\/cores\.js$/ }, () => ({ path: "cores.js", namespace: "cores" }));
    build.onLoad({ filter: /.*/, namespace: "cores" }, () => ({
      contents: [
        ...BUILDS.map(({ name }) => `import * as ${name} from ${JSON.stringify(join(folder, name, "core.js"))};`),
        `export const CORES = { ${BUILDS.map(({ name }) => name).join(", ")} };`,
      ].join("\n"),
      resolveDir: folder,
    }));
    build.onResolve({ filter: /\/workerHelpers\.js$/ }, () => ({
      path: new URL("../../www/lib/threads.js", import.meta.url).pathname,
    }));
  },
});

/** files.js of the service worker: the list that it keeps. */
export const withFiles = (files) => ({
  name: "files",
  setup(build) {
    build.onResolve({ filter: /\/list_of_files\.js$/ }, () => ({ path: "list_of_files.js", namespace: "files" }));
    build.onLoad({ filter: /.*/, namespace: "files" }, () => ({
      contents: `export const FILES = ${JSON.stringify(files)};`,
    }));
  },
});

/** A module of www/ whose source is changed by `change`. */
export const replaced = (path, change) => ({
  name: "replaced",
  setup(build) {
    build.onLoad({ filter: new RegExp(`${path.replaceAll(/[.\\/]/g, "\\$&")}$`) }, async () => ({
      contents: await change(await readFile(path, "utf8")),
      loader: "js",
    }));
  },
});
