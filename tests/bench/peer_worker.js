/** onnxruntime-web in a worker of its own: { model, threads, batch } makes a session, { passes } runs it. */

import * as ort from "/peer/ort.wasm.bundle.min.mjs";

let session, feeds, batch;

const calls = {
  async load({ model, threads, batch: size, side }) {
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = "/peer/";
    await session?.release();
    const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer());
    session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
    batch = size;
    const data = Float32Array.from({ length: batch * 3 * side * side }, (_, i) => Math.sin(i * 0.37));
    feeds = { [session.inputNames[0]]: new ort.Tensor("float32", data, [batch, 3, side, side]) };
  },
  /** Milliseconds a picture. */
  async time({ passes }) {
    const runs = Math.max(1, Math.round(passes / batch));
    const started = performance.now();
    for (let i = 0; i < runs; i++) await session.run(feeds);
    return (performance.now() - started) / (runs * batch);
  },
};

onmessage = async ({ data: { id, call, argument } }) => {
  try {
    postMessage({ id, value: await calls[call](argument) });
  } catch (error) {
    postMessage({ id, error: String(error?.message ?? error) });
  }
};
