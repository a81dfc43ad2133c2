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
    yield from parts_of_transformers()
    yield from moved_numbers()


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


class Graph:
    """Nodes and weights of a network, written down one after the other."""

    def __init__(self, channels=8):
        self.nodes, self.weights, self.last, self.channels = [], {}, "conv.relu", channels

    def __call__(self, operator, *inputs, **attributes):
        """A node of `inputs`, the last one's output first if there is none; numbers become weights. Answers with its output."""
        inputs = inputs or (self.last,)
        names = [value if isinstance(value, str) else self.weight(value) for value in inputs]
        self.last = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [self.last], **attributes))
        return self.last

    def weight(self, value):
        value = np.asarray(value)
        value = value.astype(np.float32) if value.dtype == np.float64 else value
        self.weights[f"c{len(self.weights)}"] = value
        return f"c{len(self.weights) - 1}"

    def tokens(self):
        """The convolution's maps as tokens [1, positions, channels]."""
        return self("Transpose", self("Reshape", "conv.relu", np.array([1, self.channels, SIDE * SIDE])), perm=[0, 2, 1])

    def normalised(self, x, axis=-1, size=None):
        """Layer normalisation in operators of old: powers, roots and quotients."""
        centred = self("Sub", x, self("ReduceMean", x, axes=[axis]))
        variance = self("ReduceMean", self("Pow", centred, 2.0), axes=[axis])
        quotient = self("Div", centred, self("Sqrt", self("Add", variance, 1e-5)))
        size = size or self.channels
        return self("Add", self("Mul", quotient, draw(size)), draw(size))

    def case(self, name, opset=17):
        """`last`, whatever its shape, and a classifier of all its numbers."""
        flat = self("Flatten", axis=0)
        count = self.count()
        self("MatMul", flat, draw(count, 3) / count**0.5)
        self.nodes[-1].output[0] = "scores"
        conv = [helper.make_node("Conv", ["data", "w", "b"], ["conv"], pads=[1] * 4), helper.make_node("Relu", ["conv"], ["conv.relu"])]
        own = {"w": draw(self.channels, 3, 3, 3) * 0.4, "b": draw(self.channels) * 0.1}
        return save(name, conv + self.nodes, own | self.weights, opset, "conv.relu") | {"hasMoreLayers": True}

    def count(self):
        """The numbers that the last node makes."""
        return int(np.prod(self.shape(self.last)))

    def shape(self, name):
        weights = {"w": np.zeros((self.channels, 3, 3, 3), np.float32)} | self.weights
        data = helper.make_tensor_value_info("data", TensorProto.FLOAT, (1, 3, SIDE, SIDE))
        nodes = [helper.make_node("Conv", ["data", "w"], ["conv.relu"], pads=[1] * 4), *self.nodes]
        graph = helper.make_graph(nodes, "shape", [data], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)],
                                  [numpy_helper.from_array(np.asarray(value), key) for key, value in weights.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = min(7, model.ir_version)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, {"data": np.zeros((1, 3, SIDE, SIDE), np.float32)})[0].shape


def attention(graph, x, heads, channels, scale=None, added=None, fused=True):
    """Self-attention of tokens [1, n, channels], by one projection for all three or one for each."""
    n, size = graph.shape(x)[1], channels // heads
    split = lambda t: graph("Transpose", graph("Reshape", t, np.array([1, n, heads, size])), perm=[0, 2, 1, 3])
    if fused:
        qkv = graph("Add", graph("MatMul", x, draw(channels, 3 * channels) * 0.4), draw(3 * channels) * 0.1)
        parts = graph("Transpose", graph("Reshape", qkv, np.array([1, n, 3, heads, size])), perm=[2, 0, 3, 1, 4])
        q, k, v = (graph("Gather", parts, np.array(i), axis=0) for i in range(3))
    else:
        q, k, v = (split(graph("Add", graph("MatMul", x, draw(channels, channels) * 0.4), draw(channels) * 0.1)) for _ in range(3))
    k = graph("Transpose", k, perm=[0, 1, 3, 2])
    q = graph("Mul", q, size**-0.5) if scale == "queries" else q
    scores = graph("MatMul", q, k)
    scores = graph("Div", scores, size**0.5) if scale == "scores" else scores
    scores = graph("Add", scores, added) if added is not None else scores
    made = graph("MatMul", graph("Softmax", scores, axis=-1), v)
    joined = graph("Reshape", graph("Transpose", made, perm=[0, 2, 1, 3]), np.array([1, n, channels]))
    return graph("Add", graph("MatMul", joined, draw(channels, channels)), x)


