/** Saves what is shown: the picture with the map over it, and the map's numbers. */

export function createDownloads({ png, npy, view, onError }) {
  let result = null;
  let name = "picture";

  const save = (suffix, type, make) => async () => {
    try {
      const url = URL.createObjectURL(new Blob([await make()], { type }));
      Object.assign(document.createElement("a"), { href: url, download: `${name}.${suffix}` }).click();
      // The browser reads the Blob after this task.
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      onError(error);
    }
  };

  png.addEventListener("click", save("overlay.png", "image/png", () => result.overlayPng(view())));
  npy.addEventListener("click", save("heatmap.npy", "application/octet-stream", () => result.npy()));

  return {
    setName(value) {
      name = value;
    },
    enable(value) {
      result = value;
      png.disabled = npy.disabled = false;
    },
    disable() {
      png.disabled = npy.disabled = true;
    },
  };
}
