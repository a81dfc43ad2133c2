"""The cluster's script on two workers of this machine, one of which is killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
from distributed import Client, LocalCluster
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "cluster"))
import dask_batch  # noqa: E402

PROGRAM = Path(os.environ.get("SCORECAM", ROOT / "target/debug/scorecam"))
OPTIONS = ["--method", "recipro-cam", "--models", str(ROOT / "models"), "--maps", "line", "--threads", "1"]
COUNT = 60


def make_pictures(folder: Path) -> None:
    sample = np.asarray(Image.open(ROOT / "www/samples/chelsea.png").convert("RGB"))
    for number in range(COUNT):
        Image.fromarray(np.roll(sample, 7 * number, axis=1)).save(folder / f"{number:02}.png")
    (folder / "broken.png").write_bytes(b"no picture")


def by_id(lines: str) -> dict[str, dict]:
    """Every line, without what depends on the machine's speed."""
    found = {}
    for line in map(json.loads, lines.splitlines()):
        line.pop("timings", None)
        assert line["id"] not in found, "a picture is there twice"
        found[line["id"]] = line
    return found


def alone(folder: Path) -> dict[str, dict]:
    run = subprocess.run([PROGRAM, "batch", folder, "--out", "-", *OPTIONS], capture_output=True, text=True)
    assert run.returncode == 3, run.stderr
    return by_id(run.stdout)


def test_a_worker_that_is_killed_costs_no_picture_and_none_is_done_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("SCORECAM", str(PROGRAM))
    folder, out = tmp_path / "pictures", tmp_path / "results.jsonl"
    folder.mkdir()
    make_pictures(folder)
    answers = []
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        wanted = dask_batch.pictures([folder], None)
        work = threading.Thread(target=lambda: answers.append(dask_batch.run(client, wanted, out, OPTIONS)))
        work.start()
        while not out.exists() or out.read_text().count("\n") < 15:
            assert work.is_alive(), "it ended before a worker could be killed"
            time.sleep(0.05)
        victim = next(iter(client.run(os.getpid).values()))
        os.kill(victim, signal.SIGKILL)
        assert out.read_text().count("\n") < COUNT, "all was done before the kill"
        work.join(timeout=120)
        assert not work.is_alive() and answers == [1]
    assert by_id(out.read_text()) == alone(folder)


def test_a_stop_leaves_lines_that_are_not_done_again(tmp_path, monkeypatch):
    monkeypatch.setenv("SCORECAM", str(PROGRAM))
    folder, out = tmp_path / "pictures", tmp_path / "results.jsonl"
    folder.mkdir()
    make_pictures(folder)
    expected = alone(folder)
    kept = dict(list(expected.items())[:50])
    marked = {name: {**line, "mark": 1} for name, line in kept.items()}
    out.write_text("".join(json.dumps(line) + "\n" for line in marked.values()) + '{"id": "ha')
    command = [sys.executable, ROOT / "cluster/dask_batch.py", "--workers", "2", "--out", out, folder, "--", *OPTIONS[:-2]]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == (3 if any(name.endswith("broken.png") for name in expected if name not in kept) else 0), run.stderr
    found = by_id(out.read_text())
    assert {name for name, line in found.items() if line.pop("mark", None)} == set(kept)
    assert found == expected
