"""What bench/peers/run runs inside the environment that it made."""

import json
import logging
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from running_server import RunningServer, program

START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 5_000_000


def report(peer: str, what: str, value: float, unit: str) -> None:
    print(json.dumps({"peer": peer, "what": what, "value": value, "unit": unit}), flush=True)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rows_of(default: int) -> int:
    return int(os.environ.get("ROWS", default))


def samples(rows: int) -> numpy.ndarray:
    """Six axes, in the precision of a sensor."""
    noise = numpy.random.default_rng(1).normal(0, 0.1, (rows, 6))
    return noise.astype(numpy.float32).astype(numpy.float64)


def python_client() -> None:
    """The published client writes to our server and reads from it."""
    from mosaicolabs import IMU, Message, MosaicoClient, Vector3d

    rows = rows_of(20_000)
    values = samples(rows).tolist()
    server = RunningServer()
    client = MosaicoClient.connect("127.0.0.1", server.port)

    def write(name: str, topics: int) -> None:
        with client.sequence_create(name, {}) as sequence:
            writers = [sequence.topic_create(f"imu_{i}", {}, IMU) for i in range(topics)]
            for row, (ax, ay, az, gx, gy, gz) in enumerate(values):
                writers[row % topics].push(Message(
                    timestamp_ns=START_NS + row * PERIOD_NS,
                    data=IMU(acceleration=Vector3d(x=ax, y=ay, z=az),
                             angular_velocity=Vector3d(x=gx, y=gy, z=gz))))

    def read(name: str) -> None:
        seen = sum(message.get_data(IMU) is not None
                   for _, message in client.sequence_handler(name).get_data_streamer())
        assert seen == rows, seen

    for topics in (1, 8):
        name = f"imu_{topics}"
        report("mosaicolabs 0.7.0", f"push {rows} IMU over {topics} topics, finalized",
               rows / seconds(lambda: write(name, topics)), "msg/s")
        report("mosaicolabs 0.7.0", f"read them, {topics} topics merged",
               rows / seconds(lambda: read(name)), "msg/s")
    client.close()
    server.stop()


def mcap() -> None:
    """MCAP's Python library, messages of 68 bytes, a local file, nothing synced."""
    from mcap.reader import make_reader
    from mcap.writer import CompressionType, Writer

    rows = rows_of(200_000)
    values = samples(rows).tolist()
    message = struct.Struct("<q6d3f")

    def write(path: Path, compression: CompressionType) -> None:
        with open(path, "wb") as file:
            writer = Writer(file, compression=compression)
            writer.start()
            schema = writer.register_schema(name="imu", encoding="none", data=b"")
            channel = writer.register_channel(topic="/imu", message_encoding="raw",
                                              schema_id=schema)
            for row, axes in enumerate(values):
                at = START_NS + row * PERIOD_NS
                writer.add_message(channel, log_time=at, publish_time=at, sequence=row,
                                   data=message.pack(at, *axes, 0, 0, 0))
            writer.finish()

    def read(path: Path) -> None:
        with open(path, "rb") as file:
            seen = sum(1 for _ in make_reader(file).iter_messages())
        assert seen == rows, seen

    with tempfile.TemporaryDirectory(prefix="mosaico-peers-") as directory:
        for compression in (CompressionType.NONE, CompressionType.ZSTD):
            path = Path(directory) / f"{compression.name}.mcap"
            name = f"{rows} messages of {message.size} bytes, compression {compression.name.lower()}"
            report("mcap for Python", f"write {name}",
                   rows / seconds(lambda: write(path, compression)), "msg/s")
            report("mcap for Python", f"read {name}", rows / seconds(lambda: read(path)), "msg/s")
            report("mcap for Python", f"file of {name}", path.stat().st_size / rows, "B/msg")


def imported_store(directory: Path, rows: int) -> list[str]:
    """The chunk files of an IMU topic that our tool recorded."""
    table = pa.table({
        "timestamp_ns": numpy.arange(rows, dtype=numpy.int64) * PERIOD_NS + START_NS,
        **{f"{vector}_{axis}": column for (vector, axis), column in zip(
            ((v, a) for v in ("acceleration", "angular_velocity") for a in "xyz"),
            samples(rows).T)}})
    pq.write_table(table, directory / "imu.parquet")
    subprocess.run(
        [program("mosaico"), "--store", str(directory / "store"), "import", "drive", "--topic",
         f"imu={directory / 'imu.parquet'},as=IMU"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return sorted(str(path) for path in (directory / "store" / "data").rglob("*.parquet"))


def pyarrow() -> None:
    """pyarrow reads our files, without us."""
    rows = rows_of(2_000_000)
    with tempfile.TemporaryDirectory(prefix="mosaico-peers-") as directory:
        files = imported_store(Path(directory), rows)

        def read(threads: bool) -> None:
            seen = sum(pq.read_table(file, use_threads=threads).num_rows for file in files)
            assert seen == rows, seen

        def scan() -> None:
            column = pc.struct_field(ds.field("acceleration"), "x")
            seen = ds.dataset(files).count_rows(filter=column > 0.2)
            assert 0 < seen < rows, seen

        report("pyarrow", f"read our files of {rows} IMU rows, one core",
               rows / seconds(lambda: read(False)), "rows/s")
        report("pyarrow", "the same, all cores", rows / seconds(lambda: read(True)), "rows/s")
        report("pyarrow", "count rows with acceleration.x > 0.2 as a dataset, all cores",
               rows / seconds(scan), "rows/s")


PEERS = {peer.__name__: peer for peer in (python_client, mcap, pyarrow)}


def main() -> int:
    logging.disable(logging.INFO)
    names = list(PEERS) if sys.argv[1:] == ["all"] else sys.argv[1:]
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        print(f"bench/peers: no peer is called {unknown[0]}; there are {', '.join(PEERS)}",
              file=sys.stderr)
        return 2
    for name in names:
        PEERS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
