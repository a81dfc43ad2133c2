"""Asks an image classifier why: maps of which parts of a picture made it decide as it did, and measures of such maps.

    import scorecam

    network = scorecam.Network("resnet18.onnx", labels="labels.txt")
    explanation = network.explain("cat.jpg", method="score-cam", target="tabby")
    explanation.heatmap                       # float32 [height, width] in [0, 1]
    explanation.measure()["rows"]             # deletion, insertion and others, beside maps that know nothing

The numbers are those of the command line and of the page in a browser: all are the same Rust code. While it computes, the interpreter's
lock is free and Ctrl-C is heard. It computes on all cores; RAYON_NUM_THREADS, set before the first use, says otherwise.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import _native
from ._native import ScoreCamError, __version__

__all__ = [
    "Explanation",
    "Network",
    "ScoreCamError",
    "__version__",
    "catalog",
    "colour_maps",
    "explain",
    "measure",
    "measures",
    "methods",
]

#: Bytes of memory that may be used unless `Network` is told otherwise; what needs more is refused before it is begun.
MEMORY = 16 << 30


def catalog() -> list[dict[str, Any]]:
    """The networks that are known by name: what `Network.of_catalog` takes."""
    return _objects(_native.catalog())


def methods() -> list[dict[str, Any]]:
    """Every method with its options, the default first."""
    return _objects(_native.describe_methods())


def measures() -> list[dict[str, Any]]:
    """Every measure that needs no more than a map: `{"name": ..., "needsBox": ...}`."""
    return _objects(_native.describe_measures())


def colour_maps() -> list[str]:
    """The colour maps of `Explanation.overlay`, the default first."""
    return _native.colour_maps()


class Network:
    """An image classifier, ready to run; it may be used by several threads at the same time.

    `file` is an ONNX file or its bytes. `labels` are class names, or a file of them (JSON, or a name a line). What is not said of the
    preprocessing is guessed from the file; `input` tells what came of it. `mean` and `std` are three numbers by channel in `order`
    ("rgb" or "bgr"), for pixels in `range` ("0..1" or "0..255"); `resize` is "stretch" or "crop", `crop` the share of each side that is
    seen (0.875 is "resize 256, crop 224"), `resample` "nearest", "bilinear", "bicubic" or "lanczos" as Pillow has them; `width` and
    `height` are needed where the file leaves them open.

    Raises ScoreCamError if it is no classifier that can be explained, with a sentence that says why.
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | bytes,
        *,
        labels: Sequence[str] | str | os.PathLike[str] | None = None,
        memory: int = MEMORY,
        _spec: Mapping[str, Any] | None = None,
        **preprocessing: Any,
    ) -> None:
        data = file if isinstance(file, bytes) else Path(file).read_bytes()
        name = "network" if isinstance(file, bytes) else os.fspath(file)
        spec = _spec or {"name": name, "title": name}
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.labels: list[str] = _labels(labels)
        given = {key: value for key, value in preprocessing.items() if value is not None}
        self._native = _native.Network(data, json.dumps(spec), json.dumps(given), self.labels, self.sha256, memory)
        described = json.loads(self._native.describe())
        self.name: str = described["name"]
        self.title: str = described["title"]
        self.input: dict[str, Any] = described["input"]
        self.output: str = described["output"]
        self.classes: int = described["classes"]
        self.layers: list[dict[str, Any]] = described["layers"]
        self.default_layer: str = described["defaultLayer"]

    @classmethod
    def of_catalog(
        cls, name: str = "efficientnet_lite0", folder: str | os.PathLike[str] = "models", **more: Any
    ) -> Network:
        """A network of the catalogue, whose files are in `folder`."""
        known = {entry["name"]: entry for entry in catalog()}
        if name not in known:
            raise ValueError(f"There is no network {name!r} in the catalogue. There are: {', '.join(known)}.")
        spec = known[name]
        file = Path(folder) / spec["file"]
        data = file.read_bytes()
        if spec.get("sha256") and hashlib.sha256(data).hexdigest() != spec["sha256"]:
            raise ValueError(f"{file} is not the file that the catalogue describes: its checksum differs.")
        labels = Path(folder) / spec["labels"] if spec.get("labels") else None
        return cls(data, **{"labels": labels, **more}, _spec=spec)

    def explain(
        self,
        picture: str | os.PathLike[str] | bytes | np.ndarray,
        *,
        method: str = "score-cam",
        target: int | str | None | Mapping[str, Any] = None,
        layer: str | None = None,
        until: float | None = None,
        **options: Any,
    ) -> Explanation:
        """Explains a picture: a file, its bytes, or uint8 pixels [height, width], [height, width, 3] or [height, width, 4].

        `target` is a class by index or name, None for the most probable one, or `{"group": [a, b]}`, `{"difference": (a, b)}`,
        `{"finer": a, "against": [b, c]}`. `options` are the method's own; `methods()` lists them. With `until`, the passes end once the
        map's values are expected to change by no more than that.

        Costs a forward pass a mask: for Score-CAM a channel of the layer, for methods of gradients none.
        """
        wish = json.dumps(self._wish(target))
        asked = (method, json.dumps(options) if options else "null", wish)
        return Explanation(self, self._native.explain(_picture(picture), asked, layer, until))

    def _wish(self, target: int | str | None | Mapping[str, Any]) -> Any:
        def index(named: Any) -> Any:
            if not isinstance(named, str):
                return None if named is None else int(named)
            found = self._native.class_named(named)
            if found is None:
                raise ValueError(f"{named!r} names no class of this network, or several; an index names one.")
            return found

        if not isinstance(target, Mapping):
            return index(target)
        classes = {key: [value] if not isinstance(value, (list, tuple)) else value for key, value in target.items()}
        found = {key: [index(one) for one in several] for key, several in classes.items()}
        return {key: found[key] if isinstance(target[key], (list, tuple)) else found[key][0] for key in target}

    def __repr__(self) -> str:
        return f"<scorecam.Network {self.title!r}: {self.classes} classes, {len(self.layers)} layers>"


