"""Small networks with what exporters write and loaders stumble over, and what onnxruntime makes of them.

    python tests/reference/make_operators.py      # tests/fixtures/operators/*.onnx and operators.json

Each is a convolution, the operators in question, a mean over space and a linear classifier of three classes.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).parent.parent / "fixtures" / "operators"
SIDE = 9  # odd, so that strides and ceilings show
random = np.random.default_rng(5)


def save(name, nodes, weights, opset, layer, shape=(1, 3, SIDE, SIDE), end="scores", logits=None, producer="scorecam-tests"):
    """Writes a network and answers with what it makes of a seeded input: logits before `end`, and the layer's maps."""
    weights = [numpy_helper.from_array(np.asarray(value), key) for key, value in weights.items()]
    info = lambda key, dims: helper.make_tensor_value_info(key, TensorProto.FLOAT, dims)
    model = helper.make_model(helper.make_graph(nodes, name, [info("data", shape)], [info(end, None)], weights),
                              opset_imports=[helper.make_opsetid("", opset)], producer_name=producer)
    model.ir_version = min(7, model.ir_version)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
    channels_last = shape[1] != 3
    model.graph.output.extend([info(key, None) for key in dict.fromkeys((logits or end, layer)) if key != end])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    data = random.normal(size=(3, SIDE, SIDE)).astype(np.float32)
    fed = data.transpose(1, 2, 0) if channels_last else data
    scores, maps = session.run([logits or end, layer], {"data": fed[None]})
    maps = maps[0].transpose(2, 0, 1) if channels_last else maps[0]
    flat = lambda values: [float(f"{value:.8g}") for value in np.ravel(values)]
    return {"name": name, "layer": layer, "shape": list(maps.shape), "input": flat(data), "logits": flat(scores),
            "activations": flat(maps)}


def draw(*shape):
    return random.normal(size=shape).astype(np.float32)


def case(name, middle, layer, opset=12, tail=None, channels=4, **options):
    """`middle` are the nodes from "conv.relu" to `layer`; `tail` those from the mean to the scores."""
    weights = {"w": draw(channels, 3, 3, 3) * 0.4, "b": draw(channels) * 0.1, "fc": draw(3, channels), "fb": draw(3)}
    weights |= options.pop("weights", {})
    nodes = options.pop("head", None) or [helper.make_node("Conv", ["data", "w", "b"], ["conv"], pads=[1] * 4)]
    nodes += [helper.make_node("Relu", ["conv"], ["conv.relu"]), *middle]
    nodes += [helper.make_node("GlobalAveragePool", [nodes[-1].output[0]], ["mean"])]
    nodes += tail or [helper.make_node("Flatten", ["mean"], ["flat"]),
                      helper.make_node("Gemm", ["flat", "fc", "fb"], ["scores"], transB=1)]
    return save(name, nodes, weights, opset, layer, **options)


def after_relu(operator, output="x", inputs=(), **attributes):
    return [helper.make_node(operator, ["conv.relu", *inputs], [output], **attributes)]


def classifier(*ends):
    """From "mean" over "logits" through `ends`, each an operator with its attributes."""
    nodes = [helper.make_node("Flatten", ["mean"], ["flat"]), helper.make_node("Gemm", ["flat", "fc", "fb"], ["logits"], transB=1)]
    for position, (operator, inputs, attributes) in enumerate(ends):
        output = "scores" if position == len(ends) - 1 else f"end{position}"
        nodes.append(helper.make_node(operator, [nodes[-1].output[0], *inputs], [output], **attributes))
    return nodes


def head(**attributes):
    return [helper.make_node("Conv", ["data", "w", "b"], ["conv"], **attributes)]


