/** A lesson sheet of two pages to print: the first asks, the second answers, from what is on the page. No script, no other file. */

import { paintImage } from "./canvas.js";
import { make } from "./dom.js";
import { captionOf, drawFigure } from "./figure.js";
import { percent, t, word } from "./i18n.js";
import { html, htmlFile } from "./markup.js";
import { doubtsAbout } from "./panels/doubts.js";
import { placesOf } from "./panels/places.js";
import { STYLE_OF_TESTS, tested } from "./report_tests.js";

/** @import { Proof, View } from "./types.js" */

const STYLE = `
  @page { size: A4; margin: 16mm; }
  body { max-width: 178mm; margin: 0 auto; font: 11pt/1.4 system-ui, "Hiragino Sans", "Noto Sans CJK JP", sans-serif; color: #111; }
  h1 { font-size: 16pt; } h2 { font-size: 12pt; margin: 4mm 0 1mm; } img { max-width: 100%; max-height: 80mm; display: block; }
  .answers { break-before: page; columns: 2; column-gap: 6mm; font-size: 9pt; } .answers h1 { column-span: all; } .answers img { max-height: 60mm; } ol li { margin: 2mm 0 12mm; } .answers ol li, ul li { margin: 1mm 0; }
  .answers h3 { display: none; }
  .row { display: grid; grid-template-columns: repeat(4, 1fr); gap: 2mm; } .row figure { margin: 0; font-size: 7pt; } .row img { max-height: 20mm; }
  table { border-collapse: collapse; font-size: 8pt; } th, td { padding: 0.5mm 1.5mm; border-bottom: 0.2mm solid #bbb; text-align: left; } svg { width: 80mm; } .answers .row, .answers li { break-inside: avoid; }
  .line { border-bottom: 0.3mm solid #999; height: 7mm; } .scroll { display: none; }`;

/**
 * The text of the file.
 * @param {View} view  @param {string} name  @param {Proof} proof
 */
export function lessonOf(view, name, proof) {
  const { result, label, labelOf } = view;
  const picture = make("canvas");
  paintImage(picture, result.picture);
  const [first, second] = result.predictions;
  const questions = [
    t("lessonAskWhat"),
    t("lessonAskWhere", { label }),
    t("lessonAskHide", { label }),
    t("lessonAskWhy", { first: labelOf(first.index), second: second ? labelOf(second.index) : "–" }),
    t("lessonAskTrust"),
  ];
  const body = html`
    <section>
      <h1>${t("lessonTitle", { name })}</h1>
      <p>${result.method === "score-cam" ? t("articleIdea") : word(`method-${result.method}-hint`)}</p>
      <img src="${picture.toDataURL("image/jpeg", 0.9)}" alt="${t("pictureLabelPlain")}" />
      <ol>
        ${questions.map(
          (question) =>
            html`<li>
              ${question}
              <div class="line"></div>
            </li>`,
        )}
      </ol>
    </section>
    <section class="answers">
      <h1>${t("lessonAnswers")}</h1>
      <ol>
        ${result.predictions.map(({ index, probability }) => html`<li>${labelOf(index)}: ${percent(probability)}</li>`)}
      </ol>
      <img src="${drawFigure(view).toDataURL()}" alt="${captionOf(view).join(" ")}" />
      <p>${placesOf(view)}</p>
      ${tested(view, proof)}
      <h2>${t("doubtsTitle")}</h2>
      <ul>
        ${doubtsAbout(view).map((doubt) => html`<li>${doubt}</li>`)}
      </ul>
    </section>
  `;
  return htmlFile({ title: t("lessonTitle", { name }), style: STYLE_OF_TESTS + STYLE, body });
}
