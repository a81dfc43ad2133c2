/** Many pictures: chosen, explained, judged, looked at and taken home; paused, reloaded, and with files that are none. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, enter, open, saved } from "./page.js";

const PYTHON = join(ROOT, ".tools/python/bin/python");
const SAMPLES = join(ROOT, "www/samples");

let tab, page;
before(async () => {
  tab = await open();
  ({ page } = tab);
  // A method of one pass, so that a folder takes seconds.
  await page.evaluate(() => (location.hash = "#method=grad-cam"));
  await page.waitForFunction(() => document.querySelector("#method").value === "grad-cam");
});
after(() => tab?.close());

/**
 * What the folder picker of the system would answer with: a folder of files by their paths, [path, sample or text]. Files that are
 * `unlike` differ in a byte behind the picture's end.
 */
async function givePicked(page, files, { unlike = false } = {}) {
  const bytesOf = (from) => (from.startsWith("text:") ? Buffer.from(from.slice(5)) : readFileSync(join(SAMPLES, from)));
  const contents = files.map(([path, from], number) => [
    path,
    Buffer.concat([bytesOf(from), Buffer.from(unlike ? [number] : [])]).toString("base64"),
  ]);
  await page.evaluate(async (contents) => {
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
    const photos = await root.getDirectoryHandle("photos", { create: true });
    for (const [path, base64] of contents) {
      const parts = path.split("/");
      let folder = photos;
      for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create: true });
      const file = await folder.getFileHandle(parts.at(-1), { create: true });
      const stream = await file.createWritable();
      await stream.write(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
      await stream.close();
    }
    globalThis.showDirectoryPicker = async () => photos;
  }, contents);
}

const folder = () => page.getByRole("region", { name: "Many pictures" });
const table = () => folder().getByRole("table", { name: "Many pictures" });
const button = (name) => folder().getByRole("button", { name, exact: true });
const status = (says) => folder().getByRole("status").getByText(says);
const done = () => status("All pictures are done.").waitFor();

async function emptied() {
  await enter(page, "Folder");
  if (await button("Pause").isVisible()) await button("Pause").click();
  if (await button("Empty the list").isVisible()) await button("Empty the list").click();
  await folder().getByLabel("What they show").selectOption("nothing");
}

async function picked(files, how) {
  await emptied();
  await givePicked(page, files, how);
  await button("Choose a folder…").click();
  await status(/pictures are in the list/).waitFor();
}

/** The rows that exist, as texts of their cells. */
const rows = () =>
  table()
    .getByRole("row")
    .evaluateAll((rows) =>
      rows.slice(1).map((row) => [...row.querySelectorAll("[role=cell]")].map((cell) => cell.textContent.trim())),
    );

const KEEP = "Keep the results on this machine, to go on after a reload";

const CATS = [
  ["Egyptian cat/chelsea.png", "chelsea.png"],
  ["espresso/coffee.png", "coffee.png"],
  ["tabby/chelsea again.png", "chelsea.png"],
  ["yeti/rocket.jpg", "rocket.jpg"],
];

test("a folder becomes a table whose classes are judged by the folders' names, worst mistakes first", async () => {
  await picked(CATS);
  await folder().getByLabel("What they show").selectOption("folder");
  assert.equal((await rows()).length, 4);
  await button("Start").click();
  await done();
  const [first, second, third, fourth] = await rows();
  assert.match(first[3], /^Egyptian cat 7[\d.]+%$/);
  assert.match(first[4], /Egyptian cat ✓ right/);
  assert.match(third[4], /tabby ✗ wrong/);
  assert.match(fourth[4], /^yeti \(no class\)$/);
  assert.match(second[3], /espresso/);
  await folder().getByText("The network says what was expected of 2 of 3 pictures (66.7%).").waitFor();
  await folder()
    .getByText(/What 1 pictures are said to show is no class/)
    .waitFor();
  await folder().getByText("What it takes for what").click();
  const [pair] = await folder().locator("#folder-pairs tbody tr").allTextContents();
  assert.equal(pair, "tabbyEgyptian cat1");
  await folder().getByLabel("Order").selectOption({ label: "worst mistakes first" });
  assert.match((await rows())[0][2], /chelsea again/);
  await folder().getByLabel("Show", { exact: true }).selectOption({ label: "mistakes" });
  assert.equal((await rows()).length, 1);
  await folder().getByLabel("Show", { exact: true }).selectOption({ label: "all pictures" });
  await folder().getByLabel("Order").selectOption({ label: "by name" });
});

