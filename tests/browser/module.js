/** A page with the module in it, and tiny networks that take milliseconds. */

import { readFileSync } from "node:fs";
import { ROOT, open } from "./page.js";

const base64 = (path) => readFileSync(`${ROOT}${path}`).toString("base64");

/**
 * In the page: `cam`, `bytes(base64)`, `networks` and `pictures` by name, `create()` for another ScoreCam, `failure(promise)` for what
 * it rejects with, and `crash(cam)`, which tells of a crash as a thread of its worker would.
 */
export async function openModule({ networks = {}, pictures = {}, ...options } = {}) {
  const tab = await open(options);
  const encode = (files) => Object.fromEntries(Object.entries(files).map(([name, path]) => [name, base64(path)]));
  await tab.page.evaluate(
    async ({ networks, pictures }) => {
      const { ScoreCam } = await import("/scorecam.js");
      const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
      const decode = (files) => Object.fromEntries(Object.entries(files).map(([name, file]) => [name, bytes(file)]));
      const channels = new WeakMap();
      const Channel = globalThis.BroadcastChannel;
      let latest = [];
      globalThis.BroadcastChannel = class extends Channel {
        constructor(name) {
          super(name);
          latest.push(name);
        }
      };
      const create = async (options) => {
        latest = [];
        const cam = await ScoreCam.create({ threads: 2, ...options });
        channels.set(cam, latest);
        return cam;
      };
      const crash = (cam) =>
        new Channel(channels.get(cam).at(-1)).postMessage({
          kind: "internal",
          message: "The computation broke off: at the test's wish.",
          hint: "",
        });
      const failure = (promise) =>
        promise.then(
          () => null,
          ({ name, kind, message, hint }) => ({ name, kind, message, hint }),
        );
      Object.assign(globalThis, {
        create,
        crash,
        failure,
        bytes,
        networks: decode(networks),
        pictures: decode(pictures),
        cam: await create(),
      });
    },
    { networks: encode(networks), pictures: encode(pictures) },
  );
  return tab;
}
