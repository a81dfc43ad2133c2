/** A scrolling grid of cards of one size, or a table's rows, of which only those in sight exist. Arrow keys move among them. */

import { find, make } from "./dom.js";

/** @import { Size } from "./types.js" */

/** Rows kept ready above and below what is in sight. */
const SPARE_ROWS = 2;

/**
 * `container` has the role "list", or "rowgroup" where entries are rows; what `card(item)` makes is or has a button, to which the keys
 * go. `size` is a card with its gap, in rem, so that it grows with the type; one of infinite width fills the line. `onFilled` is told
 * when there are new cards.
 *
 * @template Item
 * @param {HTMLElement} container
 * @param {{ size: Size, role?: "listitem" | "row", card: (item: Item) => HTMLElement | HTMLElement[], onFilled?: () => void }} options
 */
export function createVirtualGrid(container, { size, role = "listitem", card, onFilled = () => {} }) {
  const space = make("div", { className: "virtual-space", attributes: { role: "presentation" } });
  container.append(space);
  /**
   * Entries that exist, by their place.
   * @type {Map<number, HTMLElement>}
   */
  const entries = new Map();
  /** @type {Item[]} */
  let items = [];
  let current = 0;
  let columns = 1;

  container.addEventListener("scroll", () => requestAnimationFrame(fill));
  container.addEventListener("keydown", move);
  new ResizeObserver(() => arrange()).observe(container);

  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

  /** Works out the columns for the container's width and places everything anew. */
  function arrange() {
    if (!container.clientWidth) return;
    const focused = container.contains(document.activeElement);
    columns = Math.max(1, Math.floor(container.clientWidth / (size.width * rem())));
    space.style.height = `${Math.ceil(items.length / columns) * size.height}rem`;
    for (const entry of entries.values()) entry.remove();
    entries.clear();
    fill();
    if (focused) focus(current);
  }

  function fill() {
    const height = size.height * rem();
    const first = Math.max(0, Math.floor(container.scrollTop / height) - SPARE_ROWS) * columns;
    const last = Math.min(
      items.length,
      (Math.ceil((container.scrollTop + container.clientHeight) / height) + SPARE_ROWS) * columns,
    );
    for (const [place, entry] of entries) {
      // The current one stays: it is where the Tab key goes, and may have the focus.
      if ((place < first || place >= last) && place !== current) {
        entry.remove();
        entries.delete(place);
      }
    }
    if (items.length && !entries.has(current)) add(current);
    for (let place = first; place < last; place++) if (!entries.has(place)) add(place);
    onFilled();
  }

  /** @param {number} place */
  function add(place) {
    // A table's first row is its head.
    /** @type {Record<string, number>} */
    const where =
      role === "row" ? { "aria-rowindex": place + 2 } : { "aria-setsize": items.length, "aria-posinset": place + 1 };
    const attributes = { role, ...where };
    const entry = make("div", { className: "virtual-entry", attributes }, ...[card(items[place])].flat());
    const button = find(entry, "button", HTMLButtonElement);
    button.tabIndex = place === current ? 0 : -1;
    button.addEventListener("focus", () => setCurrent(place));
    entry.style.width = `${100 / columns}%`;
    entry.style.height = `${size.height}rem`;
    entry.style.left = `${(100 * (place % columns)) / columns}%`;
    entry.style.top = `${Math.floor(place / columns) * size.height}rem`;
    entries.set(place, entry);
    // In the order of the items, for those who read or tab through them.
    const next = [...entries.keys()].filter((other) => other > place).sort((a, b) => a - b)[0];
    space.insertBefore(entry, entries.get(next) ?? null);
  }

  /** @param {number} place */
  function setCurrent(place) {
    buttonAt(current)?.setAttribute("tabindex", "-1");
    current = place;
    buttonAt(current)?.setAttribute("tabindex", "0");
  }

  /** @param {number} place */
  function buttonAt(place) {
    const entry = entries.get(place);
    return entry && find(entry, "button", HTMLButtonElement);
  }

  /** @param {number} place */
  function focus(place) {
    const height = size.height * rem();
    const top = Math.floor(place / columns) * height;
    if (top < container.scrollTop) container.scrollTop = top;
    if (top + height > container.scrollTop + container.clientHeight)
      container.scrollTop = top + height - container.clientHeight;
    fill();
    setCurrent(place);
    buttonAt(place)?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  function move(event) {
    const last = items.length - 1;
    /** @type {Record<string, number>} */
    const places = {
      ArrowLeft: current - 1,
      ArrowRight: current + 1,
      ArrowUp: current - columns,
      ArrowDown: current + columns,
      Home: 0,
      End: last,
    };
    const to = places[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to >= 0 && to <= last) focus(to);
  }

  return {
    /**
     * Shows other items, or the same in another order; `keepsPlace` where one has scrolled to is still of interest.
     * @param {Item[]} shown  @param {boolean} [keepsPlace]
     */
    show(shown, keepsPlace = false) {
      items = shown;
      current = keepsPlace ? Math.min(current, Math.max(0, items.length - 1)) : 0;
      if (!keepsPlace) container.scrollTop = 0;
      arrange();
    },
    /**
     * Makes the card of an item anew, if it is in sight.
     * @param {Item} item
     */
    update(item) {
      const place = items.indexOf(item);
      const entry = entries.get(place);
      if (!entry) return;
      const focused = entry.contains(document.activeElement);
      entry.remove();
      entries.delete(place);
      add(place);
      if (focused) buttonAt(place)?.focus({ preventScroll: true });
    },
    /** The buttons that exist now. */
    buttons: () => [...space.querySelectorAll("button")],
  };
}
