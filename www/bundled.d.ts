/** What code may import besides code: a file's name in dist/, or its bytes where all is one file. */

declare module "*.png" {
  const file: string | Uint8Array<ArrayBuffer>;
  export default file;
}

declare module "*.jpg" {
  const file: string | Uint8Array<ArrayBuffer>;
  export default file;
}
