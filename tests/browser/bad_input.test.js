import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, chooseFile, finished, open, prediction, sample } from "./page.js";

const coffee = readFileSync(join(ROOT, "www/samples/coffee.png"));
const rocket = readFileSync(join(ROOT, "www/samples/rocket.jpg"));
const fixture = (name) => readFileSync(join(ROOT, "tests/fixtures", name));
const ONE_PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC",
  "base64",
);

const CASES = [
  {
    what: "a text file",
    name: "notes.png",
    mimeType: "image/png",
    buffer: Buffer.from("Dear diary"),
    says: /not a picture that can be read/,
  },
  {
    what: "an empty file",
    name: "empty.png",
    mimeType: "image/png",
    buffer: Buffer.alloc(0),
    says: /is empty \(0 bytes\)/,
  },
  {
    what: "a truncated JPEG",
    name: "cut.jpg",
    mimeType: "image/jpeg",
    buffer: rocket.subarray(0, 60_000),
    says: /JPEG file is cut off/,
  },
  { what: "one pixel", name: "dot.png", mimeType: "image/png", buffer: ONE_PIXEL, says: /is 1 by 1 pixels/ },
  {
    what: "a decompression bomb",
    name: "bomb.png",
    mimeType: "image/png",
    buffer: fixture("bomb.png"),
    says: /60000 by 60000 pixels/,
  },
];

let tab, page;
before(async () => {
  tab = await open();
  ({ page } = tab);
  await sample(page, "Chelsea the cat").click();
  await finished(page);
});
after(() => tab?.close());

for (const { what, says, ...file } of CASES) {
  test(`${what} gets a sentence, and the earlier picture stays`, async () => {
    await chooseFile(page, file);
    await page.getByRole("alert").getByText(says).waitFor();
    assert.equal(await prediction(page, "Egyptian cat").getAttribute("aria-pressed"), "true");
    assert.equal(
      await prediction(page, "tabby").getAttribute("aria-disabled"),
      "false",
      "its other classes can still be asked for",
    );
    assert.ok(await page.getByRole("button", { name: "Save map (.npy)" }).isEnabled());
  });
}

test("what went wrong is said in the page's language, and said anew when that changes", async () => {
  await chooseFile(page, { name: "empty.png", mimeType: "image/png", buffer: Buffer.alloc(0) });
  await page.getByLabel("Language").selectOption("ja");
  await page
    .getByRole("alert")
    .getByText(/^画像ファイルが空です.* もう一度選ぶか、保存し直してください。$/)
    .waitFor();
  await page.getByLabel("言語").selectOption("en");
  await page.getByRole("alert").getByText("The picture file is empty (0 bytes).").waitFor();
});

test("of an animated GIF the first frame is explained, and the page says so", async () => {
  await chooseFile(page, { name: "moving.gif", mimeType: "image/gif", buffer: fixture("animated.gif") });
  await page.getByRole("alert").getByText("its first frame is explained").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
});

test("after all that a good picture is explained", async () => {
  await chooseFile(page, { name: "coffee.png", mimeType: "image/png", buffer: coffee });
  await finished(page);
  assert.equal(await prediction(page, "espresso").getAttribute("aria-pressed"), "true");
  assert.deepEqual(tab.errors, []);
});

test("what the core cannot decode and the browser can is explained", async () => {
  await chooseFile(page, { name: "photo.heic", mimeType: "image/heic", buffer: fixture("orange.avif") });
  await page
    .getByText(/^Done: [\d,]+ masked pictures in|^Scoring/)
    .first()
    .waitFor();
  assert.equal(await page.getByRole("alert").textContent(), "");
});

test("of a format that neither knows the page says its name and a way out", async () => {
  const heic = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");
  await chooseFile(page, { name: "photo.jpg", mimeType: "image/jpeg", buffer: heic });
  const alert = page.getByRole("alert");
  await alert.getByText("The file is a picture in the format HEIC, which cannot be read here.").waitFor();
  await alert.getByText(/Save or export it as JPEG or PNG/).waitFor();
  await chooseFile(page, { name: "logo.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg/>") });
  await alert.getByText("The file is an SVG drawing, which is no picture made of pixels.").waitFor();
});

test("the colours of a phone's picture are converted to sRGB, and the page says so", async () => {
  await chooseFile(page, { name: "phone.png", mimeType: "image/png", buffer: fixture("display_p3.png") });
  await page
    .getByRole("alert")
    .getByText(/colours were converted from .*P3.* to sRGB/)
    .waitFor();
  const [r, g, b] = await page.evaluate(() => [
    ...document.querySelector("#picture").getContext("2d").getImageData(20, 20, 1, 1).data,
  ]);
  // CSS Color 4: color(display-p3 200/255 100/255 50/255) is rgb(215, 93, 31).
  assert.deepEqual([r, g, b], [215, 93, 31]);
});
