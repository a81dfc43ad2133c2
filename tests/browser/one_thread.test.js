import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, compare, finished, npyValues, open, sample, saved } from "./page.js";

let tab, page;
before(async () => {
  tab = await open({ isolation: false });
  ({ page } = tab);
});
after(() => tab?.close());

test("without the isolation headers the page works on one thread and says why", async () => {
  await page
    .getByRole("status")
    .getByText(/^Computing on one thread: the page is not isolated/)
    .waitFor();
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  const { bytes } = await saved(page, "Save map (.npy)");
  const reference = npyValues(readFileSync(join(ROOT, "tests/fixtures/chelsea.authors.npy")));
  const { correlation, difference } = compare(npyValues(bytes), reference);
  assert.ok(correlation >= 0.999 && difference <= 0.01, `Pearson ${correlation}, largest difference ${difference}`);
  assert.deepEqual(tab.errors, []);
});
