/** EfficientNet-Lite0, as a file beside the module: `await cam.loadModel(await efficientNetLite0())`. */

import type { OwnModel } from "./scorecam.js";

/**
 * Fetches the network (9.3 MB) and checks it. Bundlers find its file.
 * @throws ScoreCamError of kind "network" if it cannot be fetched or is another.
 */
export function efficientNetLite0(options?: {
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number }) => void;
}): Promise<OwnModel>;
