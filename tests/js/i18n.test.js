import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import en from "../../www/i18n/en.js";
import errorsJa from "../../www/i18n/errors.ja.js";
import ja from "../../www/i18n/ja.js";

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
    [...text.matchAll(/data-i18n="(\w+)"|\bt\("([\w-]+)"|note\("(\w+)"/g)].map((match) => match.slice(1).find(Boolean)),
  );
  for (const key of asked) assert.ok(key in en, `no sentence for ${key}`);
  // Keys that are made of parts, or named in a list.
  const composed =
    /^(sample|reason|recipe|recipeName|counts|clue|output|preset|warning|step|place|doubt|score|channel|channelDetail)-|^(fact\w+|scoringSoon|scoring|finished|stopped|shared\w*|link\w+|fadesTo\w+|pause|play)$/;
  for (const key of Object.keys(en)) assert.ok(asked.has(key) || composed.test(key), `${key} is never used`);
});

test("what is translated of the core's sentences are sentences that it still says", async () => {
  const read = async (folder, ending) => {
    const names = (await readdir(new URL(folder, root), { recursive: true })).filter((name) => name.endsWith(ending));
    return Promise.all(names.map((name) => readFile(new URL(`${folder}${name}`, root), "utf8")));
  };
  const sources = [...(await read("src/", ".rs")), ...(await read("www/", ".js"))].filter(
    (text) => !text.startsWith("/**\n * What the core"),
  );
  // As they are said: without escapes, and without the breaks of long lines.
  const said = sources
    .join("\n")
    .replaceAll('\\"', '"')
    .replace(/\\\n\s*/g, "");
  const escape = (text) => text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  for (const [english, japanese] of errorsJa) {
    const pattern = english
      .split(/\{\d\}/)
      .map(escape)
      .join("\\$?\\{[^}]*\\}");
    assert.match(said, new RegExp(pattern), english);
    assert.deepEqual(
      [...new Set(japanese.match(/\{\d\}/g))].filter((place) => !english.includes(place)),
      [],
      english,
    );
  }
});
