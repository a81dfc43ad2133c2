"""Explains pictures on a Spark cluster: each partition is piped through `scorecam batch`, one network load a partition.

    spark-submit cluster/spark_pipe.py list.jsonl OUT [OPTIONS of scorecam batch...]

The list has an object a line, as `scorecam batch --manifest` reads it, with paths that mean the same on every machine; OUT becomes a
folder of lines. Spark does a partition that is lost from its beginning, so partitions are small: 64 pictures.
"""

import shlex
import sys

from pyspark.sql import SparkSession

PICTURES_A_PARTITION = 64


def main(listed: str, out: str, options: list[str]) -> None:
    context = SparkSession.builder.appName("scorecam").getOrCreate().sparkContext
    pictures = context.textFile(listed)
    parts = max(1, pictures.count() // PICTURES_A_PARTITION)
    command = ["scorecam", "batch", "--manifest", "-", "--format", "jsonl", "--out", "-", *options]
    # Code 3 says that some pictures failed, which their lines say too: to Spark the partition is done.
    piped = f"{shlex.join(command)} || [ $? -eq 3 ]"
    pictures.repartition(parts).pipe(shlex.join(["sh", "-c", piped]), checkCode=True).saveAsTextFile(out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
