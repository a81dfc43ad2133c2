"""What onnxruntime makes of the networks in tests/fixtures/exports: their logits, and the beginning and mean of some layers,
[channels, height, width], a transformer's tokens without those that stand for no place: logits.json.

    python tests/reference/make_exports_logits.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

FOLDER = Path(__file__).parent.parent / "fixtures" / "exports"


def picture(shape):
    """Numbers in [-1, 1) that every language makes alike."""
    return ((np.arange(np.prod(shape)) * 7919 % 1000) / 500 - 1).astype(np.float32).reshape(shape)


#: Shapes of tokens in these networks, one and two of which stand for no place.
TOKENS = [[1, 17, 16], [1, 18, 16], [1, 64, 16]]
#: Layers of each network that are kept, and values of each.
LAYERS, VALUES = 6, 12


def as_maps(values):
    """[channels, height, width] of maps, which are square in these networks, or [channels, places] of a transformer's tokens; None
    where the shape does not tell."""
    if values.ndim == 3:
        places = int(values.shape[1] ** 0.5) ** 2
        return values[0, -places:].T
    _, a, b, c = values.shape
    if (a == b) == (b == c):
        return None
    return values[0] if b == c else values[0].transpose(2, 0, 1)


def rounded(values):
    return [float(f"{value:.8g}") for value in values]


def main():
    made = {}
    maps = json.loads((FOLDER / "exports.json").read_text())
    for path in sorted(FOLDER.glob("*.onnx")):
        model = onnx.load(path)
        inferred = onnx.shape_inference.infer_shapes(model).graph.value_info
        tokens = {value.name for value in inferred if [dim.dim_value for dim in value.type.tensor_type.shape.dim] in TOKENS}
        names = [name for node in model.graph.node for name in node.output if name in tokens or name in maps[path.name]["maps"]]
        names = names[:: max(1, len(names) // LAYERS)]
        output = model.graph.output[0].name
        model.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in names if name != output)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        [data] = session.get_inputs()
        scores, *layers = session.run([output, *names], {data.name: picture(data.shape)})
        layers = ((name, as_maps(values)) for name, values in zip(names, layers))
        kept = {name: rounded([*maps.ravel()[:VALUES], maps.mean()]) for name, maps in layers if maps is not None}
        made[path.name] = {"logits": rounded(scores.ravel()), "layers": kept}
    (FOLDER / "logits.json").write_text(json.dumps(made, indent=1) + "\n")


main()