class Explanation:
    """A picture explained by one method, seen for one target."""

    def __init__(self, network: Network, native: _native.Explanation) -> None:
        self.network = network
        self._native = native
        self._record: dict[str, Any] | None = None
        #: Where the evidence lies: float32 [height, width] in [0, 1], at the size of the network's input. All zeros if there is none.
        self.heatmap: np.ndarray = native.heatmap()

    def record(self, image: str = "picture", expected: int | str | None = None) -> dict[str, Any]:
        """What `scorecam batch` writes of a picture: its classes, the target, where the map lies, what to doubt."""
        return _object(self._native.record(image, None if expected is None else str(expected)))

    def _known(self) -> dict[str, Any]:
        if self._record is None:
            self._record = self.record()
        return self._record

    @property
    def predictions(self) -> list[dict[str, Any]]:
        """The five most probable classes: `{"index", "label", "probability"}`, the most probable first."""
        found: list[dict[str, Any]] = self._known()["predictions"]
        return found

    @property
    def target(self) -> dict[str, Any]:
        """What is explained, with its score and what kind of score it is."""
        found: dict[str, Any] = self._known()["target"]
        return found

    @property
    def diagnostics(self) -> dict[str, Any]:
        """What one should know before trusting the map."""
        found: dict[str, Any] = self._known()["diagnostics"]
        return found

    @property
    def region(self) -> dict[str, float]:
        """The part of the picture that the map covers, in the picture's pixels."""
        found: dict[str, float] = self._known()["region"]
        return found

    @property
    def signed(self) -> np.ndarray:
        """What speaks for the target (positive) and against it: float32 [height, width], before what is negative is dropped."""
        return self._native.signed()

    def overlay(self, colour_map: str = "jet", opacity: float = 0.5) -> np.ndarray:
        """The map over the picture: uint8 [height, width, 3], at the picture's size."""
        return self._native.overlay(colour_map, opacity)

    def report(self, image: str = "picture") -> dict[str, Any]:
        """The whole account, weights and convergence too, as the command line and the page write it."""
        return _object(self._native.report(image))

    def for_target(self, target: int | str | None | Mapping[str, Any]) -> Explanation:
        """The map of another target from the same scores: no inference."""
        return Explanation(self.network, self._native.for_target(json.dumps(self.network._wish(target))))

    def measure(
        self,
        beside: Mapping[str, np.ndarray | Explanation] | None = None,
        *,
        measures: Sequence[str] | None = None,
        box: tuple[float, float, float, float] | None = None,
        baselines: bool = True,
        seed: int = 0,
    ) -> dict[str, Any]:
        """Measures this map, maps `beside` it by their names ([height, width] of the network's input), and maps that know nothing.

        `box` is where the thing is (x, y, width, height, in the picture's pixels), for "energy". Without `measures` all are taken
        that can be. The answer has `rows`, a map each with its `numbers` and `curves`, and the maps' rank correlations as `agreement`.
        """
        maps = {self._known()["method"]: self.heatmap, **(beside or {})}
        return self._measure(maps, measures, box, baselines, seed)

    def _measure(self, maps: Mapping[str, Any], wanted: Any, box: Any, baselines: bool, seed: int) -> dict[str, Any]:
        if wanted is None:
            wanted = [one["name"] for one in measures() if box is not None or not one["needsBox"]]
        arrays = [(name, _map(one)) for name, one in maps.items()]
        return _object(self._native.measure(arrays, list(wanted), baselines, seed, box))

    def stability(self, seed: int = 0) -> dict[str, Any]:
        """Explains the picture again under ten small changes, and what the map leaves of it: eleven times the passes."""
        return _object(self._native.stability(seed))

    def __repr__(self) -> str:
        first = self.predictions[0]
        return f"<scorecam.Explanation by {self._known()['method']}: {first['label'] or first['index']} {first['probability']:.3f}>"


