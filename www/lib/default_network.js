/**
 * EfficientNet-Lite0 as a file beside this module, for pages whose bundler has to find it:
 *
 *   await cam.loadModel(await efficientNetLite0());
 */

import { models } from "../../models/catalog.json";
import labels from "../../models/imagenet_labels.json";
import { download } from "./download.js";

const FILE = new URL("./efficientnet_lite0.onnx", import.meta.url);

/**
 * Fetches the network, and makes sure that it is the one that is meant.
 * @param {{ signal?: AbortSignal, onProgress?: (progress: { done: number, total: number }) => void }} [options]
 * @returns {Promise<import("../scorecam.js").OwnModel>}
 */
export async function efficientNetLite0({ signal, onProgress } = {}) {
  const [{ sha256, bytes: total, ...spec }] = /** @type {any} */ (models);
  /** @param {number} done */
  const say = (done) => onProgress?.({ done, total });
  const bytes = await download(FILE, { signal, onProgress: say, sha256, size: total });
  return { bytes, name: spec.name, spec, labels };
}
