"""The Slurm script as Slurm calls it, a task after the other."""

import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = Path(os.environ.get("SCORECAM", ROOT / "target/debug/scorecam"))


def test_the_tasks_of_an_array_have_every_picture_once(tmp_path):
    pictures, out = tmp_path / "my pictures", tmp_path / "out"
    pictures.mkdir()
    for number in range(9):
        shutil.copy(ROOT / "www/samples/rocket.jpg", pictures / f"{number}.jpg")
    array = {"SLURM_ARRAY_TASK_MIN": "4", "SLURM_ARRAY_TASK_COUNT": "3", "SCORECAM": str(PROGRAM)}
    for task in range(4, 7):
        environment = {**os.environ, **array, "SLURM_ARRAY_TASK_ID": str(task), "SLURM_CPUS_PER_TASK": "2"}
        words = [ROOT / "cluster/slurm.sh", pictures, out, "--method", "recipro-cam", "--models", ROOT / "models"]
        subprocess.run(words, env=environment, check=True)
    lines = [json.loads(line) for file in out.glob("results.*.jsonl") for line in file.read_text().splitlines()]
    assert sorted(Path(line["id"]).name for line in lines) == [f"{number}.jpg" for number in range(9)]
