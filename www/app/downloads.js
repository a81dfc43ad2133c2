/** Saves what is shown: the picture with the map over it, the map's numbers, every channel, and how all of it came about. */

const COLUMNS = ["channel", "score", "weight", "low", "high", "energy"];

/** `buttons` are { png, npy, csv, json }; `view` says how the map is coloured, `model` is the network that is loaded. */
export function createDownloads({ buttons, view, model, onError }) {
  let result = null;
  let name = "picture";

  const save = (button, suffix, type, make) =>
    button.addEventListener("click", async () => {
      try {
        const url = URL.createObjectURL(new Blob([await make()], { type }));
        Object.assign(document.createElement("a"), { href: url, download: `${name}.${suffix}` }).click();
        // The browser reads the Blob after this task.
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
      } catch (error) {
        onError(error);
      }
    });

  save(buttons.png, "overlay.png", "image/png", () => result.overlayPng(view()));
  save(buttons.npy, "heatmap.npy", "application/octet-stream", () => result.npy());
  save(buttons.csv, "channels.csv", "text/csv", async () => csv((await result.channels()).channels));
  save(buttons.json, "json", "application/json", () => JSON.stringify(report(result, model()), null, 2));

  const setDisabled = (disabled) => Object.values(buttons).forEach((button) => Object.assign(button, { disabled }));

  return {
    setName(value) {
      name = value;
    },
    enable(value) {
      result = value;
      setDisabled(false);
    },
    disable() {
      setDisabled(true);
    },
  };
}

/** One line a channel; what was skipped has no score. */
function csv(channels) {
  const lines = channels.map((channel) => COLUMNS.map((column) => channel[column] ?? "").join(","));
  return [COLUMNS.join(","), ...lines, ""].join("\n");
}

/** What the command line writes beside a heatmap, in the same words. */
function report({ layer, recipe, target, probability, predictions, region, weights, diagnostics, timings }, { title, input, labels }) {
  const name = labels[target];
  return {
    model: title, layer, recipe, input, target: { index: target, label: name, probability }, predictions, region,
    weights: Array.from(weights), diagnostics, timings,
  };
}
