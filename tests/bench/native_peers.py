"""Milliseconds a masked pass of native peers, as JSON: python native_peers.py THREADS NETWORK...

onnxruntime runs the benchmark's ONNX files in its best batch of 1, 4 and 16; pytorch-grad-cam's ScoreCAM runs on torchvision's
networks of random weights, where both packages are installed.
"""

import json
import pathlib
import statistics
import sys
import time

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "target" / "networks" / "bench"
# torchvision's names and the layers that are explained.
TORCHVISION = {
    "squeezenet": ("squeezenet1_1", lambda m: m.classifier[2]),
    "googlenet": ("googlenet", lambda m: m.inception5b),
    "resnet18": ("resnet18", lambda m: m.layer4[-1]),
    "mobilenetv2": ("mobilenet_v2", lambda m: m.features[-1]),
    "vgg16": ("vgg16", lambda m: m.features[29]),
    "alexnet": ("alexnet", lambda m: m.features[11]),
}


def median_ms(run, images, rounds=5):
    run()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1000 / images)
    return statistics.median(times)


def onnxruntime_ms(network, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(FOLDER / f"{network}.onnx", options, providers=["CPUExecutionProvider"])
    [feed] = session.get_inputs()

    def in_batches_of(size):
        data = np.random.default_rng(0).normal(size=(size, 3, 224, 224)).astype(np.float32)
        return median_ms(lambda: session.run(None, {feed.name: data}), size)

    return min(in_batches_of(size) for size in (1, 4, 16))


def grad_cam_ms(network, threads):
    import torch
    import torchvision
    from pytorch_grad_cam import ScoreCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    torch.set_num_threads(threads)
    name, layer = TORCHVISION[network]
    model = getattr(torchvision.models, name)(weights=None).eval()
    shape = []
    hook = layer(model).register_forward_hook(lambda _module, _input, output: shape.append(output.shape[1]))
    data = torch.randn(1, 3, 224, 224)
    model(data)
    hook.remove()
    cam = ScoreCAM(model=model, target_layers=[layer(model)])
    return median_ms(lambda: cam(input_tensor=data, targets=[ClassifierOutputTarget(281)]), shape[0], rounds=1)


def main():
    threads, found = int(sys.argv[1]), []
    for network in sys.argv[2:]:
        for peer, measure in (("onnxruntime", onnxruntime_ms), ("pytorch-grad-cam", grad_cam_ms)):
            if peer == "pytorch-grad-cam" and network not in TORCHVISION:
                continue
            try:
                found.append({"network": network, "peer": peer, "ms": measure(network, threads)})
            except ImportError as missing:
                print(f"{peer}: {missing}", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    # tqdm and warnings go to stderr; stdout is the JSON alone.
    main()
