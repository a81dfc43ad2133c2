/** What runs in the page of the benchmark: scorecam and onnxruntime-web by turns. bench.js calls it. */

import { ScoreCam } from "/scorecam.js";

let cam, picture;
/** By build; `cam` is the one that the browser takes. */
const cams = {};

/** Loads a network into ours; `entry` is that of the catalogue. */
export async function load({ model, entry, threads, build }) {
  cams[build] ??= await ScoreCam.create({ threads, build });
  cam = cams[undefined];
  picture ??= await (await fetch("/samples/chelsea.png")).blob();
  const started = performance.now();
  const loaded = await cams[build].loadModel({
    bytes: await (await fetch(model)).blob(),
    name: entry.name,
    spec: { ...entry, labels: "" },
  });
  const side = loaded.input.width;
  return { side, loadMs: performance.now() - started, multiplyAdds: loaded.multiplyAdds, threads: cam.threads };
}

/** Milliseconds a masked pass, over about `passes` of them, with all that belongs to it: masks, scores, the map so far. */
export async function timeOurs({ passes, layer, build }) {
  const abort = new AbortController();
  let first, last;
  const onProgress = ({ stage, done }) => {
    if (stage !== "score") return;
    last = { done, at: performance.now() };
    first ??= last;
    if (done - first.done >= passes) abort.abort();
  };
  await cams[build].explain(picture, { layer, signal: abort.signal, onProgress }).catch((error) => {
    if (!abort.signal.aborted) throw error;
  });
  return (last.at - first.at) / (last.done - first.done);
}

/** What each step of a pass takes on one thread. */
export async function steps() {
  return cam.measureSteps();
}

/** Gives back what a build holds. */
export async function end({ build }) {
  await cams[build].dispose();
  delete cams[build];
}

/** A whole explanation: milliseconds to the first map and to the last, and how soon the map resembles the last. */
export async function explain({ url, layer }) {
  const blob = await (await fetch(url)).blob();
  const started = performance.now();
  const previews = [];
  let firstMs;
  const onProgress = ({ done, total, preview }) => {
    if (!preview) return;
    firstMs ??= performance.now() - started;
    if (!previews.length && done >= total / 10) previews.push({ share: done / total, map: preview });
  };
  const result = await cam.explain(blob, { layer, onProgress });
  const totalMs = performance.now() - started;
  const [tenth] = previews;
  return {
    firstMs,
    totalMs,
    channels: result.diagnostics.scoredChannels,
    memoryBytes: result.memoryBytes,
    tenth: tenth && { share: tenth.share, spearman: spearman(tenth.map, result.heatmap) },
  };
}

const peer = { id: 0 };

export function callPeer(call, argument) {
  peer.worker ??= new Worker("/bench/peer_worker.js", { type: "module" });
  return new Promise((resolve, reject) => {
    const id = peer.id++;
    peer.worker.onerror = ({ message }) => reject(new Error(message));
    peer.worker.addEventListener("message", function answer({ data }) {
      if (data.id !== id) return;
      peer.worker.removeEventListener("message", answer);
      if (data.error) reject(new Error(data.error));
      else resolve(data.value);
    });
    peer.worker.postMessage({ id, call, argument });
  });
}

export function endPeer() {
  peer.worker?.terminate();
  peer.worker = null;
}

/** Correlation of the ranks; equal values share their rank. */
function spearman(a, b) {
  const ranks = (values) => {
    const order = Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
    const rank = new Float64Array(values.length);
    for (let start = 0; start < order.length;) {
      let end = start;
      while (end < order.length && values[order[end]] === values[order[start]]) end++;
      for (let i = start; i < end; i++) rank[order[i]] = (start + end - 1) / 2;
      start = end;
    }
    return rank;
  };
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((value, i) => {
    xy += (value - meanX) * (y[i] - meanY);
    xx += (value - meanX) ** 2;
    yy += (y[i] - meanY) ** 2;
  });
  return xy / Math.sqrt(xx * yy);
}

/** Size of our WebAssembly memory, which does not shrink: the most that was used. */
export async function memory() {
  const result = await cam.loadModel({ catalog: "efficientnet_lite0" });
  return result.memoryBytes;
}
