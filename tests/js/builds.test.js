import assert from "node:assert/strict";
import binaryen from "binaryen";
import { test } from "node:test";
import { BUILDS, MEMORY, PROBES, buildFor } from "../../www/lib/builds.js";

/** What each probe is, in words. */
const TEXTS = {
  simd: "(module (func (result v128) (i8x16.popcnt (i8x16.splat (i32.const 0)))))",
  threads: "(module (memory 1 1 shared) (func (result i32) (memory.atomic.notify (i32.const 0) (i32.const 0))))",
  relaxedSimd:
    "(module (func (param v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0))))",
};

test("the probes are modules of the instructions that the builds use", () => {
  assert.deepEqual(Object.keys(PROBES), Object.keys(TEXTS));
  for (const [name, text] of Object.entries(TEXTS)) {
    const module = binaryen.parseText(text);
    module.setFeatures(binaryen.Features.All);
    assert.equal(Buffer.from(module.emitBinary()).toString("base64"), PROBES[name], name);
  }
});

test("a browser gets the best build that it can run, or none", () => {
  const all = { simd: true, threads: true, relaxedSimd: true };
  assert.equal(buildFor(all).name, "relaxed");
  assert.equal(buildFor({ ...all, relaxedSimd: false }).name, "simd");
  assert.equal(buildFor(all, ["simd"]).name, "simd", "of those that are there");
  assert.equal(buildFor({ ...all, threads: false }), undefined);
  assert.equal(buildFor({ ...all, simd: false }), undefined);
});

test("every build needs what is probed, and no memory is smaller than the one that it begins with", () => {
  for (const { needs } of BUILDS) assert.ok(needs.every((need) => need in PROBES));
  assert.ok(MEMORY.maximum.every((pages) => pages > MEMORY.initial) && MEMORY.initial > MEMORY.linked);
});
