/** Starts the server and Chromium, and knows the page by roles and labels, as its users do. */

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "../../tools/serve.js";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The browser that tests and benchmark run in. */
export const launch = (flags = []) =>
  chromium.launch({ executablePath: process.env.CHROME ?? "/usr/bin/chromium", args: [...FLAGS, ...flags] });

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Long enough for a full explanation on one slow thread. */
export const PATIENCE = Number(process.env.PATIENCE ?? 150_000);

/**
 * The served page in a browser; `close` ends both. `prepare` gets the page before it is loaded. Without its service worker, unless
 * `context` says so: it would answer for what tests put in the server's place.
 */
export async function open({ isolation = true, context = {}, flags = [], prepare } = {}) {
  const server = await serve({ isolation });
  const browser = await launch(flags);
  const usual = { acceptDownloads: true, locale: "en-GB", serviceWorkers: "block" };
  const page = await (await browser.newContext({ ...usual, ...context })).newPage();
  page.setDefaultTimeout(PATIENCE);
  const requests = [];
  page.context().on("request", (request) => requests.push(request.url()));
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  // Pictures by their own names, for tests of the module.
  const pictures = (route) => route.fulfill({ path: join(ROOT, "www", new URL(route.request().url()).pathname) });
  await page.context().route(/\/samples\/\w+\.\w+$/, pictures);
  const close = async () => {
    await browser.close();
    server.close();
  };
  await prepare?.(page);
  await page.goto(server.address);
  await started(page).catch((error) => close().then(() => Promise.reject(error)));
  return {
    page,
    requests,
    errors,
    address: server.address,
    close,
  };
}

export const sample = (page, name) => page.getByRole("list", { name: "Or one of these" }).getByRole("button", { name });
export const chooseFile = (page, file) => page.getByLabel("Choose a file…").setInputFiles(file);

/** Fires a drop or a paste with a file, as the browser would. */
export async function give(page, type, path) {
  const [name, base64] = [basename(path), readFileSync(path).toString("base64")];
  await page.evaluate(
    ([type, name, base64]) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], name, { type: name.endsWith(".png") ? "image/png" : "" }));
      const field = type === "drop" ? "dataTransfer" : "clipboardData";
      const Type = type === "drop" ? DragEvent : ClipboardEvent;
      document.body.dispatchEvent(new Type(type, { [field]: data, bubbles: true, cancelable: true }));
    },
    [type, name, base64],
  );
}

/** Waits until the explanation that was just asked for is under way, and then until it is complete. */
export async function finished(page) {
  const cancel = page.getByRole("button", { name: "Cancel" });
  await cancel.waitFor();
  await cancel.waitFor({ state: "hidden" });
  await page
    .getByText(/^Done: [\d,]+ masked pictures in/)
    .first()
    .waitFor();
}

/** The page with chelsea.png explained at a layer of few channels, so that a run takes seconds. */
export async function openExplained(context) {
  const tab = await open({ context });
  await tab.page.getByText("Network, layer and recipe").click();
  await tab.page.getByLabel("Layer", { exact: true }).selectOption("blocks.2.depthwise.relu6");
  await sample(tab.page, "Chelsea the cat").click();
  await finished(tab.page);
  return tab;
}

/** Has the page in another mode: "Explain", "Compare", "Test" or "Folder". */
export async function enter(page, mode) {
  const button = page
    .getByRole("navigation", { name: "How to look at the picture" })
    .getByRole("button", { name: mode });
  await button.click();
  await button.and(page.locator("[aria-pressed=true]")).waitFor();
}

export const prediction = (page, label) =>
  page.getByRole("button", { name: new RegExp(`^${label} [\\d.]+%: show the evidence`) });

/** Waits for the worker; a page that cannot start says so at once. */
export async function started(page) {
  const failed = page.getByRole("alert").locator(".notice").first().waitFor();
  await Promise.race([
    page
      .getByRole("status")
      .getByText(/^Computing on|計算しています/)
      .waitFor(),
    failed.then(
      async () => Promise.reject(new Error(await page.getByRole("alert").textContent())),
      () => {},
    ),
  ]);
}

/** What a download button saves, as bytes. */
export async function saved(page, button) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
}

/** The float32 values of a .npy file of format 1.0. */
export function npyValues(bytes) {
  const start = 10 + bytes.readUInt16LE(8);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.byteLength));
}

export function compare(a, b) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb, difference] = [0, 0, 0, 0];
  a.forEach((value, i) => {
    ab += (value - meanA) * (b[i] - meanB);
    aa += (value - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
    difference = Math.max(difference, Math.abs(value - b[i]));
  });
  return { correlation: ab / Math.sqrt(aa * bb), difference };
}
