import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { ROOT, finished, open, prediction, sample, saved, enter } from "./page.js";

const breaking = (name) => `${ROOT}target/breaking/${name}.onnx`;
const FEW = "#layer=blocks.2.depthwise.relu6";

let tab, page;
before(async () => {
  tab = await open();
  ({ page } = tab);
});
after(() => tab?.close());
beforeEach(async () => {
  await page.goto(`${tab.address}?${Math.random()}${FEW}`);
  await page
    .getByRole("status")
    .getByText(/^Computing on/)
    .waitFor();
  await page.evaluate(() => (document.querySelector(".settings").open = true));
});

const chooseNetwork = (name) => page.getByLabel("Use your own network (.onnx)…").setInputFiles(breaking(name));
const notice = (says) => page.getByRole("alert").getByText(says);
const fact = (name) => page.locator("dt", { hasText: name }).locator("+ dd");
const comparison = () => page.locator("#compare-result");

test("a worker that says nothing when it starts is given up for another", async () => {
  // The first one is told nothing, and forty seconds are half a second.
  const silence = () => {
    const { Worker, setTimeout } = globalThis;
    globalThis.made = 0;
    globalThis.setTimeout = (doing, ms, ...more) => setTimeout(doing, ms === 40_000 ? 500 : ms, ...more);
    globalThis.Worker = class extends Worker {
      constructor(...given) {
        super(...given);
        if (!globalThis.made++) this.postMessage = () => {};
      }
    };
  };
  const other = await open({ prepare: (page) => page.addInitScript(silence) });
  try {
    assert.equal(await other.page.evaluate(() => globalThis.made), 2);
    await sample(other.page, "A cup of coffee").click();
    await other.page.getByRole("button", { name: "Cancel" }).click();
    assert.deepEqual(other.errors, []);
  } finally {
    await other.close();
  }
});

test("a network that does not fit leaves the old result with its own labels, and a map that was kept is compared with the right one", async () => {
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  await enter(page, "Compare");
  await page.getByRole("button", { name: "Keep this map as A" }).click();
  await enter(page, "Explain");
  await chooseNetwork("larger_than_memory");
  await notice(/needs about [\d.]+ GB of memory/).waitFor();
  // What is shown is still the old network's.
  await prediction(page, "Egyptian cat").waitFor();
  assert.equal(await fact("Network").textContent(), "EfficientNet-Lite0");
  await page.getByLabel("Network", { exact: true }).selectOption("efficientnet_lite0");
  await page.waitForFunction(() => document.querySelector("#layer").options.length > 10);
  await page.getByLabel("Layer", { exact: true }).selectOption("blocks.1.depthwise.relu6");
  await finished(page);
  await comparison()
    .getByText(/Rank correlation/)
    .waitFor({ state: "attached" });
  const correlation = Number((await comparison().textContent()).match(/\(Spearman\) (-?[\d.]+)/)[1]);
  assert.ok(correlation < 0.999, `${correlation}: B was compared with itself`);
});

test("a crash costs a sentence: the picture can be explained again with the same network and settings", async () => {
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  await chooseNetwork("breaks");
  await notice(/The computation broke off/).waitFor();
  await prediction(page, "Egyptian cat").waitFor();
  await page.getByLabel("Network", { exact: true }).selectOption("efficientnet_lite0");
  await prediction(page, "Egyptian cat").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
});

test("of two networks chosen quickly the last one is used", async () => {
  await chooseNetwork("slow");
  await chooseNetwork("another");
  await page.waitForFunction(() => document.querySelector("#network").value === "another.onnx");
  await page.waitForTimeout(1500);
  assert.equal(await page.getByLabel("Network", { exact: true }).inputValue(), "another.onnx");
  assert.equal(await page.getByRole("alert").textContent(), "");
});

