"""What onnxruntime makes of the networks in tests/fixtures/exports: logits.json.

    python tests/reference/make_exports_logits.py
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime

FOLDER = Path(__file__).parent.parent / "fixtures" / "exports"


def picture(shape):
    """Numbers in [-1, 1) that every language makes alike."""
    return ((np.arange(np.prod(shape)) * 7919 % 1000) / 500 - 1).astype(np.float32).reshape(shape)


def main():
    logits = {}
    for path in sorted(FOLDER.glob("*.onnx")):
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        [data] = session.get_inputs()
        [scores] = session.run(None, {data.name: picture(data.shape)})
        logits[path.name] = [float(f"{value:.8g}") for value in scores.ravel()]
    (FOLDER / "logits.json").write_text(json.dumps(logits, indent=1) + "\n")


main()