test("a table says what pictures show, by their names with or without folders", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "table-")), "list.csv");
  writeFileSync(
    file,
    '\ufeffimage,expected\r\nchelsea.png,"Egyptian cat"\r\nespresso/coffee.png,espresso\r\nnowhere.png,tench\r\n',
  );
  await folder().getByLabel("What they show").selectOption("table");
  await folder().getByLabel("Choose the table…").setInputFiles(file);
  await status("The table says of 2 of 4 pictures what they show.").waitFor();
  await folder().getByText("The network says what was expected of 2 of 2 pictures (100.0%).").waitFor();
});

test("a row is explained in full, by a click or by the keyboard", async () => {
  await table().getByRole("row").nth(1).getByRole("button").focus();
  await page.keyboard.press("ArrowDown");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /coffee\.png/);
  await page.keyboard.press("End");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /rocket/);
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Egyptian cat [\d.]+%/ }).waitFor();
  assert.ok(await page.getByRole("region", { name: "Evidence" }).or(page.locator("#result")).first().isVisible());
  assert.ok(await folder().isHidden());
  await enter(page, "Folder");
  assert.equal((await rows()).length, 4);
});

test("where it looks for a class is the mean of its maps beside the mean picture", async () => {
  await folder().getByLabel("Where does it look for").selectOption({ label: "Egyptian cat (2)" });
  await folder()
    .getByText(/^The mean of the maps of 2 pictures that the network takes for Egyptian cat/)
    .waitFor();
  await folder()
    .getByRole("img", { name: "Mean heatmap over the mean picture of what is taken for Egyptian cat" })
    .waitFor();
  // Twice the same picture: its mean is that picture.
  const [mean, row] = await page.evaluate(async () => {
    const pixels = (canvas, side) => {
      const small = document.createElement("canvas");
      small.width = small.height = side;
      small.getContext("2d").drawImage(canvas, 0, 0, side, side);
      return [...small.getContext("2d").getImageData(0, 0, side, side).data];
    };
    return [pixels(document.querySelector("#folder-mean-map"), 8), pixels(document.querySelector(".row-map"), 8)];
  });
  const difference = mean.reduce((sum, value, at) => sum + Math.abs(value - row[at]), 0) / mean.length;
  assert.ok(difference < 12, `${difference}`);
  await folder().getByLabel("Where does it look for").selectOption("");
});

