/** The camera, with the one that Chromium fakes: a picture with a disc that goes round. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { finished, open } from "./page.js";

const FAKE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
const live = (page) => page.getByRole("region", { name: "Live" });

test("what the camera sees is explained picture by picture, and frozen it is explained in full; the camera is off then", async () => {
  const tab = await open({ flags: FAKE, context: { permissions: ["camera"] } });
  try {
    const { page, requests } = tab;
    await live(page).getByRole("button", { name: "Start the camera" }).click();
    const before = requests.length;
    const canvas = live(page).getByRole("img", { name: /evidence|heatmap/i });
    await canvas.waitFor();
    const pixels = () => page.locator("#live-picture").evaluate((canvas) => canvas.toDataURL());
    const first = await pixels();
    await page.waitForFunction((first) => document.querySelector("#live-picture").toDataURL() !== first, first);
    await live(page)
      .getByText(/\d pictures a second/)
      .waitFor();
    // Nothing is kept of what went by: the memory stays as it is.
    const bytes = () => page.evaluate(() => performance.memory.usedJSHeapSize);
    assert.ok((await bytes()) > 0);
    await live(page).getByRole("button", { name: "Freeze and explain" }).click();
    await finished(page);
    assert.ok(await page.locator("#live-picture").isHidden());
    assert.ok(await live(page).getByRole("button", { name: "Start the camera" }).isVisible());
    assert.equal(requests.slice(before).filter((url) => !url.startsWith("blob:")).length, 0, "no request leaves");
    assert.deepEqual(tab.errors, []);
  } finally {
    await tab.close();
  }
});

test("where there is no camera, or it is not allowed, there is a sentence and the page goes on", async () => {
  const tab = await open();
  try {
    const { page } = tab;
    await live(page).getByRole("button", { name: "Start the camera" }).click();
    await live(page)
      .getByText(/There is no camera|was not allowed/)
      .waitFor();
    assert.deepEqual(tab.errors, []);
  } finally {
    await tab.close();
  }
});
