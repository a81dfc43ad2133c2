/**
 * The builds of the core, the best first: build.sh compiles each, the worker takes the first that the browser can run. Both are
 * threaded; on a page that is not cross-origin isolated the same build computes on the worker's own thread.
 *
 * `needs` names what of `PROBES` a browser has to have, `targetFeatures` what the compiler may use beyond the features that both
 * share, by LLVM's names, which are wasm-opt's too.
 */
export const BUILDS = [
  { name: "relaxed", needs: ["simd", "threads", "relaxedSimd"], targetFeatures: ["relaxed-simd"] },
  { name: "simd", needs: ["simd", "threads"], targetFeatures: [] },
];

/**
 * Modules of one function with an instruction of each feature that the builds use, as WebAssembly.validate takes them:
 * i8x16.popcnt, memory.atomic.notify on a shared memory, f32x4.relaxed_madd. tests/js/builds.test.js assembles them anew.
 *
 * @type {Record<string, string>}
 */
export const PROBES = {
  simd: "AGFzbQEAAAABBQFgAAF7AwIBAAoKAQgAQQD9D/1iCw==",
  threads: "AGFzbQEAAAABBQFgAAF/AwIBAAUEAQMBAQoMAQoAQQBBAP4AAgAL",
  relaxedSimd: "AGFzbQEAAAABBgFgAXsBewMCAQAKDQELACAAIAAgAP2FAgs=",
};

/** Bytes of a page of WebAssembly memory. */
export const PAGE = 65_536;

/**
 * The memory that a build imports, in pages: what it is linked with, what it begins with (wasm-bindgen takes a page more), and what it
 * may grow to, the first that the browser allows (iOS refuses to set 4 GB aside).
 */
export const MEMORY = { linked: 64, initial: 80, maximum: [65_536, 32_768, 16_384, 8_192] };

/**
 * Which of the probed features this browser has.
 * @returns {{ simd: boolean, threads: boolean, relaxedSimd: boolean }}
 */
export function probe() {
  /** @param {string} name */
  const has = (name) =>
    typeof WebAssembly === "object" &&
    WebAssembly.validate(Uint8Array.from(atob(PROBES[name]), (byte) => byte.charCodeAt(0)));
  return { simd: has("simd"), threads: has("threads"), relaxedSimd: has("relaxedSimd") };
}

/**
 * The build for a browser with these features among those that are here, if there is one.
 * @param {Record<string, boolean>} features  @param {string[]} here
 */
export const buildFor = (features, here = BUILDS.map(({ name }) => name)) =>
  BUILDS.find(({ name, needs }) => here.includes(name) && needs.every((need) => features[need]));