test("what there is when one cancels can be used and saved, and goes on", async () => {
  await page.goto(`${tab.address}?again`);
  await sample(page, "Chelsea the cat").click();
  await page.getByRole("button", { name: "Good enough, stop here" }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page
    .getByText(/^Stopped after/)
    .first()
    .waitFor();
  await prediction(page, "tabby").click();
  await page.waitForFunction(() =>
    document.querySelector("[aria-pressed=true].prediction").textContent.includes("tabby"),
  );
  assert.equal((await saved(page, "Save map (.npy)")).name, "chelsea.partial.heatmap.npy");
  await page.getByRole("button", { name: "Continue" }).click();
  await finished(page);
  assert.ok(
    (await page.locator(".prediction[aria-pressed=true]").textContent()).includes("tabby"),
    "the class that was chosen",
  );
  assert.equal((await saved(page, "Save map (.npy)")).name, "chelsea.heatmap.npy");
});

test("cancelled before its first map, a picture leaves the earlier one's result as it was", async () => {
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  await page.evaluate(() => {
    document.querySelector("#samples button[title='A cup of coffee']").click();
    new MutationObserver((_, observer) => {
      if (document.querySelector("#progress").hidden || document.querySelector("#cancel").hidden) return;
      observer.disconnect();
      document.querySelector("#cancel").click();
    }).observe(document.querySelector("#progress"), { subtree: true, attributes: true, childList: true });
  });
  await page.getByText("Cancelled before the first map; nothing has changed.").first().waitFor();
  assert.equal(await prediction(page, "Egyptian cat").getAttribute("aria-disabled"), "false");
  assert.equal((await saved(page, "Save map (.npy)")).name, "chelsea.heatmap.npy");
});

test("a browser whose language is no tag has a page that works", async () => {
  const odd = await open({
    prepare: (page) => page.addInitScript(() => Object.defineProperty(navigator, "language", { get: () => "C" })),
  });
  try {
    await odd.page.goto(`${odd.address}?odd${FEW}`);
    await sample(odd.page, "Chelsea the cat").click();
    await finished(odd.page);
    assert.equal(await odd.page.getByRole("alert").textContent(), "");
  } finally {
    await odd.close();
  }
});

test("thousands of layers and a name like a book do not freeze the page", async () => {
  await chooseNetwork("many_layers");
  await page.waitForFunction(() => document.querySelector("#network").value === "many_layers.onnx");
  assert.ok((await page.getByLabel("Layer", { exact: true }).locator("option").count()) <= 301);
  await page.getByLabel("Find a layer by a part of its name").fill("relu123");
  await page.getByLabel("Layer", { exact: true }).selectOption("relu1234");
  await sample(page, "Chelsea the cat").click();
  await page
    .getByText(/^Done: \d masked pictures/)
    .first()
    .waitFor();
  assert.equal(await fact("Layer").textContent(), "relu1234, 4 maps of 8 × 8");
  assert.ok((await page.locator("#step button").count()) <= 260);
  await chooseNetwork("long_name");
  await page.waitForFunction(() => document.querySelector("#network").value === "long_name.onnx");
  await fact("Layer")
    .getByText(/^\\u\{1b\}\[31mred\\u\{a\}a+…a+, 4 maps/)
    .waitFor();
});

test("small files that ask for the moon get a sentence in the tab too", async () => {
  const folder = `${ROOT}target/tmp/hostile/`;
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".onnx"))
    .sort();
  assert.ok(files.length >= 200, "the native tests write them");
  const chosen = files
    .filter((_, i) => i % 7 === 0)
    .map((name) => [name, readFileSync(folder + name).toString("base64")])
    .filter(([, { length }]) => length < 1e6);
  const answers = await page.evaluate(async (files) => {
    const { ScoreCam } = await import("/scorecam.js");
    const cam = await ScoreCam.create({ threads: 2 });
    const answers = [];
    for (const [name, base64] of files) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      answers.push(
        await cam.loadModel({ bytes, name }).then(
          () => [name, "loaded"],
          ({ kind, message }) => [name, kind, message],
        ),
      );
    }
    await cam.loadModel({ catalog: "efficientnet_lite0" });
    return answers;
  }, chosen);
  for (const [name, kind, message] of answers)
    assert.ok(["loaded", "model", "memory", "option", "internal"].includes(kind), `${name}: ${kind} ${message}`);
  const crashed = answers.filter(([, kind]) => kind === "internal");
  assert.ok(crashed.length < answers.length / 4, JSON.stringify(crashed));
});

