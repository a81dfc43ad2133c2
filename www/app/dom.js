/** Makes elements. */

/** An element with properties, attributes and children: make("p", { className: "quiet" }, "text", child) */
export function make(tag, { attributes = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A canvas with a name for those who cannot see it. */
export const image = (label, className = "") =>
  make("canvas", { className, attributes: { role: "img", "aria-label": label } });
