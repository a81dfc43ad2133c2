/** Does what was asked for last: while one thing is done, of those that come only the latest waits. */

/**
 * @template T
 * @param {(asked: T) => Promise<unknown>} doing  @param {(error: unknown) => void} onError
 * @returns {(asked: T) => Promise<void>}  resolves when nothing waits any more
 */
export function latest(doing, onError) {
  /** @type {{ asked: T } | null} */
  let waiting = null;
  /** @type {Promise<void> | null} */
  let running = null;
  async function run() {
    while (waiting) {
      const { asked } = waiting;
      waiting = null;
      try {
        await doing(asked);
      } catch (error) {
        onError(error);
      }
    }
    running = null;
  }
  return (asked) => {
    waiting = { asked };
    return (running ??= run());
  };
}
