/** A file of the package that is no module: bundlers resolve it to what they make of such files, its address mostly. */
declare const file: unknown;
export default file;
