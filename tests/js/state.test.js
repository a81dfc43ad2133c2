import assert from "node:assert/strict";
import { test } from "node:test";
import { State } from "../../www/app/state.js";

const blob = (name) => new Blob([name]);
const cat = { blob: blob("cat"), name: "cat" };
const dog = { blob: blob("dog"), name: "dog" };
const lite0 = { name: "lite0" };
const resnet = { name: "resnet" };

const classified = { stage: "classified", done: 0, total: 10, preview: null };
const map = (done) => ({ stage: "score", done, total: 10, preview: new Float32Array(1) });
const resultOf = (target, { generation = 1, sha256 = "a" } = {}) => ({
  target,
  id: { generation, run: 0, network: { name: "n", sha256 } },
});
const viewOf = (result, model = lite0) => ({ result, model });

/** A page on which a picture was explained. */
function shown(source = cat, target = 281) {
  const state = new State();
  const run = state.begin(source);
  state.advance(run, classified);
  state.replace(source, lite0);
  state.advance(run, map(10));
  state.show(viewOf(resultOf(target)), lite0);
  state.end(run);
  return state;
}

test("another picture ends the explanation under way", () => {
  const state = new State();
  const first = state.begin(cat);
  const second = state.begin(dog);
  assert.ok(first.cancel.signal.aborted && !second.cancel.signal.aborted);
  state.end(first);
  assert.equal(state.run, second, "what is over late does not end what came after it");
  assert.equal(state.asked.name, "dog");
});

test("the earlier result stays until there is a map in its place", () => {
  const state = shown(cat);
  const run = state.begin(dog);
  const first = state.advance(run, classified);
  assert.deepEqual([first.replaced, first.isAnotherPicture], [null, true]);
  assert.equal(state.view.result.target, 281);
  assert.equal(state.advance(run, map(1)).replaced, classified);
  state.replace(dog, lite0);
  assert.equal(state.view, null);
  assert.equal(state.advance(run, map(2)).replaced, null);
});

test("where nothing is shown yet the picture is, as soon as it is classified", () => {
  const state = new State();
  assert.equal(state.advance(state.begin(cat), classified).replaced, classified);
});

test("a chosen class is asked about again for the same picture and network, and for no other", () => {
  const state = shown(cat, 504);
  assert.equal(state.takeTarget(cat, lite0), 504);
  assert.equal(state.takeTarget(dog, lite0), undefined);
  assert.equal(state.takeTarget(cat, resnet), undefined);
  state.forgetTargets();
  assert.equal(state.takeTarget(cat, lite0), undefined);
});

test("what a link asks for is for the next picture alone", () => {
  const state = new State();
  state.wish(7);
  assert.equal(state.target, 7);
  assert.equal(state.takeTarget(cat, lite0), 7);
  assert.equal(state.takeTarget(dog, lite0), undefined);
});

test("a cancel before the first map gives up, one after it keeps what there is", () => {
  const state = new State();
  const early = state.begin(cat);
  state.advance(early, classified);
  state.cancel();
  assert.ok(early.cancel.signal.aborted && !early.enough.signal.aborted && !early.stopped);
  const late = state.begin(cat);
  state.advance(late, classified);
  state.advance(late, map(3));
  state.cancel();
  assert.ok(!late.cancel.signal.aborted && late.enough.signal.aborted && late.stopped);
});

test("a picture that goes on after a stop counts from where it was", () => {
  const state = new State();
  const run = state.begin(cat);
  state.advance(run, { ...classified, done: 4 });
  state.cancel();
  assert.ok(run.cancel.signal.aborted, "nothing came since: it is given up");
});

test("after a failure the picture before it is asked for again", () => {
  const state = shown(cat);
  state.begin(dog);
  state.fail();
  assert.equal(state.asked.name, "cat");
});

test("a result belongs to the network that it was made with, whichever is loaded later", () => {
  const state = shown(cat);
  assert.equal(state.networkOf(resultOf(1), resnet), lite0);
  assert.equal(state.networkOf(resultOf(1, { sha256: "b" }), resnet), resnet);
  assert.equal(state.networkOf(resultOf(1, { generation: 2 }), resnet), resnet);
});

test("of results that are asked for at the same time the last one counts", () => {
  const state = new State();
  const [first, second] = [resultOf(1), resultOf(2)];
  state.await(first);
  state.await(second);
  assert.ok(!state.isAwaited(first) && state.isAwaited(second));
});
