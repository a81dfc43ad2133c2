/** What a browser holds of the machine's memory, all of its processes together. */

import { readFileSync, readdirSync } from "node:fs";

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended
  }
}

/**
 * Bytes of a process and of all that it began; what several of them share counts once.
 * @param {number} root
 */
export function memoryOf(root) {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = Number(
      read(`/proc/${name}/stat`)
        .replace(/^.*\) /s, "")
        .split(" ")[1],
    );
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  let bytes = 0;
  const waiting = [root];
  for (let process = waiting.pop(); process !== undefined; process = waiting.pop()) {
    const [, kilobytes = "0"] = read(`/proc/${process}/smaps_rollup`).match(/^Pss: +(\d+) kB/m) ?? [];
    bytes += 1024 * Number(kilobytes);
    waiting.push(...(children.get(process) ?? []));
  }
  return bytes;
}
