/** Every way to many pictures: files, a folder that is chosen, whatever is dropped. A picture is its name with its folders, and its file. */

/** @typedef {{ id: string, file: File }} Given */

const ENDINGS = /\.(png|jpe?g|jpe|jfif|webp|gif|bmp|dib|tiff?|avif|heic|heif)$/i;

/**
 * Files that are pictures by their names or types; what a folder has besides is left alone, and so are hidden files.
 * @param {File} file
 */
const isPicture = ({ name, type }) => !name.startsWith(".") && (ENDINGS.test(name) || type.startsWith("image/"));

/** @param {Given[]} given */
const inOrder = (given) => given.sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));

/**
 * The pictures among files: with their folders, where a folder was chosen.
 * @param {Iterable<File>} files
 */
export function ofFiles(files) {
  const given = [...files].filter(isPicture).map((file) => ({ id: file.webkitRelativePath || file.name, file }));
  return inOrder(given);
}

/**
 * The pictures in what was dropped, folders with all that is below them. The entries are only there at once, while the drop is told.
 * @param {DataTransfer} data
 * @returns {{ isMany: boolean, read: () => Promise<Given[]> }}
 */
export function ofDrop(data) {
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  const files = [...data.files];
  // Files by themselves are there already, and not every browser has an entry for each.
  if (!entries.some((entry) => entry.isDirectory))
    return { isMany: files.length > 1, read: async () => ofFiles(files) };
  return { isMany: true, read: async () => inOrder((await Promise.all(entries.map(below))).flat()) };
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<Given[]>}
 */
async function below(entry) {
  if (entry.isFile) {
    const { promise, resolve, reject } = deferred();
    /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject);
    /** @type {File} */
    const file = await promise;
    return isPicture(file) ? [{ id: entry.fullPath.replace(/^\//, ""), file }] : [];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  // A hundred at a time, until none are left.
  for (;;) {
    const { promise, resolve, reject } = deferred();
    reader.readEntries(resolve, reject);
    /** @type {FileSystemEntry[]} */
    const entries = await promise;
    if (!entries.length) return found;
    for (const inner of entries) if (!inner.name.startsWith(".")) found.push(...(await below(inner)));
  }
}

/** @returns {{ promise: Promise<any>, resolve: (value: any) => void, reject: (cause: unknown) => void }} */
function deferred() {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/** Whether the browser lets one choose a folder that it reads only when it is needed. */
export const hasFolderPicker = "showDirectoryPicker" in globalThis;

/**
 * The pictures of a folder that the visitor chooses; null if they choose none.
 * @returns {Promise<Given[] | null>}
 */
export async function ofPickedFolder() {
  /** @type {any} */
  let folder;
  try {
    folder = await /** @type {any} */ (globalThis).showDirectoryPicker({ mode: "read" });
  } catch (error) {
    if (/** @type {any} */ (error).name === "AbortError") return null;
    throw error;
  }
  /** @type {Given[]} */
  const found = [];
  /** @param {any} handle  @param {string} path */
  async function walk(handle, path) {
    for await (const [name, inner] of handle.entries()) {
      if (name.startsWith(".")) continue;
      if (inner.kind === "directory") await walk(inner, `${path}/${name}`);
      else {
        const file = await inner.getFile();
        if (isPicture(file)) found.push({ id: `${path}/${name}`, file });
      }
    }
  }
  await walk(folder, folder.name);
  return inOrder(found);
}
