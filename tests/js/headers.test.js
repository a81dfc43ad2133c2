import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const read = (name) => readFile(new URL(`../../www/${name}`, import.meta.url), "utf8");

test("the page carries the policy that the server sends, so that it holds on any host", async () => {
  const [, sent] = (await read("_headers")).match(/Content-Security-Policy: (.*)/);
  const [, carried] = (await read("index.html")).match(/http-equiv="Content-Security-Policy" content="([^"]*)"/);
  assert.equal(carried, sent);
  assert.ok(!/https?:|\*|unsafe-inline/.test(sent), "the policy names a foreign origin or inline code");
});
