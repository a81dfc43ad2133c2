/** Many buttons as one stop of the Tab key: the arrow keys, Home and End move among them. */

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
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const to = { Home: 0, End: buttons.length - 1 }[event.key] ?? (step && current + step);
    if (!buttons[to]) return;
    event.preventDefault();
    buttons[to].focus();
  });
}
