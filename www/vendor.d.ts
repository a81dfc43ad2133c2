/** What the build puts into dist/vendor/, with the types of the packages that it comes from. */

declare module "*/vendor/wasm-feature-detect.js" {
  export function simd(): Promise<boolean>;
  export function relaxedSimd(): Promise<boolean>;
  export function threads(): Promise<boolean>;
}

declare module "*/vendor/uPlot.esm.js" {
  import uPlot from "uplot";
  export default uPlot;
}
