"""Explains many pictures on the machines of a Dask cluster: each keeps one `scorecam batch` running and feeds it line by line.

    python cluster/dask_batch.py --workers 2 --out results.jsonl PICTURES... -- --method recipro-cam
    python cluster/dask_batch.py --scheduler tcp://head:8786 --out results.jsonl --manifest list.jsonl -- --maps line

PICTURES are files or folders; a manifest has an object a line, as `scorecam batch --manifest` reads it. What follows `--` goes to
`scorecam batch`. Paths have to mean the same on every machine, and each has to have the program (SCORECAM names it if it is not on the
PATH). Every picture has one line in the end: what a machine that is lost was at is given to another, and what has a line already is
not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Iterator

from distributed import Client, LocalCluster, WorkerPlugin, as_completed, get_worker

NAME = "scorecam"
ENDINGS = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"}
# Pictures that wait at the cluster: a folder of millions is not sent at once.
UNDER_WAY = 1000


class Program(WorkerPlugin):
    """`scorecam batch` with lines in and lines out, for as long as the worker lives; the network is loaded once."""

    name = NAME

    def __init__(self, options: list[str]) -> None:
        self.options = options

    def setup(self, worker: Any) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[str] | None = None

    def teardown(self, worker: Any) -> None:
        if self.process:
            self.process.kill()

    def ask(self, picture: dict[str, Any]) -> dict[str, Any]:
        """The line of a picture."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self.process = self.start()
            assert self.process.stdin and self.process.stdout
            try:
                self.process.stdin.write(json.dumps(picture) + "\n")
                self.process.stdin.flush()
                line = self.process.stdout.readline()
            except BrokenPipeError:
                line = ""
            if not line:
                raise RuntimeError(f"scorecam ended with code {self.process.wait()} at {picture['image']!r}")
            return json.loads(line)

    def start(self) -> subprocess.Popen[str]:
        program = os.environ.get("SCORECAM", "scorecam")
        # Lines are JSON, whose texts have no line breaks of their own.
        command = [program, "batch", "--manifest", "-", "--format", "jsonl", "--out", "-", "--together", "1"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command + self.options, text=True, encoding="utf-8", **pipes)


def explain(picture: dict[str, Any]) -> dict[str, Any]:
    """Runs on a worker."""
    return get_worker().plugins[NAME].ask(picture)


def pictures(paths: list[Path], manifest: Path | None) -> Iterator[dict[str, Any]]:
    """What is asked about, each with an id."""
    if manifest:
        with open(manifest, encoding="utf-8") as lines:
            for line in filter(str.strip, lines):
                picture = json.loads(line)
                picture.setdefault("image", picture.pop("path", None))
                yield {"id": picture["image"], **picture}
        return
    for path in paths:
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in below:
            if file == path or (file.suffix.lower() in ENDINGS and not file.name.startswith(".")):
                yield {"id": str(file), "image": str(file)}


def whole_lines(out: Path) -> set[str]:
    """The ids that have a line; half a line that a stop left behind is taken away."""
    if not out.exists():
        return set()
    data = out.read_bytes()
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.truncate(out, end)
    return {json.loads(line)["id"] for line in data[:end].splitlines()}


def run(client: Client, wanted: Iterator[dict[str, Any]], out: Path, options: list[str]) -> int:
    """Adds a line to `out` for every picture that has none; answers with how many failed."""
    client.register_plugin(Program(options))
    done = whole_lines(out)
    fresh = (picture for picture in wanted if picture["id"] not in done and not done.add(picture["id"]))
    failed = 0
    with open(out, "a", encoding="utf-8") as lines:
        names: dict[str, str] = {}
        going = as_completed()

        def more(count: int) -> None:
            for picture, _ in zip(fresh, range(count)):
                # A worker that is lost is no fault of the picture, but the scheduler gives up what four were lost at.
                future = client.submit(explain, picture, key=f"{NAME}-{picture['id']}", retries=2)
                names[future.key] = picture["id"]
                going.add(future)

        more(UNDER_WAY)
        for future in going:
            name = names.pop(future.key)
            if future.status == "finished":
                line = future.result()
            else:
                message = f"The cluster gave it up: {future.exception()}."
                error = {"kind": "internal", "code": "cluster", "message": message, "hint": ""}
                line = {"id": name, "status": "failed", "error": error}
            failed += line["status"] == "failed"
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            lines.flush()
            future.release()
            more(1)
    return failed


def main() -> int:
    own, options = sys.argv[1:], []
    if "--" in own:
        at = own.index("--")
        own, options = own[:at], own[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--manifest", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="file of lines")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--scheduler", help="address of a cluster that runs")
    where.add_argument("--workers", type=int, help="processes on this machine, which share its cores")
    asked = parser.parse_args(own)
    wanted = pictures(asked.pictures, asked.manifest)
    if asked.scheduler:
        with Client(asked.scheduler) as client:
            failed = run(client, wanted, asked.out, options)
    else:
        threads = max(1, (os.cpu_count() or 1) // asked.workers)
        with LocalCluster(n_workers=asked.workers, threads_per_worker=1, dashboard_address=None) as cluster:
            with Client(cluster) as client:
                failed = run(client, wanted, asked.out, ["--threads", str(threads), *options])
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
