import assert from "node:assert/strict";
import { test } from "node:test";
import { Caller, serve } from "../../www/lib/caller.js";

/** A caller and a server that are joined as a page and its worker are. */
function connect(methods) {
  const { port1, port2 } = new MessageChannel();
  port1.start();
  port2.start();
  serve(methods, ({ message }) => ({ kind: "test", message, hint: "" }), port2);
  return { caller: new Caller(port1), close: () => port1.close() };
}

test("a call is answered with the method's value, progress comes before it", async (t) => {
  const { caller, close } = connect({
    double: async ({ value }, { onProgress }) => {
      onProgress({ half: value });
      return { value: new Float32Array([2 * value]) };
    },
  });
  t.after(close);
  const seen = [];
  const answer = await caller.call("double", { value: 21 }, { onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(seen, [{ half: 21 }]);
  assert.deepEqual([...answer.value], [42]);
});

test("what a method throws arrives as a plain error", async (t) => {
  const { caller, close } = connect({
    fail: () => {
      throw new Error("no such thing");
    },
  });
  t.after(close);
  await assert.rejects(caller.call("fail", {}), { kind: "test", message: "no such thing" });
});

test("aborting rejects at once with the signal's reason and tells the worker", async (t) => {
  let stopped;
  const told = new Promise((resolve) => (stopped = resolve));
  const { caller, close } = connect({
    wait: (_, { signal }) => new Promise(() => signal.addEventListener("abort", stopped)),
  });
  t.after(close);
  const controller = new AbortController();
  const call = caller.call("wait", {}, { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(call, reason);
  await told;
  await assert.rejects(
    caller.call("wait", {}, { signal: controller.signal }),
    reason,
    "an aborted signal from the start",
  );
});

test("calls without an answer are rejected when the worker is lost", async (t) => {
  const { caller, close } = connect({ wait: () => new Promise(() => {}) });
  t.after(close);
  const call = caller.call("wait", {});
  caller.rejectAll({ kind: "internal" });
  await assert.rejects(call, { kind: "internal" });
});

test("what comes next can wait until a cancelled call has stopped", async (t) => {
  let finish;
  const { caller, close } = connect({ slow: () => new Promise((resolve) => (finish = resolve)) });
  t.after(close);
  const abort = new AbortController();
  const call = caller.call("slow", {}, { signal: abort.signal });
  await new Promise((resolve) => setTimeout(resolve, 20));
  abort.abort(new Error("enough"));
  await assert.rejects(call, /enough/);
  let hasStopped = false;
  const stopped = caller.stopped().then(() => (hasStopped = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(hasStopped, false);
  finish();
  await stopped;
  await caller.stopped(); // at once where nothing was cancelled
});
