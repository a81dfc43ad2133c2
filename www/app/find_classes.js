/** As many matches are shown as fit under the field. */
const MATCHES = 12;

/**
 * The first classes whose number is `wanted` or whose name contains it; names that begin with it come first.
 * @param {string[]} labels  @param {string} wanted
 */
export function find(labels, wanted) {
  /** @type {Record<"exact" | "beginning" | "inside", number[]>} */
  const found = { exact: [], beginning: [], inside: [] };
  labels.forEach((label, index) => {
    const at = label.toLowerCase().indexOf(wanted);
    if (String(index) === wanted || label.toLowerCase() === wanted) found.exact.push(index);
    else if (at === 0) found.beginning.push(index);
    else if (at > 0) found.inside.push(index);
  });
  return [...found.exact, ...found.beginning, ...found.inside].slice(0, MATCHES);
}