test("a link's class is for the next picture alone, and what it names and is not here is said", async () => {
  await page.goto(`${tab.address}?link#class=285&layer=blocks.2.depthwise.relu6`);
  await sample(page, "A cup of coffee").click();
  await finished(page);
  assert.match(await page.locator(".prediction[aria-pressed=true]").textContent(), /^Egyptian cat/);
  await page
    .getByText(/The network finds “Egyptian cat” only 0\.0+\d+% probable here/)
    .first()
    .waitFor();
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  await sample(page, "A cup of coffee").click();
  await finished(page);
  assert.match(await page.locator(".prediction[aria-pressed=true]").textContent(), /^espresso/);
  await page.evaluate(() => (location.hash = "#class=-5&network=lenet&recipe=magic&layer=nowhere"));
  for (const name of ["lenet", "magic", "nowhere", "-5"]) await notice(`“${name}”`).waitFor();
  await finished(page);
  assert.match(await page.locator(".prediction[aria-pressed=true]").textContent(), /^espresso/);
  await page.evaluate(() => (location.hash = "#class=967&recipe=paper&layer=blocks.2.depthwise.relu6"));
  await finished(page);
  assert.equal(await fact("Recipe").textContent(), "paper");
});

test("the first download shows that it goes on, and a click in the meantime is acknowledged", async () => {
  const slow = await open();
  try {
    await slow.page.route("**/*.wasm", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await route.continue();
    });
    await slow.page.goto(`${slow.address}?slow${FEW}`);
    await slow.page
      .getByText(/Loading the program/)
      .waitFor({ timeout: 5000 })
      .catch(() => {});
    await sample(slow.page, "Chelsea the cat").click();
    await slow.page.getByText(/^Your picture is next\./).waitFor();
    await finished(slow.page);
  } finally {
    await slow.close();
  }
});

test("a notice is in sight wherever one has scrolled to", async () => {
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.getByRole("button", { name: "Copy a link to these settings" }).evaluate((button) => button.click());
  const box = await notice(/The link is/).boundingBox();
  assert.ok(box.y >= 0 && box.y < 400, JSON.stringify(box));
});

test("the class search keeps the focus, and the comparison asks why the chosen class and not the likeliest other", async () => {
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  await page.getByLabel("Any other class, by name or number").fill("lynx");
  await page.locator("#class-matches").getByRole("button", { name: /lynx/ }).first().click();
  await page.getByText(/Why “lynx.*” and not “Egyptian cat”\?/).waitFor({ state: "attached" });
  assert.equal(await page.evaluate(() => document.activeElement.id), "class-query");
});

test("at 390 pixels the result is in sight after a sample was chosen", async () => {
  const phone = await open({ context: { viewport: { width: 390, height: 844 } } });
  try {
    await phone.page.goto(`${phone.address}?phone${FEW}`);
    await sample(phone.page, "Chelsea the cat").click();
    await finished(phone.page);
    const { y, height } = await phone.page.locator("#stage").boundingBox();
    assert.ok(y >= 0 && y + height <= 844, `${y} ${height}`);
  } finally {
    await phone.close();
  }
});

