/** What wasm-bindgen made of every build of builds.js, by its name; tools/bundle.js makes this module. */
export const CORES: Record<string, typeof import("./core.js")>;
