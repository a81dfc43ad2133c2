import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ROOT, compare, finished, give, npyValues, open, prediction, sample, saved } from "./page.js";

// Made by tests/reference/make_networks.py; `layer` has few channels, so that a run takes seconds.
const NETWORKS = [
  { name: "squeezenet", preset: "torchvision", layer: "fire2.squeeze.relu" },
  { name: "googlenet", preset: "caffe", layer: "3a.5x5_reduce" },
  { name: "resnet18", preset: "torchvision", layer: "relu_first" },
  { name: "mobilenetv2", preset: "torchvision", layer: "stage2.1" },
  { name: "vgg16", preset: "torchvision", layer: "relu1_1", heavy: true },
  { name: "alexnet", preset: "caffe", layer: "relu1", heavy: true },
];
const FULL = Boolean(process.env.SCORECAM_FULL);
const folderOf = ({ heavy }) => `${ROOT}target/networks/${FULL && heavy ? "full/" : ""}`;
const labels = JSON.parse(readFileSync(`${ROOT}models/imagenet_labels.json`, "utf8"));

let tab, page;
before(async () => {
  tab = await open();
  ({ page } = tab);
  await page.getByText("Network, layer and recipe").click();
});
after(() => tab?.close());

const field = (name) => page.getByLabel(name, { exact: true });
const form = () => page.getByRole("group", { name: /wants its pictures$/ });
const map = async () => npyValues((await saved(page, "Save map (.npy)")).bytes);
const choose = (file) => page.getByLabel("Use your own network (.onnx)…").setInputFiles(file);
const fact = (name) => page.locator("dt", { hasText: name }).locator("+ dd");
/** For runs so short that their Cancel button is never seen. */
const done = () =>
  page
    .getByText(/^Done: [1-4] masked pictures in/)
    .first()
    .waitFor();
const loaded = (name) =>
  page.waitForFunction(
    (name) => document.querySelector("#network").value === name && document.querySelector("#progress").hidden,
    name,
  );

for (const network of NETWORKS) {
  test(`${network.name} is loaded from a file, classified as by onnxruntime, and explained at another layer, class and recipe`, async () => {
    const expected = JSON.parse(readFileSync(`${folderOf(network)}${network.name}.json`, "utf8"));
    // With no picture chosen the network is not run at its default layer, which can have a thousand channels.
    await page.reload();
    await page.getByText("Network, layer and recipe").click();
    await choose(`${folderOf(network)}${network.name}.onnx`);
    await loaded(`${network.name}.onnx`);
    assert.equal(await field("Layer").inputValue(), expected.layer);
    if (network.preset !== "torchvision") {
      await form().getByLabel("Preset").selectOption(network.preset);
      await form().getByRole("button", { name: "Load with these" }).click();
      await page.waitForFunction(() => !document.querySelector("fieldset").disabled);
    }
    await field("Layer").selectOption(network.layer);
    await sample(page, "Chelsea the cat").click();
    await finished(page);
    const first = page.getByRole("button", { name: /: show the evidence$/ }).first();
    assert.ok((await first.textContent()).startsWith(labels[expected.target]), await first.textContent());
    assert.match(await fact("Layer").textContent(), new RegExp(`^${network.layer.replaceAll(".", "\\.")}, `));
    const authors = await map();

    await page
      .getByRole("button", { name: /: show the evidence$/ })
      .nth(1)
      .click();
    await page.waitForFunction(
      () => document.querySelectorAll("#predictions [aria-pressed]")[1].getAttribute("aria-pressed") === "true",
    );
    assert.ok(compare(authors, await map()).difference > 1e-6, "another class, another map");
    await field("Recipe").selectOption("paper");
    await page.waitForFunction(() =>
      [...document.querySelectorAll("dd")].some(({ textContent }) => textContent === "paper"),
    );
    console.log(
      `${network.name}: memory ${await fact("Memory").textContent()}, ${await page
        .getByText(/^Done:/)
        .first()
        .textContent()}`,
    );
    assert.deepEqual(tab.errors, []);
  });
}

test("a small network is dropped, its guess is shown, corrected and named, and another network stays one choice away", async () => {
  await page.reload();
  await page.getByText("Network, layer and recipe").click();
  await page.waitForFunction(() => document.querySelector("#network").value === "efficientnet_lite0");
  await sample(page, "Chelsea the cat").click();
  await page.getByRole("button", { name: "Cancel" }).waitFor();
  await give(page, "drop", `${ROOT}tests/fixtures/operators/normalises_itself.onnx`);
  await done();
  await form().getByText("It begins by normalising its input").waitFor();
  assert.equal(await form().getByLabel("Preset").inputValue(), "0..255");
  assert.ok(await form().getByLabel("Width").isDisabled(), "the graph fixes its size");
  await prediction(page, "class 1").waitFor();
  const guessed = await map();
  assert.equal(guessed.length, 81);

  await form().getByLabel("Preset").selectOption("caffe");
  assert.equal(await form().getByLabel("Mean to subtract, by channel").inputValue(), "104, 117, 123");
  await form().getByLabel("Mean to subtract, by channel").fill("10, 20, 30");
  assert.equal(await form().getByLabel("Preset").inputValue(), "custom");
  await form()
    .getByLabel("Class names")
    .setInputFiles({ name: "names.txt", mimeType: "text/plain", buffer: Buffer.from("cat\ndog\nbird\n") });
  await form().getByRole("button", { name: "Load with these" }).click();
  await prediction(page, "dog").waitFor();
  await done();
  assert.ok(compare(guessed, await map()).difference > 1e-3, "the correction changes the map");

  await form().getByLabel("Mean to subtract, by channel").fill("ten");
  await form().getByRole("button", { name: "Load with these" }).click();
  await page.getByRole("alert").getByText("Pixels cannot be normalised with mean").waitFor();
  await prediction(page, "dog").waitFor();

  await field("Network").selectOption("EfficientNet-Lite0");
  await prediction(page, "Egyptian cat").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await form().count(), 0, "a network of the catalogue needs no form");
  await field("Network").selectOption("normalises_itself.onnx");
  await prediction(page, "dog").waitFor();
});

test("a file that is no network is refused with a sentence, and the one before stays in use", async () => {
  await choose({ name: "broken.onnx", mimeType: "application/octet-stream", buffer: Buffer.from("not a network") });
  await page.getByRole("alert").getByText("broken.onnx is not a readable ONNX file").waitFor();
  assert.equal(await field("Network").inputValue(), "normalises_itself.onnx");
  await sample(page, "A cup of coffee").click();
  await done();
  assert.deepEqual(tab.errors, []);
});
