/** Sentences for the visitor: what went wrong and what to do, or what one should know. */

import { make } from "./dom.js";
import { t, translateError } from "./i18n.js";

export function createNotices(container) {
  /** What is shown: { kind, say }, where `say()` is the sentence and the advice in the page's language. */
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
        const element = make("div", { className: "notice" }, text, dismiss);
        element.dataset.kind = notice.kind;
        return element;
      }),
    );
  }

  function keep(wanted) {
    notices = notices.filter(wanted);
    draw();
  }

  return {
    /** An error: a ScoreCamError or anything that was thrown. */
    error(error) {
      const say = () =>
        error?.message
          ? [translateError(error.message), translateError(error.hint ?? "")]
          : [t("errorTitle"), String(error)];
      notices = [{ kind: "error", say }];
      draw();
    },
    /** Something to know, by the key of its sentence. */
    note(key, values) {
      notices.push({ kind: "note", say: () => [t(key, values), ""] });
      draw();
    },
    clear: () => keep(() => false),
    translate: draw,
  };
}