test("one duration is told for a run, the improbable class is told apart, and the sentences follow recipe and data", async () => {
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  const told = (await page.locator("#progress-text").textContent()).match(/in (.*)\.$/)[1];
  assert.equal(await fact("Time").textContent(), told);
  const step = async (name) => {
    await page.getByRole("tab", { name }).click();
    await page.waitForFunction(() => document.querySelector("#step").ariaBusy !== "true");
    return page.locator("#step .sentence").textContent();
  };
  assert.match(await step(/Score$/), /The higher this score, the more map \d+ weighs\.$/);
  assert.match(await step(/Heatmap$/), /^Nothing in this sum is below zero, so nothing is dropped\./);
  await page.getByLabel("Recipe").selectOption("matlab");
  await finished(page);
  assert.match(
    await step(/Score$/),
    /no map weighs more than 2\.7 times as much as another, so nearly all weigh the same\.$/,
  );
});

test("the account that the page saves is the command line's, but for its times and the name of the picture", async () => {
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  const fromPage = JSON.parse((await saved(page, "Save report (JSON)")).bytes);
  const out = mkdtempSync(join(tmpdir(), "scorecam-"));
  execFileSync(
    `${ROOT}target/debug/scorecam`,
    ["explain", "www/samples/chelsea.png", "--layer", "blocks.2.depthwise.relu6", "--out", out],
    { cwd: ROOT },
  );
  const native = JSON.parse(readFileSync(join(out, "chelsea.json")));
  assert.deepEqual(Object.keys(fromPage), Object.keys(native));
  for (const field of ["scorecam", "model", "title", "sha256", "layer", "recipe", "region", "input"])
    assert.deepEqual(fromPage[field], native[field], field);
  assert.deepEqual([fromPage.target.index, fromPage.target.label], [native.target.index, native.target.label]);
  assert.deepEqual(fromPage.region, { x: 0, y: 0, width: 451, height: 300 });
  fromPage.weights.forEach((weight, i) => assert.ok(Math.abs(weight - native.weights[i]) < 1e-3, `weight ${i}`));
});

test("everything that is saved has the picture, the steps, the comparison, the date and the name, and not the browser", async () => {
  await sample(page, "Chelsea the cat").click();
  await finished(page);
  await enter(page, "Compare");
  await page.getByRole("button", { name: "Before against after the softmax" }).click();
  await comparison()
    .getByText(/Rank correlation/)
    .waitFor();
  await enter(page, "Explain");
  const text = (await saved(page, "Save everything (HTML)")).bytes.toString();
  for (const part of [
    "A network does not say why it decides.",
    "data:image/jpeg",
    "8 Heatmap".slice(2),
    "Rank correlation (Spearman)",
    "<td>chelsea</td>",
    "Made on",
  ])
    assert.ok(text.includes(part), part);
  assert.equal([...text.matchAll(/<h3>/g)].length, 8);
  assert.ok(!text.includes("Mozilla"));
});

test("errors have the headers of pages, and what tells a host what to do is not served", async () => {
  for (const [path, status] of [
    ["nowhere", 404],
    ["_headers", 404],
    ["_headers", 404],
    [".hidden", 404],
    ["%E0%A4%A", 404],
    ["index.html", 200],
  ]) {
    const response = await fetch(tab.address + path);
    assert.equal(response.status, status, path);
    assert.match(
      response.headers.get("content-security-policy"),
      /frame-ancestors 'self'; *$|frame-ancestors 'self'/,
      path,
    );
    assert.match(response.headers.get("permissions-policy"), /camera=\(self\), microphone=\(\)/, path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
  }
});

test("a page in a frame that is not isolated does not blame its server", async () => {
  const plain = await open({ isolation: false });
  try {
    // A page of the same site that is none of ours.
    const host = "<!doctype html><iframe src='/?framed' width='900' height='600'></iframe>";
    await plain.page.route("**/host.html", (route) => route.fulfill({ contentType: "text/html", body: host }));
    await plain.page.goto(`${plain.address}host.html`);
    await plain.page
      .frameLocator("iframe")
      .getByText(/shown in a frame of another page that is not isolated/)
      .waitFor();
  } finally {
    await plain.close();
  }
});
