/** Every state of the page, in both themes and languages and from a phone to a projector: axe finds nothing serious, nothing overflows. */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, chooseFile, enter, finished, open, sample } from "./page.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** To be looked at; git ignores the folder. */
const SCREENSHOTS = join(ROOT, "tests/screenshots");
const WIDTHS = [390, 768, 1280, 1920];

let tab, page;
before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  // The policy forbids foreign scripts, and axe is one.
  tab = await open({ context: { reducedMotion: "reduce", bypassCSP: true } });
  ({ page } = tab);
  await page.addScriptTag({ path: AXE });
});
after(() => tab?.close());

const STATES = {
  start: async () => {},
  running: async () => {
    await sample(page, "A cat and a coffee").click();
    await page
      .getByText(/masked pictures ·/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Good enough, stop here" }).waitFor();
  },
  partial: async () => {
    await page.getByRole("button", { name: "Good enough, stop here" }).click();
    await page
      .getByText(/^Partial: /)
      .first()
      .waitFor();
  },
  error: async () => {
    await chooseFile(page, { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("Dear diary") });
    await page
      .getByRole("alert")
      .getByText(/not a picture/)
      .waitFor();
  },
  done: async () => {
    await page.getByText("Network, layer and recipe").click();
    await page.getByLabel("Layer", { exact: true }).selectOption("blocks.2.depthwise.relu6");
    await sample(page, "Chelsea the cat").click();
    await finished(page);
    await page.getByRole("region", { name: "5. The maps behind it" }).waitFor();
  },
  compared: async () => {
    await enter(page, "Compare");
    await page.getByRole("button", { name: /^Why “Egyptian cat”/ }).click();
    await page.getByText(/^Rank correlation/).waitFor();
    await page.getByLabel("one over the other").check();
    await page.waitForFunction(() => !document.querySelector(".tile[data-phase=waiting], .tile[data-phase=running]"));
    await page.getByText("The numbers").click();
    await page.getByText("How far the methods agree").click();
    await page.getByRole("region", { name: "How far the methods agree" }).getByRole("table").waitFor();
  },
  tested: async () => {
    await enter(page, "Test");
    await page.getByRole("button", { name: "Put the map to the test" }).click();
    await page.locator("#film-verdict li").first().waitFor();
    await page.getByLabel("Beside it").selectOption("");
    await page.locator("#cascade-run").click();
    await page.getByText(/^With all weights random/).waitFor();
    await enter(page, "Explain");
    await enter(page, "Test");
  },
  pinned: async () => {
    await enter(page, "Explain");
    await page.getByRole("button", { name: "Show them" }).click();
    await page
      .getByRole("region", { name: "5. The maps behind it" })
      .getByRole("listitem")
      .first()
      .getByRole("button")
      .click();
    await page.getByText(/^Map \d+ \(from/).waitFor();
  },
  ...Object.fromEntries(
    ["1 Answer", "2 Network", "3 Maps", "4 Mask", "5 Cover", "6 Score", "7 Sum", "8 Heatmap"].map((name) => [
      `step-${name[0]}`,
      async () => {
        await page.getByRole("tab", { name }).click();
        await page.waitForFunction(() => document.querySelector("#step").getAttribute("aria-busy") === "false");
        await page.locator("#step details").evaluate((details) => (details.open = true));
      },
    ]),
  ),
  folder: async () => {
    await page.getByLabel("Method", { exact: true }).selectOption("grad-cam");
    await page.waitForFunction(() => /^Done/.test(document.querySelector("#progress-text").textContent));
    await enter(page, "Folder");
    const pictures = ["chelsea.png", "coffee.png", "rocket.jpg", "camera.png", "grace_hopper.jpg"];
    await page.getByLabel("Choose pictures…").setInputFiles(pictures.map((name) => join(ROOT, "www/samples", name)));
    await page.getByLabel("drop", { exact: true }).check();
    await page.getByLabel("What they show").selectOption("table");
    const table = "chelsea.png,tabby\ncoffee.png,espresso\nrocket.jpg,missile\ncamera.png,tripod\n";
    await page
      .getByLabel("Choose the table…")
      .setInputFiles({ name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(table) });
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("status").getByText("All pictures are done.").waitFor();
    await page.getByText("What it takes for what").click();
    await page.getByLabel("Where does it look for").selectOption({ index: 1 });
    await page.getByText(/^The mean of the maps of/).waitFor();
  },
  large: async () => {
    await page.getByRole("button", { name: "Large type" }).click();
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).fontSize), "22px");
  },
};

/** What axe finds of WCAG 2.2 AA that is serious or critical: rule and elements. */
async function violations() {
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
  );
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(" ")}`);
}

const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

for (const [state, reach] of Object.entries(STATES)) {
  test(`${state}: accessible in both themes, at home at every width, in both languages`, async () => {
    await reach();
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await violations(), [], colorScheme);
    }
    // A run goes on meanwhile: it is looked at once.
    const languages = state === "running" ? ["en"] : ["en", "ja"];
    for (const language of languages) {
      await page.locator("#language").selectOption(language);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        const colorScheme = (width === 390) === (language === "en") ? "dark" : "light";
        await page.emulateMedia({ colorScheme });
        assert.equal(await overflow(), 0, `${language} at ${width}`);
        await page.screenshot({
          path: join(SCREENSHOTS, `${state}.${language}.${width}.${colorScheme}.png`),
          fullPage: true,
        });
      }
    }
    await page.locator("#language").selectOption("en");
    await page.setViewportSize({ width: 1280, height: 900 });
    assert.deepEqual(tab.errors, []);
  });
}
