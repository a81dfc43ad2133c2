import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { singleFile } from "../../tools/single_file.js";
import { ENGINES, until } from "./engines.js";
import { ROOT } from "./page.js";

const FEW = "#layer=blocks.2.depthwise.relu6";

let folder, file;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "scorecam-"));
  file = join(folder, "scorecam.html");
  await singleFile(file);
});
after(() => rm(folder, { recursive: true, force: true }));

test("the page is one file of at most 20 MB", async () => {
  assert.ok((await stat(file)).size <= 20e6);
});

for (const name of Object.keys(ENGINES)) {
  test(`opened from the disk by ${name} it explains a picture, and can send nothing`, async () => {
    const page = await ENGINES[name]();
    try {
      await page.goto(pathToFileURL(file).href + FEW);
      await until(page, () => document.querySelector("#engine").textContent);
      assert.match(
        await page.evaluate(() => document.querySelector("#engine").textContent),
        /^Computing on one thread: a page that was opened from a file gets no more.* Build: plain SIMD/,
      );
      await page.evaluate(() => document.querySelector("#samples button").click());
      await until(page, () => /^Done: \d+ masked pictures/.test(document.querySelector("#progress-text").textContent));
      assert.match(await page.evaluate(() => document.querySelector("#predictions").textContent), /^Egyptian cat/);
      const sent = await page.evaluate(() =>
        fetch("http://localhost/").then(
          () => "sent",
          () => "refused",
        ),
      );
      assert.equal(sent, "refused");
      const policy = await page.evaluate(
        () => document.querySelector("meta[http-equiv='Content-Security-Policy']").content,
      );
      assert.match(policy, /connect-src 'none'/);
    } finally {
      await page.close();
    }
  });

  test(`index.html opened from the disk by ${name} says what to do instead`, async () => {
    const page = await ENGINES[name]();
    try {
      await page.goto(pathToFileURL(join(ROOT, "dist/index.html")).href);
      const said = await page.evaluate(() => {
        const sentence = document.querySelector("#from-file");
        return sentence.hidden ? "" : sentence.textContent;
      });
      assert.match(said, /opened as a file.*scorecam\.html.*python3 -m http\.server/);
    } finally {
      await page.close();
    }
  });
}
