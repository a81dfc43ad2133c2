/** A folder of pictures by the page in Chromium, for folder.py: node folder_page.js FOLDER METHOD [RECIPE] prints the seconds that it takes. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { enter, open } from "../browser/page.js";

const [, , folder, method, recipe] = process.argv;
const pictures = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".jpg"));
const tab = await open();
const { page } = tab;
try {
  const link = new URLSearchParams(recipe ? { method, recipe } : { method });
  await page.evaluate((link) => (location.hash = link), String(link));
  await page.waitForFunction((method) => document.querySelector("#method").value === method, method);
  await enter(page, "Folder");
  await page.getByLabel("Choose pictures…").setInputFiles(pictures.map((name) => join(folder, name)));
  await page.getByText(`${pictures.length} pictures are in the list.`).waitFor();
  const started = performance.now();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("status").getByText("All pictures are done.").waitFor({ timeout: 0 });
  const seconds = (performance.now() - started) / 1000;
  const said = await page.locator("#folder-progress").textContent();
  if (said !== `${pictures.length} of ${pictures.length}`) throw new Error(said);
  console.log(seconds.toFixed(1));
} finally {
  await tab.close();
}
