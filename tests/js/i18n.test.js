import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import en from "../../www/i18n/en.js";
import errorsJa from "../../www/i18n/errors.ja.js";
import ja from "../../www/i18n/ja.js";
import sentences from "../../www/lib/sentences.js";

const root = new URL("../../", import.meta.url);
const www = new URL("www/", root);
const placeholders = (sentence) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("both languages have the same sentences with the same places to fill in", () => {
  assert.deepEqual(Object.keys(ja).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) assert.deepEqual(placeholders(ja[key]), placeholders(en[key]), key);
});

test("every sentence that the page asks for exists, and every sentence is asked for", async () => {
  const files = (await readdir(new URL("app/", www), { recursive: true }))
    .filter((name) => name.endsWith(".js"))
    .map((name) => `app/${name}`);
  const sources = await Promise.all(["index.html", ...files].map((name) => readFile(new URL(name, www), "utf8")));
  const text = sources.join("\n");
  const asked = new Set(
    [...text.matchAll(/data-i18n(?:-label)?="([\w-]+)"|\bt\("([\w-]+)"|(?:note|offers\.add)\("(\w+)"/g)].map((match) =>
      match.slice(1).find(Boolean),
    ),
  );
  for (const key of asked) assert.ok(key in en, `no sentence for ${key}`);
  // Keys that are made of parts, or named in a list.
  const composed =
    /^(sample|reason|recipe|recipeName|counts|clue|output|preset|warning|step|place|doubt|score|channel|channelDetail|method|option|fades|factChannelsValue|provenanceHint|provenanceShare|provenanceNone|build|colours|offline|number|film-line|how-masked|how-asked|how-summed|folderShow|folderOrder|folderState|folderMeasure)-|^(fact\w+|scoringSoon|scoring|finished|stopped|stoppedOpen|shared\w*|link\w+|pause|play|reload)$/;
  for (const key of Object.keys(en)) assert.ok(asked.has(key) || composed.test(key), `${key} is never used`);
});

test("every error of the core and of the module has Japanese sentences with the same places to fill in", async () => {
  const core = JSON.parse(await readFile(new URL("src/error/sentences.json", root), "utf8"));
  const english = {
    ...Object.fromEntries(Object.entries(sentences).map(([code, [, message, hint]]) => [code, [message, hint]])),
    ...Object.fromEntries(Object.entries(core).map(([code, { message, hint }]) => [code, [message, hint]])),
  };
  assert.deepEqual(Object.keys(errorsJa).sort(), Object.keys(english).sort());
  for (const [code, [message, hint]] of Object.entries(english)) {
    const [translated, advice] = errorsJa[code];
    assert.deepEqual(
      [...new Set(placeholders(translated + advice))],
      [...new Set(placeholders(message + hint))],
      `${code}: ${message} ${hint}`,
    );
    assert.equal(advice === "", hint === "", code);
  }
});

test("every code that the module fails with has a sentence, and every sentence is used", async () => {
  const names = (await readdir(new URL("lib/", www))).filter((name) => name.endsWith(".js") && name !== "sentences.js");
  const text = (await Promise.all(names.map((name) => readFile(new URL(`lib/${name}`, www), "utf8")))).join("\n");
  const used = new Set([...text.matchAll(/failure\(\s*"([\w-]+)"/g)].map(([, code]) => code));
  assert.deepEqual([...used].sort(), Object.keys(sentences).sort());
});

test("every class of ImageNet has a Japanese name of its own, beside the English one of the labels' file", async () => {
  const { default: classes } = await import("../../www/i18n/classes.ja.js");
  const labels = JSON.parse(await readFile(new URL("models/imagenet_labels.json", root), "utf8"));
  assert.deepEqual(
    classes.map(([english]) => english),
    labels,
  );
  assert.equal(new Set(classes.map(([, japanese]) => japanese)).size, labels.length);
});
