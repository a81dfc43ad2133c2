/** Where a network's file and its class names come from: the catalogue, or the visitor. */

import { download, sha256 } from "./download.js";
import { failure } from "./errors.js";

/** @import { ModelSpec, Warning } from "../scorecam.js" */
/** @import { OwnSource, Source } from "./calls.js" */

/**
 * @typedef {{ core: typeof import("./core.js"), baseUrl: string }} Site
 * @typedef {{ signal: AbortSignal, onProgress: (progress: { stage: "download", done: number, total: number }) => void }} Control
 */

/** @param {Blob} blob */
export const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());

/**
 * The file of a network, and what is known of it: { file, spec, names, checksum }.
 * @param {Source} source  @param {Site} site  @param {Control} control
 */
export function fetchNetwork(source, site, control) {
  return source.catalog === undefined ? ownModel(source, site) : catalogModel(source.catalog, site, control);
}

/** @param {string} name  @param {Site} site  @param {Control} control */
async function catalogModel(name, { core, baseUrl }, { signal, onProgress }) {
  const spec = core.catalog().find((entry) => entry.name === name);
  if (!spec) {
    const known = core.catalog().map((entry) => entry.name);
    throw failure("not-in-catalogue", { name, names: known.join(", ") });
  }
  /** @param {string} file */
  const at = (file) => new URL(`models/${file}`, baseUrl);
  /** @param {number} done */
  const progress = (done) => onProgress({ stage: "download", done, total: spec.bytes });
  const names = await download(at(spec.labels), { signal });
  const file = await download(at(spec.file), { signal, onProgress: progress, sha256: spec.sha256, size: spec.bytes });
  return { file, spec, names: core.labels(names), checksum: spec.sha256 };
}

/**
 * A file of the visitor's. Its labels are an array or a labels file.
 * @param {OwnSource} source  @param {Site} site
 */
async function ownModel({ file, name, spec = {}, labels }, { core }) {
  const names = labels instanceof Blob ? core.labels(await bytesOf(labels)) : labels;
  const bytes = await bytesOf(file);
  return { file: bytes, spec: name ? { name, title: name, ...spec } : spec, names, checksum: await sha256(bytes) };
}

/**
 * Networks of 1,000 classes are taken for ImageNet's, those of 1,001 too: TensorFlow's count the background as the first.
 * @param {string[] | undefined} names  @param {number} classes  @param {Site} site
 * @returns {Promise<{ labels: string[], warnings: Warning[] }>}
 */
export async function nameClasses(names, classes, { core, baseUrl }) {
  if (names?.length === classes) return { labels: names, warnings: [] };
  if (names)
    return { labels: names.slice(0, classes), warnings: [{ kind: "labels-differ", names: names.length, classes }] };
  if (classes !== 1000 && classes !== 1001) return { labels: [], warnings: [] };
  const imagenet = core.labels(await download(new URL(`models/${core.catalog()[0].labels}`, baseUrl)));
  return {
    labels: classes === 1001 ? ["background", ...imagenet] : imagenet,
    warnings: [{ kind: "labels-assumed", classes }],
  };
}
