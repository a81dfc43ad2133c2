/** What the page offers to do when the visitor likes: a reload for more threads, or for the next version. Never while it computes. */

/** @param {ReturnType<typeof import("./notices.js").createNotices>} notices  @param {() => boolean} isBusy */
export function createOffers(notices, isBusy) {
  /** What each does, by the key of its sentence. @type {Map<string, () => void>} */
  const offers = new Map();

  /** Shows what is offered; whoever asks for an explanation takes the notices away. */
  function show() {
    if (!isBusy()) for (const [key, accept] of offers) notices.offer(key, "reload", accept);
  }

  return {
    /** @param {string} key  @param {() => void} accept */
    add(key, accept) {
      offers.set(key, accept);
      show();
    },
    show,
  };
}
