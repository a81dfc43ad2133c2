import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { downloadable, fetchModel } from "../../tools/models.js";

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251));
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

/** A server on localhost that answers as `answer(request, response, number of the request)` says, and an entry that points to it. */
async function serving(t, answer) {
  const ranges = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? null);
    answer(request, response, { number: ranges.length });
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const source = `http://localhost:${server.address().port}/nets/net.onnx`;
  const path = join(mkdtempSync(join(tmpdir(), "models-")), "net.onnx");
  return { ranges, source, spec: { path, bytes: CONTENT.length, sha256: SHA256, source } };
}

/** Sends the whole file, or the part that is asked for. */
function send(request, response, { content = CONTENT } = {}) {
  const start = Number(request.headers.range?.match(/\d+/)?.[0] ?? 0);
  response.writeHead(start ? 206 : 200, { "Content-Length": content.length - start }).end(content.subarray(start));
}

test("a file is downloaded with progress, and is there the next time", async (t) => {
  const { spec, ranges } = await serving(t, send);
  const seen = [];
  assert.equal(await fetchModel(spec, { onProgress: (bytes) => seen.push(bytes) }), "downloaded");
  assert.equal(seen.at(-1), CONTENT.length);
  assert.deepEqual(readFileSync(spec.path), CONTENT);
  assert.equal(await fetchModel(spec), "present");
  assert.deepEqual(ranges, [null]);
});

test("a connection that is cut is taken up where it broke off", async (t) => {
  const { spec, ranges } = await serving(t, (request, response, { number }) => {
    if (number > 1) return send(request, response);
    response.writeHead(200, { "Content-Length": CONTENT.length });
    response.write(CONTENT.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
  });
  assert.equal(await fetchModel(spec), "downloaded");
  assert.match(ranges[1], /^bytes=\d+-$/);
  assert.deepEqual(readFileSync(spec.path), CONTENT);
});

test("a server that knows no ranges is asked for the whole file", async (t) => {
  const { spec } = await serving(t, (_, response) => response.writeHead(200).end(CONTENT));
  writeFileSync(`${spec.path}.part`, "half of something else");
  assert.equal(await fetchModel(spec), "downloaded");
  assert.deepEqual(readFileSync(spec.path), CONTENT);
});

test("a file with another checksum is thrown away and never gets its name", async (t) => {
  const wrong = Buffer.from(CONTENT);
  wrong[1000] ^= 1;
  const { spec } = await serving(t, (request, response) => send(request, response, { content: wrong }));
  await assert.rejects(fetchModel(spec), /is not the file that the catalogue describes: its SHA-256 is/);
  assert.ok(!existsSync(spec.path) && !existsSync(`${spec.path}.part`));
});

test("a file that is not there is said to be not there", async (t) => {
  const { spec, ranges } = await serving(t, (_, response) => response.writeHead(404).end());
  await assert.rejects(fetchModel(spec), /cannot be had: the server answered 404\./);
  assert.equal(ranges.length, 1, "and not asked for again");
});

test("a file that is larger than the catalogue says is not taken", async (t) => {
  const { spec } = await serving(t, (_, response) => response.writeHead(200).end(Buffer.concat([CONTENT, CONTENT])));
  await assert.rejects(fetchModel(spec), /is larger than the 300000 bytes/);
  assert.ok(!existsSync(spec.path));
});

test("a server that cannot be reached is named with what to do", async (t) => {
  const { spec } = await serving(t, send);
  await assert.rejects(
    fetchModel({ ...spec, source: "http://localhost:1/net.onnx" }),
    /cannot be reached .*SCORECAM_MIRROR/,
  );
});

test("a full disk is said to be full", { skip: !existsSync("/dev/full") }, async (t) => {
  const { spec } = await serving(t, send);
  const { symlinkSync } = await import("node:fs");
  symlinkSync("/dev/full", `${spec.path}.part`);
  await assert.rejects(fetchModel(spec), /The disk is full/);
});

test("a mirror holds the same files by their names", async (t) => {
  const { spec, source } = await serving(t, (request, response) => {
    assert.equal(request.url, "/copy/net.onnx");
    send(request, response);
  });
  const mirror = `${new URL(source).origin}/copy/`;
  assert.equal(await fetchModel({ ...spec, source: "https://example.invalid/far/net.onnx" }, { mirror }), "downloaded");
});

test("what the catalogue offers for download has a size, a checksum and a file of its own", async () => {
  const models = await downloadable();
  for (const { name, bytes, sha256, source, path } of models) {
    assert.ok(bytes > 1e6 && /^[0-9a-f]{64}$/.test(sha256), name);
    assert.equal(new URL(source).protocol, "https:");
    assert.equal(path.endsWith(`/${source.split("/").pop()}`), true, name);
  }
  assert.equal(new Set(models.map(({ path }) => path)).size, models.length);
});
