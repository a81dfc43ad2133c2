import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT, open } from "./page.js";

test("the page to copy from explains a picture, and says what is wrong with one that is none", async () => {
  const tab = await open();
  try {
    const { page } = tab;
    await page.goto(`${tab.address}embed.html`);
    const status = page.getByRole("status");
    await page.waitForFunction(() => document.querySelector("input").onchange);
    const input = page.getByLabel("A picture:");
    await input.setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("Dear diary") });
    await status.getByText(/^This file is not a picture that can be read/).waitFor();
    await input.setInputFiles(join(ROOT, "www/samples/coffee.png"));
    await status.getByText("The evidence for “espresso”").waitFor();
    const image = page.getByRole("img", { name: "The evidence for “espresso”" });
    assert.ok((await image.evaluate(({ naturalWidth }) => naturalWidth)) > 100);
    assert.deepEqual(tab.errors, []);
  } finally {
    await tab.close();
  }
});