test("bad files and strange names have their rows; table, maps and gallery go home and are those of the command line", async () => {
  const names = ["=cmd().png", 'a, "b".png', "line\nbreak.png", "שלום.png", "日本.png"];
  const files = [
    ...names.map((name) => [`strange/${name}`, "chelsea.png"]),
    ["strange/cut.jpg", "text:no picture"],
    ["strange/empty.png", "text:"],
    ["notes.txt", "text:no picture, and not called one"],
    [".hidden.png", "chelsea.png"],
  ];
  await picked(files);
  await folder().getByLabel("ROAD").check();
  await folder().getByLabel("drop").check();
  await button("Start").click();
  await done();
  await folder().getByText("7 of 7, 2 failed").waitFor();
  const all = await rows();
  assert.equal(all.length, 7);
  assert.match(all.find(([, , name]) => name.includes("cut.jpg"))[3], /not a picture/);
  assert.match(all.find(([, , name]) => name.includes("empty.png"))[3], /empty \(0 bytes\)/);
  await folder().getByLabel("Show", { exact: true }).selectOption({ label: "pictures that failed" });
  assert.equal((await rows()).length, 2);
  await folder().getByLabel("Show", { exact: true }).selectOption({ label: "all pictures" });

  const place = mkdtempSync(join(tmpdir(), "folder-"));
  const csv = await saved(page, "Table (CSV)");
  assert.equal(csv.name, "scorecam.csv");
  writeFileSync(join(place, "table.csv"), csv.bytes);
  const npz = await saved(page, "Maps (NumPy, NPZ)");
  writeFileSync(join(place, "maps.npz"), npz.bytes);
  const picture = join(SAMPLES, "chelsea.png");
  const program = join(ROOT, "target/debug/scorecam");
  const words = ["batch", picture, "--method", "grad-cam", "--measures", "road,drop", "--out", join(place, "out")];
  execFileSync(program, words, { cwd: ROOT, stdio: "ignore" });
  const script = `
import csv, json, sys, numpy as np
place = sys.argv[1]
rows = list(csv.DictReader(open(place + "/table.csv", encoding="utf-8-sig", newline="")))
native = json.loads(open(place + "/out/results.1-of-1.jsonl").read())
theirs = np.load(place + "/out/" + native["map"]["file"])[native["map"]["name"]]
maps = np.load(place + "/maps.npz")
told = {
    "names": [row["image"] for row in rows],
    "failed": [row["error"] for row in rows if row["status"] == "failed"],
    "difference": max(float(np.abs(maps[name] - theirs).max()) for name in maps.files),
    "maps": sorted(maps.files),
    "shape": list(theirs.shape), "dtype": str(maps[maps.files[0]].dtype),
    "class": [int(row["class"]) == native["class"] for row in rows if row["class"]],
    "measures": [abs(float(row[name]) - value) for row in rows if row["class"] for name, value in native["measures"].items()],
}
print(json.dumps(told))`;
  const told = JSON.parse(execFileSync(PYTHON, ["-c", script, place], { encoding: "utf8" }));
  assert.equal(told.names.length, 7);
  const expected = names.map((name) => `photos/strange/${name}`).sort();
  assert.deepEqual(told.maps.map((name) => name.replace(/\.npy$/, "")).sort(), expected);
  for (const name of expected) assert.ok(told.names.includes(name), name);
  assert.equal(told.failed.length, 2);
  assert.ok(told.difference < 1e-3, `${told.difference}`);
  assert.deepEqual([told.shape, told.dtype], [[224, 224], "float32"]);
  assert.ok(told.class.every(Boolean) && told.measures.every((difference) => difference < 0.01), `${told.measures}`);

  const gallery = (await saved(page, "Gallery (HTML)")).bytes.toString("utf8");
  assert.ok(!/<script/i.test(gallery) && gallery.includes("default-src 'none'"));
  assert.equal(gallery.match(/<img src="data:image\/jpeg;base64,/g).length, 5);
  assert.ok(gallery.includes("photos/strange/a, &quot;b&quot;.png"));
  assert.deepEqual(tab.errors, []);
});

test("what a spreadsheet would run is text in the table", async () => {
  await emptied();
  const picture = { mimeType: "image/png", buffer: readFileSync(join(SAMPLES, "chelsea.png")) };
  await folder()
    .getByLabel("Choose pictures…")
    .setInputFiles([
      { name: "=cmd().png", ...picture },
      { name: "@SUM(A1).png", ...picture },
    ]);
  await status(/2 pictures are in the list/).waitFor();
  const text = (await saved(page, "Table (CSV)")).bytes.toString("utf8");
  assert.match(text, /\r\n"'=cmd\(\)\.png",waiting/);
  assert.match(text, /\r\n"'@SUM\(A1\)\.png",waiting/);
});

test("a pause is at once, a reload goes on where it stopped if that is asked for, and what is kept can be forgotten", async () => {
  const many = Array.from({ length: 60 }, (_, number) => [`${number}.jpg`, "rocket.jpg"]);
  await picked(many, { unlike: true });
  for (const name of ["ROAD", "drop"]) await folder().getByLabel(name).uncheck();
  await folder().getByLabel(KEEP).check();
  await button("Start").click();
  await page.waitForFunction(() => document.querySelectorAll(".row-map:not([hidden])").length > 5);
  await button("Pause").click();
  await status(/^Paused/).waitFor();
  const before = Number((await folder().locator("#folder-progress").textContent()).match(/^(\d+) of 60/)[1]);
  assert.ok(before >= 5 && before < 60, `${before}`);
  // Another mode, and back.
  await enter(page, "Explain");
  await enter(page, "Folder");
  await button("Continue").waitFor();

  await page.reload();
  await page
    .getByRole("status")
    .getByText(/^Computing on/)
    .waitFor();
  await page.waitForFunction(() => document.querySelector("#method").value === "grad-cam");
  await enter(page, "Folder");
  await folder().getByText(`${before} results are kept.`).waitFor();
  await givePicked(page, many, { unlike: true });
  await button("Choose a folder…").click();
  await folder().getByLabel(KEEP).check();
  await button("Start").click();
  await done();
  await folder()
    .getByText(/^60 of 60/)
    .waitFor();
  await folder().getByText("60 results are kept.").waitFor();
  await button("Forget them").click();
  await page.waitForFunction(() => document.querySelector("#folder-kept").textContent === "");
  assert.ok(await button("Forget them").isHidden());
  assert.deepEqual(tab.errors, []);
});

test("other settings do not silently mix with what is there", async () => {
  await picked(CATS.slice(0, 2));
  await button("Start").click();
  await done();
  await page.evaluate(() => (document.querySelector(".settings").open = true));
  await page.getByLabel("Method", { exact: true }).selectOption("recipro-cam");
  await button("Choose a folder…").click();
  await givePicked(page, CATS.slice(0, 3));
  await button("Choose a folder…").click();
  await status("1 pictures are in the list.").waitFor();
  await button("Continue").click();
  await status(/^The settings have changed since/).waitFor();
  await button("Start anew by these settings").click();
  await done();
  const csv = (await saved(page, "Table (CSV)")).bytes.toString("utf8");
  assert.equal(csv.trim().split("\r\n").length, 4);
  await page.getByLabel("Method", { exact: true }).selectOption("grad-cam");
});

test("a network that is chosen meanwhile answers for none of the pictures that were asked of another", async () => {
  const many = Array.from({ length: 60 }, (_, number) => [`${number}.jpg`, "rocket.jpg"]);
  await picked(many);
  await button("Start").click();
  await page.waitForFunction(() => document.querySelectorAll(".row-map:not([hidden])").length > 3);
  const network = join(ROOT, "target/breaking/another.onnx");
  await page.getByLabel("Use your own network (.onnx)…").setInputFiles(network);
  await status(/^Paused/).waitFor();
  await page.waitForFunction(() => document.querySelector("#network").value === "another.onnx");
  const csv = (await saved(page, "Table (CSV)")).bytes.toString("utf8");
  const lines = csv.trim().split("\r\n").slice(1);
  const explained = lines.filter((line) => line.includes(",explained,"));
  assert.ok(explained.length >= 3 && explained.length < 60, `${explained.length}`);
  assert.ok(
    explained.every((line) => line.includes(",explained,540,drilling platform,")),
    explained.at(-1),
  );
  assert.equal(lines.filter((line) => line.includes(",waiting,")).length, 60 - explained.length);
  await button("Continue").click();
  await status(/^The settings have changed since/).waitFor();
  await page.getByLabel("Network", { exact: true }).selectOption("efficientnet_lite0");
  await page.waitForFunction(() => document.querySelector("#layer").value === "head.relu6");
  await button("Empty the list").click();
});

test("pictures at which the worker breaks off have a sentence each, and another network goes on", async () => {
  await picked(CATS.slice(0, 2));
  const breaks = join(ROOT, "target/breaking/breaks.onnx");
  await page.getByLabel("Use your own network (.onnx)…").setInputFiles(breaks);
  await page.waitForFunction(() => document.querySelector("#network").value === "breaks.onnx");
  await button("Start").click();
  await done();
  assert.ok((await rows()).every((row) => /broke off/.test(row[3])));
  await page.getByLabel("Network", { exact: true }).selectOption("efficientnet_lite0");
  await page.waitForFunction(() => document.querySelector("#layer").value === "head.relu6");
  await button("Empty the list").click();
  await button("Choose a folder…").click();
  await button("Start").click();
  await done();
  assert.equal((await rows()).filter((row) => /%/.test(row[3])).length, 2);
  tab.errors.length = 0; // the console tells of the crash
});

test("several files that are dropped are a folder, one is a picture", async () => {
  await emptied();
  await enter(page, "Explain");
  await page.evaluate(async () => {
    const bytes = await (await fetch("samples/rocket.jpg")).blob();
    const data = new DataTransfer();
    for (const name of ["a.jpg", "b.jpg"]) data.items.add(new File([bytes], name, { type: "image/jpeg" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await status("2 pictures are in the list.").waitFor();
  await page.getByLabel("Choose a file…").setInputFiles(join(SAMPLES, "coffee.png"));
  await page.getByRole("button", { name: /^espresso [\d.]+%/ }).waitFor();
  assert.ok(await folder().isHidden());
});

test("no request leaves while a folder is worked on, and memory does not grow with its pictures", async () => {
  const many = Array.from({ length: 120 }, (_, number) => [`${number}.jpg`, "cat_and_coffee.jpg"]);
  await picked(many);
  const before = tab.requests.length;
  await button("Start").click();
  const devtools = await page.context().newCDPSession(page);
  const used = async (count) => {
    await page.waitForFunction(
      (count) => Number(document.querySelector("#folder-progress").textContent.match(/^\d+/)) >= count,
      count,
    );
    await devtools.send("HeapProfiler.collectGarbage");
    return (await devtools.send("Runtime.getHeapUsage")).usedSize;
  };
  const early = await used(30);
  await done();
  const late = await used(120);
  const each = (late - early) / 90;
  // A row's small map and its numbers; pictures and maps are the browser's Blobs.
  assert.ok(each < 60_000, `${(early / 1e6).toFixed(1)} to ${(late / 1e6).toFixed(1)} MB`);
  assert.ok((await table().getByRole("row").count()) < 40, "rows out of sight do not exist");
  const sent = tab.requests.slice(before).filter((url) => !/^(blob|data):/.test(url));
  assert.deepEqual(sent, []);
  assert.deepEqual(tab.errors, []);
});
