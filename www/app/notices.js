/** Sentences for the visitor: what went wrong and what to do, or what one should know. */

import { make } from "./dom.js";
import { sentencesOf, t } from "./i18n.js";

/** @typedef {{ kind: "error" | "note", say: () => string[], key?: string, action?: { key: string, accept: () => void } }} Notice */

/** @param {HTMLElement} container */
export function createNotices(container) {
  /**
   * What is shown; `say()` is the sentence and the advice in the page's language.
   * @type {Notice[]}
   */
  let notices = [];

  function draw() {
    container.replaceChildren(
      ...notices.map((notice) => {
        const [sentence, advice] = notice.say();
        const text = make("p", {}, make("strong", {}, sentence), advice ? ` ${advice}` : "");
        const dismiss = make(
          "button",
          { type: "button", title: t("dismiss"), attributes: { "aria-label": t("dismiss") } },
          "×",
        );
        dismiss.addEventListener("click", () => keep((other) => other !== notice));
        const element = make("div", { className: "notice" }, text, ...actionOf(notice), dismiss);
        element.dataset.kind = notice.kind;
        return element;
      }),
    );
  }

  /** @param {Notice} notice */
  function actionOf({ action }) {
    if (!action) return [];
    const button = make("button", { type: "button", className: "action" }, t(action.key));
    button.addEventListener("click", action.accept);
    return [button];
  }

  /** @param {(notice: Notice) => boolean} wanted */
  function keep(wanted) {
    notices = notices.filter(wanted);
    draw();
  }

  return {
    /**
     * An error: a ScoreCamError or anything that was thrown.
     * @param {any} error
     */
    error(error) {
      const say = () => (error?.message ? sentencesOf(error) : [t("errorTitle"), String(error)]);
      notices = [{ kind: "error", say }];
      draw();
    },
    /**
     * Something to know, by the key of its sentence.
     * @param {string} key  @param {Record<string, unknown>} [values]
     */
    note(key, values) {
      // A picture is announced when it is classified and again with its first map.
      notices = notices.filter((notice) => notice.say()[0] !== t(key, values));
      notices.push({ kind: "note", say: () => [t(key, values), ""] });
      draw();
    },
    /**
     * Something that can be done, once: its sentence and what its button says, by their keys.
     * @param {string} key  @param {string} action  @param {() => void} accept
     */
    offer(key, action, accept) {
      notices = notices.filter((notice) => notice.key !== key);
      notices.push({ kind: "note", key, say: () => [t(key), ""], action: { key: action, accept } });
      draw();
    },
    clear: () => keep(() => false),
    translate: draw,
  };
}
