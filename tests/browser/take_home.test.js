import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { finished, launch, npyValues, openExplained, prediction, sample, saved } from "./page.js";

let tab, page;
before(async () => {
  tab = await openExplained();
  ({ page } = tab);
});
after(() => tab?.close());

/** Width and height of a PNG file. */
const sizeOf = (png) => [png.readUInt32BE(16), png.readUInt32BE(20)];

test("the picture is saved with a bar of its colours and a caption", async () => {
  const { name, bytes } = await saved(page, "Save picture with caption (PNG)");
  assert.equal(name, "chelsea.figure.png");
  const [width, height] = sizeOf(bytes);
  assert.equal(width, 451 + 2 * 16);
  assert.ok(height > 300 + 100, `${height}: the bar and the caption are below the picture`);
});

test("the report opens offline from a file with scripts off, and shows everything", async () => {
  const { name, bytes } = await saved(page, "Save everything (HTML)");
  assert.equal(name, "chelsea.report.html");
  const report = JSON.parse((await saved(page, "Save report (JSON)")).bytes);
  const map = (await saved(page, "Save map (.npy)")).bytes;
  const file = join(mkdtempSync(join(tmpdir(), "scorecam-")), name);
  writeFileSync(file, bytes);

  const browser = await launch();
  try {
    const context = await browser.newContext({ javaScriptEnabled: false, offline: true });
    const reader = await context.newPage();
    const requests = [];
    reader.on("request", (request) => requests.push(request.url()));
    await reader.goto(pathToFileURL(file).href);
    await reader.getByRole("heading", { name: "chelsea: why “Egyptian cat”?" }).waitFor();
    const figure = reader.getByRole("img", { name: /^Evidence for “Egyptian cat”, probability 79\.\d%/ });
    const { width, height } = await figure.boundingBox();
    assert.ok(width > 400 && height > 300, `the picture is shown, ${width} x ${height}`);
    for (const shown of [
      report.sha256,
      `scorecam ${report.scorecam}`,
      "blocks.2.depthwise.relu6, 144 maps of 56 × 56",
      "It is what the paper’s authors published",
    ]) {
      await reader.getByText(shown).first().waitFor();
    }
    assert.equal(await reader.getByRole("img", { name: /^The picture under the mask that map/ }).count(), 12);
    assert.equal(await reader.locator("details tr").count(), 1 + 144);
    const link = await reader.getByRole("link", { name: "Save map (.npy)" }).getAttribute("href");
    assert.deepEqual(npyValues(Buffer.from(link.split(",")[1], "base64")), npyValues(map));
    assert.deepEqual(
      requests.filter((url) => !/^(file|data):/.test(url)),
      [],
    );
  } finally {
    await browser.close();
  }
});

test("what a file's name or a class says is text in the report, never markup", async () => {
  await page.getByLabel("Choose a file…").setInputFiles({
    name: "<img src=x>.png",
    mimeType: "image/png",
    buffer: (await saved(page, "Save overlay alone (PNG)")).bytes,
  });
  await finished(page);
  const { bytes } = await saved(page, "Save everything (HTML)");
  assert.ok(!bytes.includes("<img src=x>") && bytes.includes("&lt;img src=x&gt;"));
});

test("good enough: the passes end early, and the map is called partial wherever it is shown or saved", async () => {
  await page.getByLabel("Layer", { exact: true }).selectOption("head.relu6");
  await sample(page, "Chelsea the cat").click();
  await page
    .getByText(/masked pictures ·/)
    .first()
    .waitFor();
  await page.getByRole("img", { name: /^How the map settled/ }).waitFor();
  await page.getByRole("button", { name: "Good enough, stop here" }).click();
  await page
    .getByText(/^Stopped after \d+ of 529 masked pictures/)
    .first()
    .waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "result", "the focus is not lost with the button");
  const badge = page.getByText(/^Partial: \d+ of 529 masked pictures$/);
  await badge.waitFor();
  await page.getByText(/^Only \d+ of 529 masked pictures were classified/).waitFor();
  const maps = page.getByRole("region", { name: "5. The maps behind it" });
  await maps.getByLabel("Order by").selectOption("index");
  await maps
    .getByRole("button", { name: /, not reached/ })
    .first()
    .click();
  await maps.getByText(/had its turn still to come when the passes ended/).waitFor();
  const report = await saved(page, "Save report (JSON)");
  const { diagnostics } = JSON.parse(report.bytes);
  assert.equal(report.name, "chelsea.partial.json");
  assert.ok(diagnostics.partial && diagnostics.scoredChannels < 529);
  assert.equal((await saved(page, "Save map (.npy)")).name, "chelsea.partial.heatmap.npy");
  assert.match((await saved(page, "Save everything (HTML)")).bytes.toString(), /Partial: \d+ of 529 masked pictures/);
  // Another class from the same passes is partial as well.
  await prediction(page, "tabby").click();
  await page.getByRole("img", { name: /evidence for tabby/ }).waitFor();
  assert.ok(await badge.isVisible());
  assert.deepEqual(tab.errors, []);
});
