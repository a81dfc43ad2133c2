import assert from "node:assert/strict";
import { test } from "node:test";
import { find } from "../../www/app/find_classes.js";

const LABELS = ["tench", "goldfish", "wild cat", "catamaran", "Cat", "bird 3"];

test("classes are found by number, whole name, beginning and part, in that order", () => {
  assert.deepEqual(find(LABELS, "cat"), [4, 3, 2]);
  assert.deepEqual(find(LABELS, "3"), [3, 5]);
  assert.deepEqual(find(LABELS, "fish"), [1]);
  assert.deepEqual(find(LABELS, "zebra"), []);
});

test("no more than a dozen are shown", () => {
  assert.equal(find(Array(100).fill("dog"), "dog").length, 12);
});
