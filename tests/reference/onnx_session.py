"""An ONNX file in onnxruntime, as the recipes need it."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper


class Network:
    """An ONNX file in onnxruntime: logits of a tensor [3, H, W] in float64, and one layer's activations.

    A softmax at the end is taken off. `order` is that of the colour channels, `mean` and `std` are in that order.
    """

    def __init__(self, path, layer, mean, std, order="rgb"):
        model = onnx.load(path)
        last = next(node for node in model.graph.node if model.graph.output[0].name in node.output)
        if last.op_type == "Softmax":
            model.graph.output[0].CopyFrom(helper.make_tensor_value_info(last.input[0], TensorProto.FLOAT, None))
        model.graph.output.append(helper.make_tensor_value_info(layer, TensorProto.FLOAT, None))
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.logits = self.session.get_outputs()[0].name
        self.layer, self.mean, self.std, self.order = layer, np.array(mean), np.array(std), order

    def to_tensor(self, pixels):
        pixels = np.asarray(pixels, np.float64)
        pixels = pixels[..., ::-1] if self.order == "bgr" else pixels
        return ((pixels - self.mean) / self.std).transpose(2, 0, 1)

    def run(self, tensor, output):
        return self.session.run([output], {self.input: tensor[None].astype(np.float32)})[0][0].astype(np.float64)

    def classify(self, tensor):
        return self.run(tensor, self.logits).ravel()

    def activations(self, tensor):
        return self.run(tensor, self.layer)


def rounded(values):
    return [float(f"{value:.9g}") for value in np.asarray(values).ravel()]
