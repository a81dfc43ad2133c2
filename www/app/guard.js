/** Keeps a part of the page that breaks from taking the others with it. */

/**
 * A part that could not be made: it takes every call and does nothing.
 * @type {any}
 */
const absent = new Proxy({}, { get: () => () => undefined });

/**
 * What `create` makes, or a part that does nothing; `onError` is told once why.
 * @template {object} Part
 * @param {() => Part} create
 * @param {(error: unknown) => void} onError
 * @returns {Part}
 */
export function guarded(create, onError) {
  let isBroken = false;
  /** @param {unknown} error */
  const broken = (error) => {
    if (!isBroken) onError(error);
    isBroken = true;
    return undefined;
  };
  /** @type {Part} */
  let part;
  try {
    part = create();
  } catch (error) {
    broken(error);
    return absent;
  }
  /** @param {(...values: unknown[]) => any} method  @param {unknown[]} values */
  const call = (method, values) => {
    try {
      const answer = method.apply(part, values);
      return typeof answer?.then === "function" ? answer.catch(broken) : answer;
    } catch (error) {
      return broken(error);
    }
  };
  /** @param {[string, unknown]} entry */
  const wrapped = ([name, value]) => [
    name,
    typeof value === "function"
      ? (/** @type {unknown[]} */ ...values) => call(/** @type {any} */ (value), values)
      : value,
  ];
  return /** @type {Part} */ (Object.fromEntries(Object.entries(part).map(wrapped)));
}
