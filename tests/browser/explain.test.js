import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, chooseFile, compare, finished, npyValues, open, prediction, sample, saved } from "./page.js";

const REFERENCE = npyValues(readFileSync(join(ROOT, "tests/fixtures/chelsea.authors.npy")));

let tab, page;
before(async () => {
  tab = await open();
  ({ page } = tab);
});
after(() => tab?.close());

test("the page computes on several threads and says so", async () => {
  await page
    .getByRole("status")
    .getByText(/^Computing on \d+ threads\./)
    .waitFor();
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
});

test("a click on the cat gives Egyptian cat and the map of the reference", async (t) => {
  await page.evaluate(() => {
    globalThis.seen = [];
    const bar = document.querySelector("progress");
    new MutationObserver(() => bar.hasAttribute("value") && !bar.hidden && globalThis.seen.push(bar.value)).observe(
      bar,
      { attributes: true },
    );
  });
  const started = performance.now();
  await sample(page, "Chelsea the cat").click();
  await page.waitForFunction(() => !document.querySelector("#heat").hidden);
  t.diagnostic(`first preview after ${((performance.now() - started) / 1000).toFixed(2)} s`);
  await finished(page);
  t.diagnostic(`full map after ${((performance.now() - started) / 1000).toFixed(1)} s`);

  assert.equal(await prediction(page, "Egyptian cat").getAttribute("aria-pressed"), "true");
  const { name, bytes } = await saved(page, "Save map (.npy)");
  assert.equal(name, "chelsea.heatmap.npy");
  const { correlation, difference } = compare(npyValues(bytes), REFERENCE);
  t.diagnostic(`Pearson ${correlation.toFixed(7)}, largest difference ${difference.toFixed(6)}`);
  assert.ok(correlation >= 0.999, `Pearson ${correlation}`);
  assert.ok(difference <= 0.01, `largest difference ${difference}`);

  const seen = await page.evaluate(() => globalThis.seen);
  const passes = seen.slice(seen.lastIndexOf(0)); // behind the model's download
  assert.ok(passes.length > 10, "progress is shown many times");
  assert.ok(
    passes.every((value, i) => i === 0 || value >= passes[i - 1]),
    "progress goes on, never back",
  );
});

test("the map of the browser is that of the command line", async () => {
  const out = mkdtempSync(join(tmpdir(), "scorecam-"));
  // The native tests built it.
  execFileSync(join(ROOT, "target/debug/scorecam"), ["explain", "www/samples/chelsea.png", "--out", out], {
    cwd: ROOT,
  });
  const { bytes } = await saved(page, "Save map (.npy)");
  const native = npyValues(readFileSync(join(out, "chelsea.heatmap.npy")));
  const { difference } = compare(npyValues(bytes), native);
  assert.ok(difference <= 1e-3, `largest difference ${difference}`);
});

test("another class has its own map at once, without new inference", async () => {
  const before = await saved(page, "Save map (.npy)");
  const started = performance.now();
  await prediction(page, "tabby").click();
  await page.waitForFunction(() =>
    document.querySelector('.prediction[aria-pressed="true"]').textContent.startsWith("tabby"),
  );
  assert.ok(performance.now() - started < 5000, "a second run would take much longer");
  assert.equal(await page.getByRole("progressbar").count(), 0);
  const after = await saved(page, "Save map (.npy)");
  assert.ok(compare(npyValues(before.bytes), npyValues(after.bytes)).difference > 0.01, "the maps differ");
  await prediction(page, "Egyptian cat").click();
  await prediction(page, "Egyptian cat").and(page.locator("[aria-pressed=true]")).waitFor();
});

test("the overlay is saved as a PNG in the colours and opacity that are shown", async () => {
  const overlay = async (colours, opacity) => {
    await page.getByRole("combobox", { name: "Colours" }).selectOption(colours);
    await page.getByRole("slider", { name: "Opacity" }).fill(opacity);
    return (await saved(page, "Save overlay alone (PNG)")).bytes;
  };
  const jet = await overlay("jet", "50");
  assert.equal(jet.subarray(1, 4).toString(), "PNG");
  assert.deepEqual([jet.readUInt32BE(16), jet.readUInt32BE(20)], [451, 300]);
  assert.notDeepEqual(await overlay("viridis", "50"), jet);
  assert.notDeepEqual(await overlay("jet", "80"), jet);
  assert.deepEqual(await overlay("jet", "50"), jet);
  const names = await page.getByRole("combobox", { name: "Colours" }).locator("option").allTextContents();
  assert.deepEqual(names, ["jet", "turbo", "viridis", "inferno", "greys"]);
});

test("no request is made while a picture is explained, and never one to a foreign origin", async () => {
  // A file from the disk: a sample would be fetched first.
  await page.waitForLoadState("networkidle");
  const earlier = tab.requests.length;
  await chooseFile(page, join(ROOT, "www/samples/coffee.png"));
  await finished(page);
  assert.equal(await prediction(page, "espresso").getAttribute("aria-pressed"), "true");
  const during = tab.requests.slice(earlier).filter((url) => !url.startsWith("blob:"));
  assert.deepEqual(during, []);
  const foreign = tab.requests.filter((url) => !url.startsWith(tab.address) && !url.startsWith(`blob:${tab.address}`));
  assert.deepEqual(foreign, []);
});

test("the policy blocks a request to a foreign origin", async () => {
  const blocked = await page.evaluate(async () => {
    const violation = new Promise((resolve) =>
      addEventListener("securitypolicyviolation", ({ effectiveDirective }) => resolve(effectiveDirective), {
        once: true,
      }),
    );
    await fetch("https://example.org/").catch(() => {});
    return violation;
  });
  assert.equal(blocked, "connect-src");
  tab.errors.length = 0; // the violation is written to the console
});

test("cancel answers within a second, and the next picture is explained in full", async () => {
  await sample(page, "A man with a camera").click();
  await page
    .getByText(/masked pictures ·/)
    .first()
    .waitFor();
  const started = performance.now();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page
    .getByText(/^Stopped after/)
    .first()
    .waitFor();
  assert.ok(performance.now() - started < 1000, "Cancel took longer than a second");
  await sample(page, "A man with a camera").click();
  await finished(page);
  assert.equal(await prediction(page, "tripod").getAttribute("aria-pressed"), "true");
  assert.deepEqual(tab.errors, []);
});
