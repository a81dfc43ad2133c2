/** Chromium, Firefox and WebKitGTK as one thing: { goto, evaluate, close }. What they are asked runs in the page. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import puppeteer from "puppeteer-core";
import { Builder } from "selenium-webdriver";
import { launch } from "./page.js";

/** Milliseconds that a question may take: a whole explanation on one slow thread. */
const PATIENCE = 120_000;

async function chromium() {
  const browser = await launch();
  const page = await (await browser.newContext()).newPage();
  return {
    goto: (address) => page.goto(address),
    evaluate: (doing, argument) => page.evaluate(doing, argument),
    close: () => browser.close(),
  };
}

async function firefox() {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    headless: true,
    protocolTimeout: PATIENCE,
    // As in a browser that nobody set up: puppeteer lets pages of files read each other.
    extraPrefsFirefox: { "security.fileuri.strict_origin_policy": true },
  });
  const page = await browser.newPage();
  return {
    goto: (address) => page.goto(address, { timeout: PATIENCE }),
    evaluate: (doing, argument) => page.evaluate(doing, argument),
    close: () => browser.close(),
  };
}

/** WebKitGTK's MiniBrowser under a display of its own. `threads`: shared memory, which this port has switched off. */
async function webkit({ threads = true } = {}) {
  const screen = await display();
  const port = await freePort();
  const env = {
    ...process.env,
    DISPLAY: screen.name,
    // Without a locale it reports the language "C".
    LANG: "en_US.UTF-8",
    // Root may not start its sandbox.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
    ...(threads ? { JSC_useSharedArrayBuffer: "1" } : {}),
  };
  const driver = spawn("WebKitWebDriver", [`--port=${port}`], { env, stdio: "ignore" });
  await listening(port);
  const session = await new Builder()
    .usingServer(`http://127.0.0.1:${port}`)
    .withCapabilities({
      browserName: "MiniBrowser",
      "webkitgtk:browserOptions": { binary: miniBrowser(), args: ["--automation"] },
    })
    .build();
  await session.manage().setTimeouts({ script: PATIENCE, pageLoad: PATIENCE });
  const run = (doing) => `const [argument, done] = arguments;
    (async () => (${doing})(argument))().then((value) => done({ value }), (error) => done({ error: String(error?.stack ?? error) }));`;
  return {
    goto: (address) => session.get(address),
    async evaluate(doing, argument) {
      const { value, error } = await session.executeAsyncScript(run(doing), argument);
      if (error) throw new Error(error);
      return value;
    },
    async close() {
      await session.quit().catch(() => {});
      driver.kill();
      screen.close();
    },
  };
}

/** A display that nobody sees. */
function display() {
  const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.stdio[3].once("data", (number) =>
      resolve({ name: `:${String(number).trim()}`, close: () => server.kill() }),
    );
  });
}

function miniBrowser() {
  const libraries = "/usr/lib";
  const found = readdirSync(libraries)
    .map((folder) => `${libraries}/${folder}/webkit2gtk-4.1/MiniBrowser`)
    .find((path) => existsSync(path));
  if (!found) throw new Error("WebKitGTK's MiniBrowser is not there; ./build.sh setup installs webkit2gtk-driver.");
  return found;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function listening(port) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answers = await fetch(`http://127.0.0.1:${port}/status`).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("WebKitWebDriver does not answer.");
}

export const ENGINES = { chromium, firefox, webkit };

/** Waits until what `doing` says in the page is true; answers with it. */
export async function until(page, doing, argument, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    // While a page reloads it cannot be asked.
    const found = await page.evaluate(doing, argument).catch((error) => {
      if (Date.now() > end) throw error;
    });
    if (found) return found;
    if (Date.now() > end) throw new Error(`never true: ${doing}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
