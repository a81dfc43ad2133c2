import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import en from "../../www/i18n/en.js";
import ja from "../../www/i18n/ja.js";

const www = new URL("../../www/", import.meta.url);
const placeholders = (sentence) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("both languages have the same sentences with the same places to fill in", () => {
  assert.deepEqual(Object.keys(ja).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) assert.deepEqual(placeholders(ja[key]), placeholders(en[key]), key);
});

test("every sentence that the page asks for exists, and every sentence is asked for", async () => {
  const files = (await readdir(new URL("app/", www))).map((name) => `app/${name}`);
  const sources = await Promise.all(["index.html", ...files].map((name) => readFile(new URL(name, www), "utf8")));
  const text = sources.join("\n");
  const asked = new Set([...text.matchAll(/data-i18n="(\w+)"|\bt\("([\w-]+)"|note\("(\w+)"/g)].map((match) => match.slice(1).find(Boolean)));
  for (const key of asked) assert.ok(key in en, `no sentence for ${key}`);
  // Keys that are made of parts, or named in a list.
  const composed = /^(sample|reason|recipe|clue|output|preset|warning)-|^(fact\w+|scoringSoon|scoring|channelDetail\w*)$/;
  for (const key of Object.keys(en)) assert.ok(asked.has(key) || composed.test(key), `${key} is never used`);
});
