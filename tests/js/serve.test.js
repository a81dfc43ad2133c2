import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { serve } from "../../tools/serve.js";

const made = new URL("../../www/made-by-a-test.css", import.meta.url);

test("with --watch www/ lies over dist/ and an open page is told to reload", { timeout: 20_000 }, async () => {
  const { address, close } = await serve({ watched: true });
  const abort = new AbortController();
  try {
    const page = await (await fetch(address)).text();
    assert.match(page, /<script type="module" src="\/_reload\.js"><\/script><\/html>/);
    assert.match(await (await fetch(`${address}_reload.js`)).text(), /EventSource\("\/_changes"\)/);
    assert.equal((await fetch(`${address}style.css`)).headers.get("content-type"), "text/css");

    const changes = await fetch(`${address}_changes`, { signal: abort.signal });
    const told = changes.body.getReader().read();
    await writeFile(made, "");
    assert.match(new TextDecoder().decode((await told).value), /^data: /);
  } finally {
    abort.abort();
    await rm(made, { force: true });
    close();
  }
});
