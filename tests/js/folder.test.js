import assert from "node:assert/strict";
import { test } from "node:test";
import { meanOf } from "../../www/app/batch/mean.js";
import { confusion, folderOf, isCorrect, namesOf, ordered, withPictures } from "../../www/app/batch/rows.js";

const given = (...ids) => ids.map((id) => ({ id, file: new File([], id) }));

/** Rows that are done: [id, class, probability, expected class, measured]. */
const done = (...rows) =>
  rows.map(([id, found, probability, expectedClass = null, measured = {}]) => ({
    ...withPictures([], given(id))[0],
    state: "explained",
    record: { class: found, probability, measures: measured },
    expectedClass,
  }));

test("a picture is in the list once, and those that are there stay as they are", () => {
  const before = withPictures([], given("a/1.png", "a/2.png"));
  before[0].state = "explained";
  const after = withPictures(before, given("a/2.png", "b/1.png", "b/1.png"));
  assert.deepEqual(
    after.map(({ id, state }) => [id, state]),
    [
      ["a/1.png", "explained"],
      ["a/2.png", "waiting"],
      ["b/1.png", "waiting"],
    ],
  );
});

test("the folder that says what a picture shows is the innermost one", () => {
  assert.equal(folderOf("photos/cats/1.png"), "cats");
  assert.equal(folderOf("1.png"), null);
});

test("a table names pictures with or without their folders, with or without a head, and never two by one name", () => {
  const rows = withPictures([], given("p/cats/1.png", "p/dogs/1.png", "p/2.png", "p/3.png"));
  const named = (table) => Object.fromEntries(namesOf(table, rows));
  assert.deepEqual(
    named([
      ["note", "Expected", "Image"],
      ["x", "cat", "cats/1.png"],
      ["", "dog", "p/dogs/1.png"],
    ]),
    {
      "p/cats/1.png": "cat",
      "p/dogs/1.png": "dog",
    },
  );
  assert.deepEqual(
    named([
      ["1.png", "cat"],
      ["2.png", " tench "],
      ["3.png", ""],
    ]),
    { "p/2.png": "tench" },
  );
  assert.deepEqual(named([]), {});
});

test("what is taken for what is told by its number, and pictures of which nothing is expected do not count", () => {
  const rows = done(["a", 1, 0.9, 1], ["b", 2, 0.8, 1], ["c", 2, 0.7, 1], ["d", 1, 0.6, 2], ["e", 1, 0.5]);
  const [waiting] = withPictures([], given("f"));
  assert.deepEqual(confusion([...rows, waiting]), {
    judged: 4,
    correct: 1,
    mistakes: [
      { expected: 1, found: 2, count: 2 },
      { expected: 2, found: 1, count: 1 },
    ],
  });
  assert.deepEqual(rows.map(isCorrect), [true, false, false, false, null]);
});

test("the worst mistake is the surest one; rows of which an order says nothing come last", () => {
  const rows = done(["a", 1, 0.9, 1, { drop: 0.5 }], ["b", 2, 0.6, 1, { drop: null }], ["c", 2, 0.7, 1, { drop: 0.1 }]);
  const all = [...withPictures([], given("z")), ...rows];
  const ids = (order, wanted = () => true) =>
    ordered(all, order, wanted)
      .map(({ id }) => id)
      .join("");
  assert.equal(ids("given"), "zabc");
  assert.equal(ids("mistakes"), "cbza");
  assert.equal(ids("unsure"), "bcaz");
  assert.equal(ids("+drop"), "aczb");
  assert.equal(ids("-drop"), "cazb");
  assert.equal(
    ids("given", (row) => isCorrect(row) === false),
    "bc",
  );
});

test("a mean is a mean", () => {
  const mean = meanOf(2);
  [
    [1, 2],
    [3, 4],
    [5, 9],
  ].forEach(mean.add);
  assert.deepEqual([...mean.value(), mean.count()], [3, 5, 3]);
});
