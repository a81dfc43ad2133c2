/** Where a network's file and its class names come from: the catalogue, or the visitor. */

import { sha256 } from "./download.js";
import { failure } from "./errors.js";
import { bytesOf } from "./sendable.js";
import { checkMemory } from "./site.js";

/** @import { ModelSpec, Warning } from "../scorecam.js" */
/** @import { OwnSource, Source } from "./calls.js" */

/**
 * @typedef {object} Where
 * @property {typeof import("./core.js")} core
 * @property {import("./site.js").Site} site
 * @property {number} most  bytes that the memory can grow to
 * @property {ModelSpec[]} catalog
 * @typedef {{ signal: AbortSignal, onProgress: (progress: { stage: "download", done: number, total: number }) => void }} Control
 */

/**
 * The file of a network, and what is known of it: { file, spec, names, checksum }.
 * @param {Source} source  @param {Where} where  @param {Control} control
 */
export function fetchNetwork(source, where, control) {
  return source.catalog === undefined ? ownModel(source, where) : catalogModel(source.catalog, where, control);
}

/** @param {string} name  @param {Where} where  @param {Control} control */
async function catalogModel(name, { core, site, most, catalog }, { signal, onProgress }) {
  const spec = catalog.find((entry) => entry.name === name);
  if (!spec) {
    const known = catalog.map((entry) => entry.name);
    throw failure("not-in-catalogue", { name, names: known.join(", ") });
  }
  checkMemory(spec, most);
  /** @param {number} done */
  const progress = (done) => onProgress({ stage: "download", done, total: spec.bytes });
  const wanted = { signal, onProgress: progress, sha256: spec.sha256, size: spec.bytes };
  const [names, file] = await Promise.all([site.file(spec.labels, { signal }), site.file(spec.file, wanted)]);
  return { file, spec, names: core.labels(names), checksum: spec.sha256 };
}

/**
 * A file of the visitor's. Its labels are an array or a labels file.
 * @param {OwnSource} source  @param {Where} where
 */
async function ownModel({ file, name, spec = {}, labels }, { core }) {
  const names = labels && !Array.isArray(labels) ? core.labels(await bytesOf(labels)) : labels;
  const bytes = await bytesOf(file);
  return { file: bytes, spec: name ? { name, title: name, ...spec } : spec, names, checksum: await sha256(bytes) };
}

/**
 * Networks of 1,000 classes are taken for ImageNet's, those of 1,001 too: TensorFlow's count the background as the first.
 * @param {string[] | undefined} names  @param {number} classes  @param {Where} where
 * @returns {Promise<{ labels: string[], warnings: Warning[] }>}
 */
export async function nameClasses(names, classes, { core, site, catalog }) {
  if (names?.length === classes) return { labels: names, warnings: [] };
  if (names)
    return { labels: names.slice(0, classes), warnings: [{ kind: "labels-differ", names: names.length, classes }] };
  if (classes !== 1000 && classes !== 1001) return { labels: [], warnings: [] };
  const imagenet = core.labels(await site.file(catalog[0].labels));
  return {
    labels: classes === 1001 ? ["background", ...imagenet] : imagenet,
    warnings: [{ kind: "labels-assumed", classes }],
  };
}