def explain(
    network: Network | str | os.PathLike[str] | bytes, picture: str | os.PathLike[str] | bytes | np.ndarray, **asked: Any
) -> Explanation:
    """Explains one picture; see `Network.explain`. Of several pictures, make the network once."""
    return _network(network).explain(picture, **asked)


def measure(
    network: Network | str | os.PathLike[str] | bytes,
    picture: str | os.PathLike[str] | bytes | np.ndarray,
    maps: Mapping[str, np.ndarray],
    *,
    target: int | str | None | Mapping[str, Any] = None,
    measures: Sequence[str] | None = None,
    box: tuple[float, float, float, float] | None = None,
    baselines: bool = True,
    seed: int = 0,
) -> dict[str, Any]:
    """Measures maps of one picture, whoever made them: [height, width] of the network's input; see `Explanation.measure`."""
    if not maps:
        raise ValueError("There is no map to measure.")
    # One window that covers all: the cheapest way to have the picture's scores.
    loaded = _network(network)
    side = max(loaded.input["width"], loaded.input["height"])
    known = loaded.explain(picture, method="occlusion", target=target, window=side, stride=side)
    return known._measure(maps, measures, box, baselines, seed)


def _object(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _objects(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)
    return found


def _network(given: Network | str | os.PathLike[str] | bytes) -> Network:
    return given if isinstance(given, Network) else Network(given)


def _labels(given: Sequence[str] | str | os.PathLike[str] | None) -> list[str]:
    if given is None:
        return []
    if isinstance(given, (str, os.PathLike)):
        return _native.read_labels(Path(given).read_bytes())
    return [str(label) for label in given]


def _picture(given: str | os.PathLike[str] | bytes | np.ndarray) -> bytes | np.ndarray:
    if isinstance(given, (bytes, bytearray, memoryview)):
        return bytes(given)
    if isinstance(given, (str, os.PathLike)):
        return Path(given).read_bytes()
    pixels = np.asarray(given)
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)):
        raise ValueError(
            f"A picture is uint8 [height, width], [height, width, 3] or [height, width, 4] in 0..255; this is {pixels.dtype} {list(pixels.shape)}."
        )
    if pixels.ndim == 2:
        pixels = np.stack([pixels] * 3, axis=2)
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return np.ascontiguousarray(pixels)


def _map(given: np.ndarray | Explanation) -> np.ndarray:
    values = given.heatmap if isinstance(given, Explanation) else np.asarray(given)
    if values.ndim != 2:
        raise ValueError(f"A map is [height, width]; this has the shape {list(values.shape)}.")
    return np.ascontiguousarray(values, dtype=np.float32)
