import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openModule } from "./module.js";

let tab, page;
before(async () => {
  tab = await openModule({
    networks: { small: "target/breaking/small.onnx" },
    pictures: { cat: "www/samples/chelsea.png" },
  });
  ({ page } = tab);
  await page.evaluate(async () => {
    await globalThis.cam.loadModel({ bytes: globalThis.networks.small, name: "small" });
    globalThis.result = await globalThis.cam.explain(globalThis.pictures.cat);
  });
});
after(() => tab?.close());

/** What is called, and the sentence that it must be answered with. */
const WRONG = [
  ["cam.checkKernels(-1)", /^The number of kernels to check is -1\./],
  ["cam.checkKernels(1e9)", /^The number of kernels to check is 1000000000\./],
  ["ScoreCam.create({ threads: 200 })", /^threads is 200\. Give a whole number from 1 to 64\./],
  ["ScoreCam.create({ threads: NaN })", /^threads is NaN\./],
  ['ScoreCam.create({ threads: "many" })', /^threads is "many"\./],
  ["ScoreCam.create({ threads: 1.5 })", /^threads is 1\.5\./],
  ["ScoreCam.create({ threads: 0 })", /^threads is 0\./],
  ["ScoreCam.create({ threads: -1 })", /^threads is -1\./],
  ["ScoreCam.create(null)", /^The options is null\./],
  ['ScoreCam.create({ baseUrl: "http://[" })', /^baseUrl is "http:\/\/\["\./],
  ['ScoreCam.create({ build: "fast" })', /^build is "fast"\. Give "relaxed" or "simd"\./],
  ["ScoreCam.create({ prefetch: 5 })", /^prefetch is 5\. Give the name of a network/],
  [
    'ScoreCam.create({ baseUrl: "./nowhere/" }).then((cam) => cam.loadModel({ catalog: "efficientnet_lite0" }))',
    /could not be fetched: the server answered 404\./,
  ],
  ['cam.classesNamed("cat")', /^names is "cat"\. Give an array of texts\./],
  ["cam.classesNamed([1])", /^names is /],
  ["result.record({ measured: 5 })", /^measured is 5\. Give what Result\.measure answered\./],
  ["result.record({ picture: 5 })", /picture/],
  ["result.maskedPicture(NaN)", /^The channel is NaN\. Give the number of a channel, from 0 to 3\./],
  ['result.maskedPicture("a")', /^The channel is "a"\./],
  ["result.maskedPicture(undefined)", /^The channel is undefined\./],
  ["result.maskedPicture(-1)", /^The channel is -1\./],
  ["result.maskedPicture(4)", /^The channel is 4\./],
  ["result.scaledMap(0.5)", /^The channel is 0\.5\./],
  ["result.thumbnails(0, 0)", /^The side of a thumbnail is 0\./],
  ["result.partialSum(-1)", /^The number of channels to sum is -1\./],
  ["result.provenance(NaN, 0)", /^The row is NaN\. Give a whole number from 0 to 7\./],
  ["result.provenance(0, 8)", /^The column is 8\./],
  ["result.forClass(-1)", /^The class is -1\./],
  ["result.forClass(5)", /^There is no class 5: the network has 5/],
  ["result.forRecipe(7)", /^recipe is 7\./],
  ["result.compare({})", /is not a result\./],
  ["cam.explain(pictures.cat, { until: 2 })", /^until is 2\. Give a number from 0 to 1\./],
  ['result.continue({ until: "soon" })', /^until is "soon"\./],
  ["result.overlayPng({ opacity: 2 })", /^opacity is 2\./],
  ["result.overlayPng({ colourMap: 1 })", /^colourMap is 1\./],
  ["cam.loadModel({})", /^Neither a network of the catalogue nor a file was named\. Give \{ catalog/],
  ["cam.loadModel()", /^The network is undefined\. Give \{ catalog/],
  ["cam.loadModel({ bytes: 5 })", /^bytes is 5\./],
  ["cam.loadModel({ catalog: 5 })", /^catalog is 5\./],
  ["cam.loadModel({ bytes: new ArrayBuffer(1), labels: [1] })", /^labels is an object \(Array\)\./],
  ["cam.explain(cat, { signal: {} })", /^signal is an object \(Object\)\./],
  ["cam.explain(cat, { onProgress: 1 })", /^onProgress is 1\./],
  ["cam.explain(cat, { target: -1 })", /^target is -1\./],
  ['cam.explain(cat, { target: "cat" })', /^target is "cat"\. Give null or the index of a class/],
  ["cam.explain(cat, { target: {} })", /^target is an object \(Object\)\./],
  [
    "cam.explain(cat, { target: { group: [] } })",
    /^target\.group is an object \(Array\)\. Give an array of one or more/,
  ],
  ["cam.explain(cat, { target: { difference: [1] } })", /^target\.difference is .* Give an array of 2 indices/],
  ["cam.explain(cat, { target: { difference: [1, 1] } })", /^Class 1 cannot be set against itself\./],
  ["cam.explain(cat, { target: { finer: -1 } })", /^A class of target\.finer is -1\./],
  ["cam.explain(cat, { target: { group: [0, 99] } })", /^There is no class 99: the network has 5/],
  ['cam.explain(cat, { method: "magic" })', /^method is "magic"\. Give one of "score-cam", "cam", "grad-cam", /],
  ["cam.explain(cat, { window: 4 })", /^There is no option "window"\. There are: layer, target, .*recipe/],
  ['cam.explain(cat, { method: "occlusion", recipe: "paper" })', /^There is no option "recipe"\./],
  ['cam.explain(cat, { method: "occlusion", window: 0 })', /^window is 0\. Give a whole number from 1 to 4096\./],
  ['cam.explain(cat, { method: "occlusion", fill: "pink" })', /^fill is "pink"\. Give one of "mean", "black"\./],
  ['cam.explain(cat, { method: "occlusion", window: 2, stride: 3 })', /^stride is 3; at most the window's 2 pixels/],
  ["cam.explain(cat, { layer: 3 })", /^layer is 3\./],
  ['cam.explain(cat, "authors")', /^The options is "authors"\./],
  ["cam.explain()", /^The picture is undefined\. Give a File, Blob,/],
  ["cam.explain(null)", /^The picture is null\./],
  ["cam.explain({})", /^The picture is an object \(Object\)\./],
  ['cam.explain("cat.png")', /^The picture is a string\./],
  ["cam.explain(new Image())", /^The <img> shows no picture\./],
  ["cam.explain(new OffscreenCanvas(0, 0))", /^The picture is 0 by 0 pixels\./],
];

for (const [call, says] of WRONG) {
  test(`${call} is answered with a sentence`, async () => {
    // As text, so that the case reads as it is written; the browser's tools are not bound by the page's policy.
    const error = await page.evaluate(`(async () => {
      const { cam, result, failure, pictures: { cat } } = globalThis;
      const { ScoreCam } = await import("/scorecam.js");
      return failure(${call});
    })()`);
    assert.equal(error?.name, "ScoreCamError", JSON.stringify(error));
    assert.match(`${error.message} ${error.hint}`, says);
    assert.doesNotMatch(error.message + error.hint, /usize|u32|4294967295|Reload the page/);
  });
}

test("a callback that throws ends its call with what it threw, and the next one works", async () => {
  const seen = await page.evaluate(async () => {
    const { cam, pictures, failure } = globalThis;
    const thrown = await failure(
      cam.explain(pictures.cat, {
        onProgress: () => {
          throw new RangeError("mine");
        },
      }),
    );
    return { thrown, after: await failure(cam.explain(pictures.cat)) };
  });
  assert.deepEqual([seen.thrown.name, seen.thrown.message, seen.after], ["RangeError", "mine", null]);
});

test("a folder that is given relative to the page is found", async () => {
  const version = await page.evaluate(async () => {
    const { ScoreCam } = await import("/scorecam.js");
    const cam = await ScoreCam.create({ baseUrl: "./", threads: 1 });
    await cam.dispose();
    return cam.version;
  });
  assert.match(version, /^\d+\.\d+\.\d+$/);
});

test("a picture comes in whatever a page has it in, with the same answer", async () => {
  const answers = await page.evaluate(async () => {
    const {
      cam,
      pictures: { cat },
    } = globalThis;
    const blob = new Blob([cat], { type: "image/png" });
    const bitmap = await createImageBitmap(blob);
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    const offscreen = new OffscreenCanvas(bitmap.width, bitmap.height);
    offscreen.getContext("2d").drawImage(bitmap, 0, 0);
    const image = new Image();
    image.src = "/samples/chelsea.png";
    await image.decode();
    const ways = {
      ArrayBuffer: cat,
      Uint8Array: new Uint8Array(cat),
      Blob: blob,
      File: new File([cat], "cat.png"),
      Response: await fetch("/samples/chelsea.png"),
      ImageBitmap: bitmap,
      canvas,
      OffscreenCanvas: offscreen,
      ImageData: canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height),
      img: image,
    };
    const answers = {};
    for (const [way, picture] of Object.entries(ways)) answers[way] = (await cam.explain(picture)).heatmap.join();
    return answers;
  });
  for (const [way, heatmap] of Object.entries(answers)) assert.equal(heatmap, answers.ArrayBuffer, way);
});
