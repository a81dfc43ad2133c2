/** Keeps a part of the page that breaks from taking the others with it. */

/** A part that could not be made: it takes every call and does nothing. */
const absent = new Proxy({}, { get: () => () => undefined });

/** What `create` makes, or a part that does nothing; `onError` is told once why. */
export function guarded(create, onError) {
  let isBroken = false;
  const broken = (error) => {
    if (!isBroken) onError(error);
    isBroken = true;
    return undefined;
  };
  let part;
  try {
    part = create();
  } catch (error) {
    broken(error);
    return absent;
  }
  const call = (method, values) => {
    try {
      const answer = method.apply(part, values);
      return typeof answer?.then === "function" ? answer.catch(broken) : answer;
    } catch (error) {
      return broken(error);
    }
  };
  const wrapped = ([name, value]) => [name, typeof value === "function" ? (...values) => call(value, values) : value];
  return Object.fromEntries(Object.entries(part).map(wrapped));
}
