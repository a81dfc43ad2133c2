/** Markup from templates: what is filled in is escaped unless it is markup itself. */

/** @type {Record<string, string>} */
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

class Markup {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/**
 * Text that is markup already and stands in this site's own code.
 * @param {string} text
 */
export const verbatim = (text) => new Markup(text);

/**
 * Markup from a template; lists are joined.
 * @param {TemplateStringsArray} strings
 * @param {unknown[]} values
 */
export function html(strings, ...values) {
  /** @param {unknown} value  @returns {string} */
  const write = (value) => {
    if (value instanceof Markup) return value.text;
    if (Array.isArray(value)) return value.map(write).join("");
    return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]);
  };
  return new Markup(strings.reduce((text, string, i) => text + write(values[i - 1]) + string));
}

/**
 * A Blob as an address that carries it.
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
export function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/**
 * A whole page that needs nothing but itself: no script runs in it, and it asks for no other file.
 * @param {{ title: string, style: string, body: unknown }} parts  `style` stands in this site's own code
 */
export function htmlFile({ title, style, body }) {
  const page = html`<!doctype html>
    <html lang="${document.documentElement.lang}">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${verbatim(style)}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  return page.text;
}
