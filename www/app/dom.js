/** Finds and makes elements. */

/**
 * The element that a selector finds within another one. It is there: the markup and the code that asks for it belong together.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} within
 * @param {string} selector
 * @param {{ new (): T }} [type]
 * @returns {T}
 */
export function find(within, selector, type) {
  const found = within.querySelector(selector);
  if (found instanceof (type ?? HTMLElement)) return /** @type {T} */ (found);
  throw new Error(`The page has no ${selector}.`);
}

/**
 * All elements that a selector finds within another one.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} within  @param {string} selector  @param {{ new (): T }} [type]
 * @returns {T[]}
 */
export function findAll(within, selector, type) {
  const found = [...within.querySelectorAll(selector)];
  return /** @type {T[]} */ (found.filter((element) => element instanceof (type ?? HTMLElement)));
}

/**
 * An element with properties, attributes and children: make("p", { className: "quiet" }, "text", child)
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<Omit<HTMLElementTagNameMap[Tag], "attributes">> & { attributes?: Record<string, string | number | boolean> }} [given]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, { attributes = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {string} label  @param {string} [className]  a canvas with a name for those who cannot see it */
export const image = (label, className = "") =>
  make("canvas", { className, attributes: { role: "img", "aria-label": label } });

/**
 * The context that a canvas is drawn in.
 * @param {HTMLCanvasElement} canvas
 */
export function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser draws on no canvas.");
  return context;
}
