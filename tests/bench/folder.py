"""A folder of pictures by the page in Chromium, by the command line, by two workers of a Dask
cluster and by pytorch-grad-cam's ScoreCAM, by turns in one run:

    python folder.py [COUNT] [--method NAME] [--threads N]

EfficientNet-Lite0, every picture's most probable class, files read and decoded by all. Prints pictures an hour; what a kill costs is the time
that a run takes which is killed in the middle and goes on, beyond that of one that is not. Needs dist/, a release build, torch, grad-cam,
distributed and the packages of tests/reference.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import torch
from PIL import Image
from pytorch_grad_cam import GradCAM, ScoreCAM

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/reference"), str(ROOT / "tests/bench")]
import numpy as np  # noqa: E402
from catalogue import opened  # noqa: E402
from make_folder import main as make_folder  # noqa: E402
from torch_of_onnx import Torch  # noqa: E402

PROGRAM = ROOT / "target/release/scorecam"
THEIRS = {"score-cam": ScoreCAM, "grad-cam": GradCAM}
# What grad-cam's ScoreCAM runs at a time: its default, which was the fastest of 1, 16 and 64 here.
BATCH = 16


def lines(folder):
    return sum(file.read_text().count("\n") for file in pathlib.Path(folder).glob("results*.jsonl"))


def command_line(pictures, out, options, threads):
    return [str(word) for word in [PROGRAM, "batch", pictures, "--out", out, "--models", ROOT / "models", "--threads", threads, *options]]


def alone(pictures, options, threads):
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        subprocess.run(command_line(pictures, out, options, threads), check=True, stderr=subprocess.DEVNULL)
        return time.perf_counter() - started


def killed(pictures, options, threads, count):
    """Killed as soon as half is done, then begun again at once."""
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        child = subprocess.Popen(command_line(pictures, out, options, threads), stderr=subprocess.DEVNULL)
        while lines(out) < count // 2:
            time.sleep(0.01)
        # In the middle of a picture.
        time.sleep(0.5 * (time.perf_counter() - started) / max(1, lines(out)))
        child.send_signal(signal.SIGKILL)
        child.wait()
        subprocess.run(command_line(pictures, out, options, threads), check=True, stderr=subprocess.DEVNULL)
        return time.perf_counter() - started


def two_workers(pictures, options):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "results.jsonl"
        started = time.perf_counter()
        words = [sys.executable, ROOT / "cluster/dask_batch.py", "--workers", "2", "--out", out, pictures, "--"]
        words += ["--models", ROOT / "models", "--maps", "line", *options]
        environment = {**os.environ, "SCORECAM": str(PROGRAM)}
        subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert all(json.loads(line)["status"] == "explained" for line in out.read_text().splitlines())
        return time.perf_counter() - started


def page(pictures, options):
    words = ["node", ROOT / "tests/bench/folder_page.js", pictures, *options[1::2]]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def theirs(pictures, method, threads):
    torch.set_num_threads(threads)
    path, layer, session = opened("efficientnet_lite0")
    model = Torch(path, layer).eval()
    cam = THEIRS[method](model=model, target_layers=[model.tap])
    cam.batch_size = BATCH
    started = time.perf_counter()
    for file in sorted(pathlib.Path(pictures).rglob("*.jpg")):
        pixels = np.asarray(Image.open(file).convert("RGB").resize((224, 224), Image.Resampling.BILINEAR))
        cam(input_tensor=torch.tensor(session.to_tensor(pixels)[None], dtype=torch.float32).requires_grad_(),
            targets=None)
    return time.perf_counter() - started


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=28)
    parser.add_argument("--method", choices=THEIRS, default="score-cam")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    options = ["--method", asked.method]
    if asked.method == "score-cam":
        options += ["--recipe", "pytorch-grad-cam"]
    with tempfile.TemporaryDirectory() as pictures:
        make_folder(pathlib.Path(pictures), asked.count)
        runs = {
            "the page": lambda: page(pictures, options),
            "scorecam batch": lambda: alone(pictures, options, asked.threads),
            "Dask, two workers": lambda: two_workers(pictures, options),
            "scorecam batch, killed in the middle": lambda: killed(pictures, options, asked.threads, asked.count),
            "pytorch-grad-cam": lambda: theirs(pictures, asked.method, asked.threads),
        }
        print(f"| {asked.count} pictures by {asked.method} | seconds | an hour |\n|---|---|---|")
        for name, run in runs.items():
            seconds = run()
            print(f"| {name} | {seconds:.1f} | {3600 * asked.count / seconds:,.0f} |", flush=True)


main()
