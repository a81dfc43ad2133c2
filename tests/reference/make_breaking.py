"""Networks that ask for too much or break while they run, for the tests in the browser: FOLDER/*.onnx.

    python tests/reference/make_breaking.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

CLASSES = 5


def network(path, side, channels, middle=(), weights=(), *, kernel=3, names=None):
    """A convolution of `side` pixels to `channels`, `middle` nodes from "maps" to "last", and a classifier."""
    random = np.random.default_rng(5)
    made = {
        "w": random.normal(size=(channels, 3, kernel, kernel)).astype(np.float32) / (3 * kernel),
        "head": random.normal(size=(channels, CLASSES)).astype(np.float32),
        **dict(weights),
    }
    last = middle[-1].output[0] if middle else "maps"
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["conv"], pads=[kernel // 2] * 4),
        helper.make_node("Relu", ["conv"], ["maps"]),
        *middle,
        helper.make_node("GlobalAveragePool", [last], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "head"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, CLASSES])],
        [numpy_helper.from_array(value, name) for name, value in made.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    # A gigabyte for each tensor behind the first convolution, from a file of 33 KB.
    network(folder / "larger_than_memory.onnx", 1024, 256)
    # Hundreds of megabytes, and a pass that takes seconds.
    network(folder / "slow.onnx", 1024, 64, kernel=15)
    # An index that is not there: nothing sees that before it runs.
    index = np.array([1 << 20, 0, 1, 2], np.int64)
    network(folder / "breaks.onnx", 32, 4, [helper.make_node("Gather", ["maps", "index"], ["last"], axis=1)], [("index", index)])
    # Sizes that 32 bits do not hold.
    wide = helper.make_node("Conv", ["maps", "v"], ["last"], pads=[4090, 4090, 4090, 4090], strides=[4096, 4096])
    network(folder / "wide_pads.onnx", 32, 64, [wide], [("v", np.ones((64, 64, 3, 3), np.float32))])
    # Thousands of layers, and one whose name is a book.
    chain = [helper.make_node("Relu", ["maps" if i == 0 else f"relu{i - 1}"], [f"relu{i}"]) for i in range(19_000)]
    network(folder / "many_layers.onnx", 8, 4, chain)
    name = "\x1b[31mred\n" + "a" * 100_000
    network(folder / "long_name.onnx", 8, 4, [helper.make_node("Relu", ["maps"], [name])])
    network(folder / "small.onnx", 8, 4)
    network(folder / "another.onnx", 8, 6)


main(Path(sys.argv[1]))
