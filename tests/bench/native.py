"""The command line beside onnxruntime and PyTorch, natively, in one run: python native.py [--threads N] NAME|FILE...

A NAME is a network of torchvision that export_torchvision.py has written; PyTorch runs it as it is, in its best batch of 1, 4 and 16.
A FILE is any ONNX file of a fixed input. A pass of ours has its mask and its masked picture in it (occlusion's 169); one of
onnxruntime is a run of the session on one picture that is there. Medians of milliseconds. Needs a release build:

    cargo build --release
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import numpy as np
import onnxruntime
from native_peers import FOLDER, median_ms

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = 3


def ours_ms(path, threads):
    """Of passes of occlusion, which are the same for every network."""
    with tempfile.TemporaryDirectory() as out:
        command = [ROOT / "target/release/scorecam", "explain", ROOT / "www/samples/chelsea.png", "--model", path]
        command += ["--method", "occlusion", "--threads", str(threads), "--out", out]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        report = json.loads((pathlib.Path(out) / "chelsea.json").read_text())
    return report["timings"]["scoreMs"] / report["diagnostics"]["scoredChannels"]


def onnxruntime_ms(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    [feed] = session.get_inputs()
    data = np.random.default_rng(0).normal(size=feed.shape).astype(np.float32)
    return median_ms(lambda: session.run(None, {feed.name: data}), 1, rounds=10)


def pytorch_ms(name, threads):
    try:
        import torch
        import torchvision
    except ImportError:
        return None
    torch.set_num_threads(threads)
    make = getattr(torchvision.models, name, None)
    if make is None:
        return None
    network = make(weights=None).eval()
    with torch.no_grad():
        return min(median_ms(lambda: network(torch.randn(size, 3, 224, 224)), size) for size in (1, 4, 16))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("networks", nargs="+")
    asked = parser.parse_args()
    print("| network | scorecam | onnxruntime | ratio | PyTorch | ratio |\n|---|---|---|---|---|---|")
    for network in asked.networks:
        path = pathlib.Path(network) if network.endswith(".onnx") else FOLDER / f"{network}.onnx"
        ours = statistics.median(ours_ms(path, asked.threads) for _ in range(ROUNDS))
        theirs, torch = onnxruntime_ms(path, asked.threads), pytorch_ms(path.stem, asked.threads)
        beside = f"{torch:.1f} ms | {torch / ours:.2f} |" if torch else "- | - |"
        print(f"| {path.stem} | {ours:.1f} ms | {theirs:.1f} ms | {theirs / ours:.2f} | {beside}", flush=True)


main()
