/** How the map settled as channels came in: a curve of its correlation with the latest one. */

import { find } from "../dom.js";
import { number, t } from "../i18n.js";

const HEIGHT = 120;

/** @import { Settled } from "../../scorecam.js" */
/** @import { Panel } from "../types.js" */

/** @param {HTMLElement} figure  @returns {Panel & { loaded: Promise<unknown> }} */
export function createConvergence(figure) {
  const chart = find(figure, "[role=img]");
  const caption = find(figure, "figcaption");
  /** @type {typeof import("uplot") | null} */
  let uPlot = null;
  /** @type {import("uplot") | null} */
  let plot = null;
  /** @type {Settled[] | null} */
  let waiting = null;

  // When needed and by itself: in a browser whose language is no valid tag it cannot even be loaded.
  const loaded = import("uplot").then(
    (module) => {
      uPlot = module.default;
      if (waiting && !figure.hidden) draw(waiting);
    },
    () => (chart.hidden = true),
  );

  new ResizeObserver(
    () => plot && figure.clientWidth && plot.setSize({ width: figure.clientWidth, height: HEIGHT }),
  ).observe(figure);

  /** @param {Settled[]} points */
  function draw(points) {
    waiting = points;
    if (!uPlot) return;
    plot?.destroy();
    const style = getComputedStyle(figure);
    const [ink, line, accent] = ["--quiet", "--line", "--accent"].map((name) => style.getPropertyValue(name));
    const axis = {
      stroke: ink,
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    const low = Math.min(0.5, ...points.map(({ correlation }) => correlation ?? 1));
    /** @type {import("uplot").Options} */
    const options = {
      width: figure.clientWidth,
      height: HEIGHT,
      cursor: { show: false },
      legend: { show: false },
      scales: { x: { time: false }, y: { range: [low, 1] } },
      axes: [
        {
          ...axis,
          size: 24,
          values: (/** @type {unknown} */ _, /** @type {number[]} */ ticks) => ticks.map((tick) => number(tick)),
        },
        {
          ...axis,
          size: 40,
          values: (/** @type {unknown} */ _, /** @type {number[]} */ ticks) => ticks.map((tick) => number(tick, 1)),
        },
      ],
      series: [{}, { stroke: accent, width: 2, points: { show: false } }],
    };
    plot = new uPlot(
      options,
      [points.map(({ passes }) => passes), points.map(({ correlation }) => correlation)],
      chart,
    );
    // The chart has a name; its parts would be read one by one.
    chart.firstElementChild?.setAttribute("aria-hidden", "true");
  }

  /** @param {Settled[]} points */
  function show(points) {
    const half = points[Math.floor((points.length - 1) / 2)];
    if (points.length < 2 || half.correlation === null) return;
    figure.hidden = false;
    caption.textContent = t("settled", {
      passes: number(half.passes),
      all: number(points[points.length - 1].passes),
      correlation: number(half.correlation, 3),
    });
    chart.setAttribute("aria-label", t("settledLabel"));
    draw(points);
  }

  return {
    /** Resolves when the curve can be drawn, or never will be. */
    loaded,
    hide() {
      figure.hidden = true;
    },
    /** The points of Result.convergence. */
    update: show,
    repaint: ({ settled }) => show(settled),
    show: ({ settled }) => {
      figure.hidden = true;
      show(settled);
    },
  };
}
