/** Many buttons as one stop of the Tab key: the arrow keys, Home and End move among them. */

/** @param {HTMLElement} container */
export function makeRoving(container) {
  const buttons = [...container.querySelectorAll("button")];
  let current = Math.max(
    0,
    buttons.findIndex((button) => button.getAttribute("aria-pressed") === "true"),
  );
  buttons.forEach((button, i) => {
    button.tabIndex = i === current ? 0 : -1;
    button.addEventListener("focus", () => {
      buttons[current].tabIndex = -1;
      current = i;
      button.tabIndex = 0;
    });
  });
  container.addEventListener("keydown", (event) => {
    /** @type {Record<string, number>} */
    const places = {
      ArrowLeft: current - 1,
      ArrowUp: current - 1,
      ArrowRight: current + 1,
      ArrowDown: current + 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const to = places[event.key];
    if (!buttons[to]) return;
    event.preventDefault();
    buttons[to].focus();
  });
}
