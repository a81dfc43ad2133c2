/**
 * `<score-cam src="cat.jpg" class="Egyptian cat">`: a picture with the evidence for a class laid over it. Importing the module defines
 * the element.
 *
 * Attributes: `src`; `class`, a name or a number, the most probable one if left out; `network`, the address of an ONNX file,
 * EfficientNet-Lite0 if left out; `layer`, `method`, `recipe`, `colour-map`, `opacity`; `alt`. Events: `result`, whose `detail` is the
 * Result; `error`, whose `detail` is what went wrong.
 */

export class ScoreCamElement extends HTMLElement {}

declare global {
  interface HTMLElementTagNameMap {
    "score-cam": ScoreCamElement;
  }
}