def all_cases():
    pool = dict(kernel_shape=[2, 2], strides=[2, 2])
    norm = {key: value for key, value in zip(("g", "be", "m", "v"), (draw(4), draw(4), draw(4), np.abs(draw(4)) + 0.5))}
    yield case("reshape_to_a_constant_batch", [], "conv.relu", tail=[
        helper.make_node("Reshape", ["mean", "shape"], ["flat"]),
        helper.make_node("Gemm", ["flat", "fc", "fb"], ["scores"], transB=1)], weights={"shape": np.array([1, 4])})
    yield case("dropout_of_opset_7", after_relu("Dropout", ratio=0.5), "conv.relu", opset=7)
    yield case("dropout_of_opset_13", after_relu("Dropout"), "conv.relu", opset=13)
    yield case("lrn", after_relu("LRN", size=3, alpha=0.1, beta=0.75, bias=1.0), "x")
    for opset in (7, 9, 15):
        yield case(f"batch_normalization_of_opset_{opset}", after_relu("BatchNormalization", inputs=norm, epsilon=1e-3), "x",
                   opset=opset, weights=norm)
    yield case("max_pool_with_ceiling", after_relu("MaxPool", ceil_mode=1, **pool), "conv.relu")
    yield case("average_pool_with_ceiling", after_relu("AveragePool", ceil_mode=1, **pool), "conv.relu", opset=19)
    yield case("average_pool_that_counts_padding",
               after_relu("AveragePool", count_include_pad=1, pads=[1] * 4, kernel_shape=[3, 3], strides=[2, 2]), "conv.relu")
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        yield case(f"convolution_auto_pad_{mode.lower()}", [], "conv.relu", head=head(auto_pad=mode, strides=[2, 2]))
        yield case(f"max_pool_auto_pad_{mode.lower()}", after_relu("MaxPool", auto_pad=mode, **pool), "conv.relu")
    yield case("dilated_convolution", [], "conv.relu", head=head(dilations=[2, 2], pads=[2] * 4))
    yield case("unequal_padding", [], "conv.relu", head=head(strides=[2, 2], pads=[0, 0, 1, 1]))
    yield case("separate_padding", [helper.make_node("Pad", ["conv.relu", "pads"], ["padded"]),
                                    helper.make_node("Conv", ["padded", "w2"], ["x"], strides=[2, 2], group=4)], "x",
               weights={"pads": np.array([0, 0, 0, 0, 0, 0, 1, 1]), "w2": draw(4, 1, 3, 3)})
    yield case("hard_swish_written_out", [
        helper.make_node("Add", ["conv.relu", "three"], ["a"]), helper.make_node("Clip", ["a", "zero", "six"], ["c"]),
        helper.make_node("Mul", ["conv.relu", "c"], ["m"]), helper.make_node("Div", ["m", "six"], ["x"])], "x",
        weights={"three": np.float32(3), "zero": np.float32(0), "six": np.float32(6)})
    yield case("squeeze_and_excitation", [
        helper.make_node("GlobalAveragePool", ["conv.relu"], ["s"]), helper.make_node("Conv", ["s", "w2"], ["e"]),
        helper.make_node("Sigmoid", ["e"], ["gate"]), helper.make_node("Mul", ["conv.relu", "gate"], ["x"])], "x",
        weights={"w2": draw(4, 4, 1, 1)})
    for opset in (7, 13):
        yield case(f"softmax_of_opset_{opset}", [], "conv.relu", opset=opset, logits="logits",
                   tail=classifier(("Softmax", [], {"axis": 1})))
    yield case("softmax_then_reshape", [], "conv.relu", logits="logits", weights={"shape": np.array([1, 3])},
               tail=classifier(("Softmax", [], {"axis": 1}), ("Reshape", ["shape"], {})))
    yield case("softmax_over_positions_of_one", [], "conv.relu", logits="logits", opset=9, weights={"k": draw(3, 4, 1, 1)}, tail=[
        helper.make_node("Conv", ["mean", "k"], ["logits"]), helper.make_node("Softmax", ["logits"], ["scores"], axis=1)])
    yield case("sigmoid_scores", [], "conv.relu", logits="logits", tail=classifier(("Sigmoid", [], {})))
    yield case("normalises_itself", [], "conv.relu", weights={"mean0": np.float32([[[124]], [[116]], [[104]]]), "std0": np.float32(58)},
               head=[helper.make_node("Sub", ["data", "mean0"], ["shifted"]), helper.make_node("Div", ["shifted", "std0"], ["scaled"]),
                     helper.make_node("Conv", ["scaled", "w", "b"], ["conv"], pads=[1] * 4)])
    weights = {"w": draw(4, 3, 3, 3), "fc": draw(4, 3), "fb": draw(3), "axes": np.array([1, 2])}
    yield save("channels_last", [
        helper.make_node("Transpose", ["data"], ["first"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["first", "w"], ["conv"], auto_pad="SAME_UPPER"),
        helper.make_node("Transpose", ["conv"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Relu", ["last"], ["last.relu"]),
        helper.make_node("ReduceMean", ["last.relu"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["mean", "fc"], ["product"]), helper.make_node("Add", ["product", "fb"], ["scores"]),
    ], weights, 13, "last.relu", shape=(1, SIDE, SIDE, 3), producer="tf2onnx")

    yield from activation_functions()


def activation_functions():
    """What modern networks put between their convolutions, as exporters write it. Names begin with "own_": the engine has all of it."""
    node = helper.make_node
    numbers = {name: np.float32(value) for name, value in
               dict(half=0.5, one=1, three=3, zero=0, six=6, root=2**0.5, cube=0.044715, slope=(2 / np.pi) ** 0.5).items()}

    def second(name, *nodes, channels=4, outputs=None, weights=(), opset=14, **attributes):
        outputs = outputs or channels
        inputs = channels // attributes.get("group", 1)
        own = {"w2": draw(outputs, inputs, 3, 3), "b2": draw(outputs), "fc": draw(3, outputs)} | numbers | dict(weights)
        conv = node("Conv", ["conv.relu", "w2", "b2"], ["y"], pads=[1] * 4, **attributes)
        return case(f"own_{name}", [conv, *nodes], nodes[-1].output[0], opset=opset, channels=channels, weights=own)

    yield second("swish", node("Sigmoid", ["y"], ["s"]), node("Mul", ["y", "s"], ["x"]), channels=9)
    yield second("gelu_by_erf", node("Div", ["y", "root"], ["d"]), node("Erf", ["d"], ["e"]), node("Add", ["e", "one"], ["a"]),
                 node("Mul", ["y", "a"], ["m"]), node("Mul", ["m", "half"], ["x"]), channels=8)
    yield second("gelu_by_tanh", node("Mul", ["y", "y"], ["y2"]), node("Mul", ["y2", "y"], ["y3"]), node("Mul", ["y3", "cube"], ["c"]),
                 node("Add", ["y", "c"], ["i"]), node("Mul", ["i", "slope"], ["j"]), node("Tanh", ["j"], ["t"]),
                 node("Add", ["one", "t"], ["a"]), node("Mul", ["y", "a"], ["m"]), node("Mul", ["half", "m"], ["x"]))
    yield second("hard_swish", node("HardSwish", ["y"], ["x"]), channels=6)
    yield second("hard_sigmoid_gate", node("HardSigmoid", ["y"], ["s"], alpha=1 / 6, beta=0.5), node("Mul", ["s", "y"], ["x"]))
    yield second("chain_of_functions", node("Abs", ["y"], ["a"]), node("Add", ["a", "one"], ["p"]), node("Sqrt", ["p"], ["r"]),
                 node("Neg", ["r"], ["n"]), node("Exp", ["n"], ["e"]), node("Sub", ["one", "e"], ["x"]), channels=5)
    yield second("function_that_others_read", node("Sigmoid", ["y"], ["s"]), node("Mul", ["s", "conv.relu"], ["m"]),
                 node("Sub", ["m", "s"], ["x"]), channels=5)
    yield second("gate_of_channels", node("GlobalAveragePool", ["y"], ["p"]), node("Conv", ["p", "w3"], ["q"]),
                 node("Sigmoid", ["q"], ["t"]), node("Mul", ["q", "t"], ["u"]), node("Conv", ["u", "w4"], ["v"]),
                 node("HardSigmoid", ["v"], ["g"], alpha=0.2, beta=0.5), node("Mul", ["g", "y"], ["x"]),
                 channels=10, weights={"w3": draw(3, 10, 1, 1), "w4": draw(10, 3, 1, 1)})
    yield second("differences_and_quotients", node("Sub", ["conv.relu", "y"], ["d"]), node("Mul", ["y", "y"], ["q"]),
                 node("Add", ["q", "one"], ["p"]), node("Div", ["d", "p"], ["e"]), node("Max", ["e", "y"], ["x"]), channels=8)
    norm = {"g": draw(16), "be": draw(16), "m": draw(16), "v": np.abs(draw(16)) + 0.5, "w3": draw(4, 16, 1, 1), "fc": draw(3, 4)}
    yield second("normalised_after_joining", node("Concat", ["conv.relu", "y"], ["j"], axis=1),
                 node("BatchNormalization", ["j", "g", "be", "m", "v"], ["n"]), node("Relu", ["n"], ["r"]),
                 node("Conv", ["r", "w3"], ["x"]), channels=8, weights=norm)
    yield second("groups_of_odd_size", node("Relu", ["y"], ["x"]), channels=12, group=2)
    yield second("groups_of_two", node("Relu", ["y"], ["x"]), channels=8, outputs=8, group=4)
    yield second("depthwise_that_multiplies", node("Relu", ["y"], ["x"]), channels=4, outputs=8, group=4)
    shuffle = [node("Reshape", ["y", "apart"], ["g"]), node("Transpose", ["g"], ["t"], perm=[0, 2, 1, 3, 4]),
               node("Reshape", ["t", "whole"], ["s"]), node("Split", ["s", "halves"], ["near", "far"], axis=1)]
    yield second("channel_shuffle", *shuffle, node("Conv", ["far", "w3"], ["f"]), node("Concat", ["near", "f", "conv.relu"], ["j"], axis=1),
                 node("Relu", ["j"], ["x"]), channels=6, opset=13,
                 weights={"apart": np.array([1, 2, 3, SIDE, SIDE]), "whole": np.array([1, 6, SIDE, SIDE]),
                          "halves": np.array([3, 3]), "w3": draw(3, 3, 1, 1), "fc": draw(3, 12)})
    yield second("slices_of_channels", node("Slice", ["y", "two", "seven", "axis"], ["s"]), node("Slice", ["y", "minus", "end", "axis"], ["e"]),
                 node("Concat", ["e", "s"], ["j"], axis=1), node("Sigmoid", ["j"], ["x"]), channels=8, opset=13,
                 weights={"two": np.array([2]), "seven": np.array([7]), "axis": np.array([1]), "minus": np.array([-3]),
                          "end": np.array([2**62]), "fc": draw(3, 8)})
    yield second("odd_blocks", node("Sigmoid", ["y"], ["s"]), node("Mul", ["y", "s"], ["x"]), channels=12, outputs=20)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    cases = list(all_cases())
    (FOLDER / "operators.json").write_text(json.dumps(cases) + "\n")
    print(f"{len(cases)} networks in {FOLDER}")