def parts_of_transformers():
    """Tokens, normalisation and attention, as exporters write them."""
    graph = Graph(8)
    graph("LayerNormalization", graph("Transpose", perm=[0, 2, 3, 1]), draw(8), draw(8), axis=-1, epsilon=1e-6)
    graph("Transpose", graph("Sigmoid"), perm=[0, 3, 1, 2])
    yield graph.case("own_layer_normalization")
    graph = Graph(6)
    graph.normalised(graph.tokens())
    yield graph.case("own_layer_normalization_of_old", opset=12)
    for name, options in [
        ("attention", dict(scale="queries")),
        ("attention_by_parts", dict(scale="scores", fused=False)),
        ("attention_with_pattern", dict(added=draw(1, 2, SIDE**2, SIDE**2), scale="scores")),
        ("attention_with_one_pattern", dict(added=draw(SIDE**2, SIDE**2), fused=False, scale="queries")),
    ]:
        graph = Graph(8)
        attention(graph, graph.tokens(), 2, 8, **options)
        yield graph.case(f"own_{name}")
    graph = Graph(8)
    tokens = graph("Concat", draw(1, 2, 8), graph.tokens(), axis=1)
    tokens = graph("Add", tokens, draw(1, SIDE**2 + 2, 8))
    tokens = attention(graph, graph.normalised(tokens), 2, 8, scale="queries")
    graph("Gather", tokens, np.array(0), axis=1)
    yield graph.case("own_class_token", opset=12)
    graph = Graph(8)
    tokens = graph.tokens()
    hidden = graph("Add", graph("MatMul", tokens, draw(8, 20)), draw(20))
    graph("Add", tokens, graph("MatMul", graph("Mul", hidden, graph("Sigmoid", hidden)), draw(20, 8)))
    graph("ReduceMean", axes=[1], keepdims=0)
    yield graph.case("own_tokens_and_their_mean")
    graph = Graph(8)
    mixed = graph("MatMul", graph("Transpose", graph.tokens(), perm=[0, 2, 1]), draw(SIDE**2, 12) * 0.2)
    graph("Transpose", graph("Relu", mixed), perm=[0, 2, 1])
    yield graph.case("own_layer_over_tokens")
    graph = Graph(4)
    maps = graph("Transpose", perm=[0, 2, 3, 1])
    padded = graph("Pad", maps, np.array([0, 0, 0, 0, 0, 1, 1, 0]), np.float32(0))
    corners = [graph("Slice", padded, np.array(at), np.array([10, 10]), np.array([1, 2]), np.array([2, 2]))
               for at in ([0, 0], [1, 0], [0, 1], [1, 1])]
    graph("MatMul", graph.normalised(graph("Concat", *corners, axis=3), size=16), draw(16, 8))
    yield graph.case("own_neighbours_put_together", opset=13)
    graph = Graph(8)
    maps = graph("Transpose", perm=[0, 2, 3, 1])
    rolled = graph("Concat", graph("Slice", maps, np.array([2]), np.array([99]), np.array([1])),
                   graph("Slice", maps, np.array([0]), np.array([2]), np.array([1])), axis=1)
    windows = graph("Transpose", graph("Reshape", rolled, np.array([1, 3, 3, 3, 3, 8])), perm=[0, 1, 3, 2, 4, 5])
    windows = graph("Reshape", windows, np.array([9, 9, 8]))
    qkv = graph("Reshape", graph("MatMul", windows, draw(8, 24) * 0.5), np.array([9, 9, 3, 2, 4]))
    q, k, v = (graph("Squeeze", graph("Slice", graph("Transpose", qkv, perm=[2, 0, 3, 1, 4]), np.array([i]), np.array([i + 1]), np.array([0])),
                     np.array([0])) for i in range(3))
    scores = graph("Add", graph("MatMul", q, graph("Transpose", k, perm=[0, 1, 3, 2])), draw(1, 2, 9, 9))
    scores = graph("Add", graph("Reshape", scores, np.array([1, 9, 2, 9, 9])), draw(1, 9, 1, 9, 9) * 2)
    weights = graph("Softmax", graph("Reshape", scores, np.array([9, 2, 9, 9])), axis=-1)
    made = graph("Reshape", graph("Transpose", graph("MatMul", weights, v), perm=[0, 2, 1, 3]), np.array([1, 3, 3, 3, 3, 8]))
    graph("Add", maps, graph("Reshape", graph("Transpose", made, perm=[0, 1, 3, 2, 4, 5]), np.array([1, 9, 9, 8])))
    yield graph.case("own_shifted_windows", opset=13)
    for name, options in [("stride_of_three", dict(kernel=3, strides=[3, 3])), ("stride_of_five", dict(kernel=7, strides=[5, 5], pads=[3] * 4)),
                          ("depthwise_of_seven", dict(kernel=7, pads=[3] * 4, group=8)), ("depthwise_of_five", dict(kernel=5, pads=[2] * 4, group=8))]:
        kernel, group = options.pop("kernel"), options.get("group", 1)
        graph = Graph(8)
        graph("Sigmoid", graph("Conv", "conv.relu", draw(8, 8 // group, kernel, kernel) * 0.3, draw(8), **options))
        yield graph.case(f"own_{name}")


def moved_numbers():
    """Chains of transposes, reshapes, slices and pads on random shapes, and a function of what comes out."""
    for number in range(16):
        graph = Graph(int(random.choice([4, 8, 12, 24])))
        if number % 2:
            graph("Transpose", perm=[0, 2, 3, 1])
        for _ in range(int(random.integers(3, 9))):
            shape = graph.shape(graph.last)
            axis = int(random.integers(1, len(shape)))
            kind = random.choice(["transpose", "split", "join", "slice", "pad", "roll", "step"])
            if kind == "transpose":
                graph("Transpose", perm=[0, *(1 + random.permutation(len(shape) - 1)).tolist()])
            elif kind == "split" and len(shape) < 6:
                parts = [part for part in range(2, shape[axis]) if shape[axis] % part == 0]
                if parts:
                    part = int(random.choice(parts))
                    graph("Reshape", graph.last, np.array([*shape[:axis], part, shape[axis] // part, *shape[axis + 1 :]]))
            elif kind == "join" and 1 < axis and len(shape) > 3:
                graph("Reshape", graph.last, np.array([*shape[: axis - 1], shape[axis - 1] * shape[axis], *shape[axis + 1 :]]))
            elif kind == "slice" and shape[axis] > 4:
                start = int(random.integers(0, 3))
                graph("Slice", graph.last, np.array([start]), np.array([shape[axis] - int(random.integers(0, 2))]), np.array([axis]))
            elif kind == "step" and shape[axis] > 4:
                graph("Slice", graph.last, np.array([1]), np.array([shape[axis]]), np.array([axis]), np.array([2]))
            elif kind == "pad" and np.prod(shape) < 4000:
                pads = np.zeros(2 * len(shape), int)
                pads[axis], pads[axis + len(shape)] = random.integers(0, 3, 2)
                graph("Pad", graph.last, pads, np.float32(0))
            elif kind == "roll" and shape[axis] > 2:
                last, cut = graph.last, int(random.integers(1, shape[axis]))
                graph("Concat", graph("Slice", last, np.array([cut]), np.array([shape[axis]]), np.array([axis])),
                      graph("Slice", last, np.array([0]), np.array([cut]), np.array([axis])), axis=axis)
        graph("Sigmoid")
        yield graph.case(f"moved_{number}", opset=13)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    cases = list(all_cases())
    (FOLDER / "operators.json").write_text(json.dumps(cases) + "\n")
    print(f"{len(cases)} networks in {FOLDER}")
