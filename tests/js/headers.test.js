import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const read = (name) => readFile(new URL(`../../www/${name}`, import.meta.url), "utf8");
const sent = (await read("_headers")).match(/Content-Security-Policy: (.*)/)[1];

test("the page carries the policy that the server sends, so that it holds on any host", async () => {
  const [, carried] = (await read("index.html")).match(/http-equiv="Content-Security-Policy" content="([^"]*)"/);
  // Who may frame a page is the one thing that a page cannot say itself.
  assert.equal(`${carried}; frame-ancestors 'self'`, sent);
  assert.ok(!/https?:|\*|unsafe-inline/.test(sent), "the policy names a foreign origin or inline code");
});

test("the only inline script that the policy allows is the one of the page to copy from", async () => {
  const [, script] = (await read("embed.html")).match(/<script type="module">([\s\S]*?)<\/script>/);
  const checksum = createHash("sha256").update(script).digest("base64");
  assert.deepEqual(sent.match(/'sha256-[^']*'/g), [`'sha256-${checksum}'`]);
});
