/** The npm package as others use it: packed, installed, bundled by Vite or not bundled at all, in a page of theirs. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sirv from "sirv";
import { build, createServer as createVite } from "vite";
import { makePackage } from "../../tools/package.js";
import { PATIENCE, ROOT, launch } from "./page.js";

// Below the repository, whose vite it finds.
const PROJECT = join(ROOT, "target/tmp/package");
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** What README shows, and says what came out. */
const MAIN = (from) => `
import { ScoreCam } from "${from.module}";
import { efficientNetLite0 } from "${from.network}";
const cam = await ScoreCam.create({ threads: 2 });
const { labels } = await cam.loadModel(await efficientNetLite0());
const picture = await (await fetch("./coffee.png")).blob();
const result = await cam.explain(picture, { layer: "blocks.2.depthwise.relu6" });
document.title = \`\${labels[result.class]} on \${cam.threads} threads\`;
`;
const PAGE = (script) => `<!doctype html><title>waiting</title><script type="module">${script}</script>`;

const run = (command, ...words) => execFileSync(command, words, { cwd: PROJECT, stdio: "pipe", encoding: "utf8" });

let browser, installed;
before(async () => {
  await rm(PROJECT, { recursive: true, force: true });
  await mkdir(join(PROJECT, "public"), { recursive: true });
  const folder = await makePackage(join(PROJECT, "made"));
  const tarball = run("npm", "pack", "--silent", folder).trim();
  await writeFile(join(PROJECT, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }));
  run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--offline", `./${tarball}`);
  installed = join(PROJECT, "node_modules/scorecam");
  await cp(join(ROOT, "www/samples/coffee.png"), join(PROJECT, "public/coffee.png"));
  browser = await launch();
});
after(() => browser?.close());

/** What the title of a page becomes, without errors. */
async function titleOf(address) {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  try {
    await page.goto(address);
    await page.waitForFunction(() => document.title !== "waiting", null, { timeout: PATIENCE });
    return await page.title();
  } catch (error) {
    throw new Error(`${error.message} ${errors.join(" ")}`, { cause: error });
  } finally {
    await page.close();
  }
}

/** A host of a page of plain HTML, with the package's folder and the picture beside it. */
async function plainSite(name, html) {
  const folder = join(PROJECT, name);
  await cp(installed, join(folder, "scorecam"), { recursive: true });
  await cp(join(PROJECT, "public"), folder, { recursive: true });
  await writeFile(join(folder, "index.html"), html);
  return host(folder);
}

/** A host of `folder` that isolates its pages. */
async function host(folder) {
  const files = sirv(folder, {
    dev: true,
    setHeaders: (response) => response.setHeaders(new Map(Object.entries(ISOLATION))),
  });
  const server = createServer((request, response) => files(request, response, () => response.writeHead(404).end()));
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return {
    address: `http://localhost:${server.address().port}/`,
    close: () => server.closeAllConnections() || server.close(),
  };
}

const viteConfig = {
  root: PROJECT,
  configFile: false,
  logLevel: "warn",
  optimizeDeps: { exclude: ["scorecam"] },
  server: { headers: ISOLATION, host: "localhost" },
};

test("publint and arethetypeswrong find nothing to say about it", () => {
  assert.match(run("npx", "publint", installed), /All good/);
  run("npx", "attw", "--profile", "esm-only", join(PROJECT, "scorecam-0.1.0.tgz"));
});

test("in a fresh Vite project it explains a picture on two threads, served and built", async () => {
  await writeFile(join(PROJECT, "main.js"), MAIN({ module: "scorecam", network: "scorecam/network" }));
  await writeFile(
    join(PROJECT, "index.html"),
    `<!doctype html><title>waiting</title><script type="module" src="/main.js"></script>`,
  );
  const served = await createVite(viteConfig);
  await served.listen();
  try {
    assert.equal(await titleOf(served.resolvedUrls.local[0]), "espresso on 2 threads");
  } finally {
    await served.close();
  }
  await build({ ...viteConfig, build: { outDir: "built" } });
  const built = await host(join(PROJECT, "built"));
  try {
    assert.equal(await titleOf(built.address), "espresso on 2 threads");
  } finally {
    built.close();
  }
});

test("without a bundler it explains a picture on two threads", async () => {
  const script = MAIN({ module: "./scorecam/scorecam.js", network: "./scorecam/network.js" });
  const server = await plainSite("plain", PAGE(script));
  try {
    assert.equal(await titleOf(server.address), "espresso on 2 threads");
  } finally {
    server.close();
  }
});

test("the element shows the evidence for a class, says what is wrong, and follows its attributes", async () => {
  const element = `<score-cam src="coffee.png" class="cup" layer="blocks.2.depthwise.relu6" alt="A cup"></score-cam>`;
  const page = `<!doctype html><title>waiting</title><script type="module" src="./scorecam/score-cam.js"></script>${element}`;
  const server = await plainSite("element", page);
  const tab = await browser.newPage();
  try {
    await tab.goto(server.address);
    const caption = tab.locator("score-cam figcaption");
    await caption.getByText(/^cup \d+ %$/).waitFor({ timeout: PATIENCE });
    assert.equal(await tab.locator("score-cam img").getAttribute("alt"), "A cup: cup");
    assert.ok((await tab.locator("score-cam img").evaluate(({ naturalWidth }) => naturalWidth)) > 100);
    await tab.locator("score-cam").evaluate((shown) => shown.setAttribute("class", "my-style"));
    await caption.getByText(/^espresso \d+ %$/).waitFor({ timeout: PATIENCE });
    await tab.locator("score-cam").evaluate((shown) => shown.setAttribute("src", "index.html"));
    await caption.getByText(/^This file is not a picture that can be read/).waitFor({ timeout: PATIENCE });
  } finally {
    await tab.close();
    server.close();
  }
});

test("its README is the one that was tried here", async () => {
  const readme = await readFile(join(installed, "README.md"), "utf8");
  assert.ok(readme.includes('from "scorecam/network"') && readme.includes("<score-cam src="));
});
