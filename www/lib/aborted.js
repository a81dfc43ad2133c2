/**
 * Rejects with the signal's reason when it is aborted.
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<never>}
 */
export function aborted(signal) {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
