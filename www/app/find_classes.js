/** As many matches are shown as fit under the field. */
const MATCHES = 12;

/**
 * The first classes whose number is `wanted` or one of whose names contains it; names that begin with it come first.
 * @param {string[]} labels  @param {string} wanted  @param {string[]} [others]  the same classes in another language
 */
export function find(labels, wanted, others = []) {
  /** @type {Record<"exact" | "beginning" | "inside", number[]>} */
  const found = { exact: [], beginning: [], inside: [] };
  labels.forEach((label, index) => {
    const names = [label, others[index] ?? ""].map((name) => name.toLowerCase());
    if (String(index) === wanted || names.includes(wanted)) found.exact.push(index);
    else if (names.some((name) => name.startsWith(wanted))) found.beginning.push(index);
    else if (names.some((name) => name.includes(wanted))) found.inside.push(index);
  });
  return [...found.exact, ...found.beginning, ...found.inside].slice(0, MATCHES);
}
