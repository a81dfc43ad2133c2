/**
 * Downloads networks of the catalogue into models/: node tools/models.js NAME... | --all
 *
 * A file is made as NAME.onnx.part, continued where a connection was cut, and gets its own name only when its size and
 * checksum are those of the catalogue. SCORECAM_MIRROR names a folder on another server that holds the same files.
 */

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { readFile, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

const MODELS = fileURLToPath(new URL("../models/", import.meta.url));

/** How often a connection that was cut is taken up again. */
const ATTEMPTS = 5;

/** A failure that is told in a sentence; trying again at once would not help. */
class Refusal extends Error {}

/** The catalogue's entries that can be downloaded: those whose source is an ONNX file. */
export async function downloadable(folder = MODELS) {
  const { models } = JSON.parse(await readFile(join(MODELS, "catalog.json"), "utf8"));
  return models
    .filter(({ source }) => source.endsWith(".onnx"))
    .map((spec) => ({ ...spec, path: join(folder, spec.file) }));
}

/**
 * Makes sure that the file of a catalogue entry is there and whole.
 * @param {{ path: string, bytes: number, sha256: string, source: string }} spec
 * @param {{ mirror?: string, onProgress?: (bytes: number) => void }} options
 * @returns {Promise<"present" | "downloaded">}
 */
export async function fetchModel(spec, { mirror, onProgress } = {}) {
  if ((await size(spec.path)) === spec.bytes && (await sha256(spec.path)) === spec.sha256) return "present";
  const url = mirror ? `${mirror.replace(/\/$/, "")}/${basename(spec.source)}` : spec.source;
  const part = `${spec.path}.part`;
  for (let attempt = 1; (await size(part)) !== spec.bytes; attempt++) {
    try {
      await continueDownload(url, part, spec.bytes, onProgress);
    } catch (error) {
      if (error instanceof Refusal || attempt === ATTEMPTS) throw inWords(error, url);
    }
    if (attempt === ATTEMPTS && (await size(part)) !== spec.bytes) {
      throw new Refusal(
        `${url} was cut off ${ATTEMPTS} times; what came is kept. Run the same command again to go on.`,
      );
    }
  }
  const found = await sha256(part);
  if (found !== spec.sha256) {
    await rm(part);
    throw new Refusal(
      `${url} is not the file that the catalogue describes: its SHA-256 is ${found}, expected ${spec.sha256}. It was thrown away.`,
    );
  }
  await rename(part, spec.path);
  return "downloaded";
}

async function continueDownload(url, part, total, onProgress) {
  const start = await size(part);
  if (start > total) await rm(part);
  const from = start > total ? 0 : start;
  const response = await fetch(url, { headers: from ? { Range: `bytes=${from}-` } : {} });
  if (!response.ok) throw new Refusal(`${url} cannot be had: the server answered ${response.status}.`);
  // A server that knows no ranges sends the whole file.
  const resumed = response.status === 206;
  let done = resumed ? from : 0;
  const meter = new Transform({
    transform(chunk, _, next) {
      done += chunk.length;
      onProgress?.(done);
      next(
        done > total ? new Refusal(`${url} is larger than the ${total} bytes that the catalogue has for it.`) : null,
        chunk,
      );
    },
  });
  await pipeline(Readable.fromWeb(response.body), meter, createWriteStream(part, { flags: resumed ? "a" : "w" }));
}

const size = (path) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

async function sha256(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function inWords(error, url) {
  if (error instanceof Refusal) return error;
  if (error.code === "ENOSPC")
    return new Refusal("The disk is full; make room and run the same command again to go on.");
  return new Refusal(
    `${url} cannot be reached (${error.cause?.code ?? error.message}). Check the network, or name a mirror in SCORECAM_MIRROR.`,
  );
}

async function main(names) {
  const models = await downloadable();
  const known = models.map(({ name }) => name).join(", ");
  const wanted = names.includes("--all")
    ? models
    : names.map((name) => models.find((spec) => spec.name === name) ?? name);
  const unknown = wanted.filter((spec) => typeof spec === "string");
  if (!wanted.length || unknown.length) {
    throw new Refusal(
      `${unknown.length ? `Not to be downloaded: ${unknown.join(", ")}.` : "Which?"} There are: ${known}; or --all.`,
    );
  }
  for (const spec of wanted) {
    const show = (done) =>
      process.stderr.write(
        `\r${spec.name}: ${Math.floor((100 * done) / spec.bytes)} % of ${(spec.bytes / 1e6).toFixed(1)} MB`,
      );
    const result = await fetchModel(spec, { mirror: process.env.SCORECAM_MIRROR, onProgress: show });
    process.stderr.write(
      `\r${spec.name}: ${result === "present" ? "is already there" : "downloaded"}${" ".repeat(20)}\n`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(`\n${error instanceof Refusal ? error.message : error.stack}`);
    process.exit(1);
  });
}
