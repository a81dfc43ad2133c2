#!/usr/bin/env bash
# A Slurm array: each task does its part of a folder. Submit it with as many tasks as there shall be parts:
#
#   sbatch --array=1-8 --cpus-per-task=8 cluster/slurm.sh PICTURES OUT [OPTIONS OF scorecam batch...]
#
# A task that is lost is submitted again with the same array: what has a line is not done again.
#SBATCH --job-name=scorecam
#SBATCH --requeue
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: sbatch --array=1-N cluster/slurm.sh PICTURES OUT [OPTIONS...]" >&2; exit 1; }
pictures=$1 out=$2
shift 2
# The array may begin at any number.
part=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))/$SLURM_ARRAY_TASK_COUNT
exec "${SCORECAM:-scorecam}" batch "$pictures" --out "$out" --shard "$part" --threads "${SLURM_CPUS_PER_TASK:-1}" "$@"
