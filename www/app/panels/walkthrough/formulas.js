/** The formula of each step as MathML, which is the same in every language. */

/** @param {string} content */
const math = (content) => `<math display="block">${content}</math>`;
/** @param {string} letter  @param {string} index */
const sub = (letter, index) => `<msub><mi>${letter}</mi><mi>${index}</mi></msub>`;
const PICTURE_SCORE = `${sub("f", "c")}<mo stretchy="false">(</mo><mi>X</mi><mo stretchy="false">)</mo>`;
const MASKED = `${sub("H", "k")}<mo>∘</mo><mi>X</mi>`;
const SUM = `<munder><mo>∑</mo><mi>k</mi></munder>${sub("α", "k")}${sub("A", "k")}`;

/** @type {Record<string, string>} */
export default {
  predict: math(
    `${sub("p", "c")}<mo>=</mo><mfrac><msup><mi>e</mi>${sub("z", "c")}</msup><mrow><munder><mo>∑</mo><mi>j</mi></munder><msup><mi>e</mi>${sub("z", "j")}</msup></mrow></mfrac>`,
  ),
  layers: math(
    `<mi>X</mi><mo>∈</mo><msup><mi>ℝ</mi><mrow><mn>3</mn><mo>×</mo><mi>H</mi><mo>×</mo><mi>W</mi></mrow></msup><mo>→</mo><mi>A</mi><mo>∈</mo><msup><mi>ℝ</mi><mrow><mi>K</mi><mo>×</mo><mi>h</mi><mo>×</mo><mi>w</mi></mrow></msup>`,
  ),
  maps: math(
    `<mi>A</mi><mo>=</mo><mo stretchy="false">(</mo>${sub("A", "1")}<mo>,</mo><mo>…</mo><mo>,</mo>${sub("A", "K")}<mo stretchy="false">)</mo>`,
  ),
  mask: math(
    `${sub("H", "k")}<mo>=</mo><mfrac><mrow><mi>U</mi><mo stretchy="false">(</mo>${sub("A", "k")}<mo stretchy="false">)</mo><mo>−</mo><mi>min</mi></mrow><mrow><mi>max</mi><mo>−</mo><mi>min</mi></mrow></mfrac>`,
  ),
  cover: math(`${sub("X", "k")}<mo>=</mo>${MASKED}`),
  score: math(
    `${sub("S", "k")}<mo>=</mo>${sub("f", "c")}<mo stretchy="false">(</mo>${MASKED}<mo stretchy="false">)</mo><mo>,</mo><mspace width="1em"/>${PICTURE_SCORE}`,
  ),
  sum: math(SUM),
  heatmap: math(`<mi>L</mi><mo>=</mo><mi>ReLU</mi><mo stretchy="false">(</mo>${SUM}<mo stretchy="false">)</mo>`),
};
