import assert from "node:assert/strict";
import { test } from "node:test";
import { readLink, writeLink } from "../../www/app/share.js";

test("a link carries every setting there and back, and leaves out what is not set", () => {
  const settings = {
    network: "squeezenet",
    layer: "a/b c&d",
    recipe: "matlab",
    columnwise: false,
    class: 0,
    colours: "jet",
    opacity: 70,
  };
  const read = readLink(writeLink(settings));
  assert.deepEqual(read, Object.fromEntries(Object.entries(settings).map(([field, value]) => [field, String(value)])));
  assert.deepEqual(readLink(writeLink({ recipe: "paper", class: undefined })), { recipe: "paper" });
});

test("what a link does not know is not read", () => {
  assert.deepEqual(readLink("#picture=cat.png&layer=x"), { layer: "x" });
  assert.deepEqual(readLink(""), {});
});
