"""What C++ writes, Python reads field by field, and the other way round."""

import io
import json
import subprocess
from collections import defaultdict
from typing import Any, Optional

import pyarrow as pa
from mosaicolabs import (CompressedImage, Image, ImageFormat, Serializable, SerializationFormat,
                         Unmodeled, Vector3d)
from mosaicolabs.models.core.unmodeled import make_unmodeled_ontology_class
from PIL import Image as Pillow

from client_case import ClientCase
from running_server import program
from sample_messages import SampleMessages, builtin_types, fields_of, plain

FILLED = (1.0, 0.0, 0.5, 0.5, 0.5, 0.5)

Lines = dict[str, list[dict[str, Any]]]


class MotorReading(Serializable):
    """A user's own type; motor_reading.hpp declares the same one for C++."""

    __ontology_tag__ = "MotorReading"
    value: float
    variance: Optional[float] = None
    label: str
    healthy: Optional[bool] = None
    counts: list[int]
    notes: list[str]
    raw: bytes
    position: Vector3d
    speed: Optional[Vector3d] = None


class Exchange(ClientCase):
    maxDiff = 2000

    def exchange(self, verb: str, name: str) -> Lines:
        """What the C++ side says it wrote or read, by topic."""
        run = subprocess.run([program("sdk_exchange"), verb, str(self.server.port), name],
                             capture_output=True, text=True)
        self.assertEqual((0, ""), (run.returncode, run.stderr))
        lines = defaultdict(list)
        for line in map(json.loads, run.stdout.splitlines()):
            lines[line.pop("topic")].append(line)
        return lines

    def messages(self, name: str) -> dict[str, list[Any]]:
        messages = defaultdict(list)
        for topic, message in self.handler(name).get_data_streamer():
            messages[topic].append(message)
        return messages

    def test_python_reads_what_cpp_wrote(self) -> None:
        written = self.exchange("write", self.name)
        read = self.messages(self.name)
        self.assertEqual(sorted(written), sorted(read))
        self.assertEqual({"by": "C++"}, self.handler(self.name).user_metadata)
        types = {f"/types/{tag}": cls for tag, cls in builtin_types().items()}
        self.assertLessEqual(types.keys(), written.keys())
        types["/own/motor"] = MotorReading
        types["/run_time/gripper"] = Unmodeled
        for topic, cls in types.items():
            with self.subTest(topic):
                self.assertEqual({cls.__name__} if cls is not Unmodeled else {"Gripper"},
                                 {type(message.data).__name__ for message in read[topic]})
                self.assertEqual(
                    [(line["timestamp_ns"], line["data"]) for line in written[topic]],
                    [(message.timestamp_ns, fields_of(message.get_data(cls)))
                     for message in read[topic]])
        for topic, line in (("/pictures/still", 0), ("/pictures/still", 1), ("/pictures/file", 0)):
            with self.subTest(topic, line=line):
                self.assertEqual(written[topic][line]["pixels"], pixels_of(read[topic][line].data))

    def test_cpp_reads_what_python_wrote(self) -> None:
        objects = {f"types/{tag}": [SampleMessages(seed, filled).make(cls)
                                    for seed, filled in enumerate(FILLED)]
                   for tag, cls in builtin_types().items()}
        objects["own/motor"] = [SampleMessages(seed, filled).make(MotorReading)
                                for seed, filled in enumerate(FILLED)]
        self.write(self.name, {topic: list(enumerate(rows)) for topic, rows in objects.items()})
        read = self.exchange("read", self.name)
        self.assertEqual(sorted("/" + topic for topic in objects), sorted(read))
        for topic, rows in objects.items():
            with self.subTest(topic):
                lines = read["/" + topic]
                self.assertEqual({rows[0].ontology_tag()}, {line["tag"] for line in lines})
                self.assertTrue(all(line["modeled"] for line in lines))
                self.assertEqual([(t, fields_of(data)) for t, data in enumerate(rows)],
                                 [(line["timestamp_ns"], line["data"]) for line in lines])

    def test_cpp_reads_types_it_does_not_know(self) -> None:
        columns = pa.struct([
            pa.field("id", pa.uint64(), nullable=False),
            pa.field("label", pa.string()),
            pa.field("pose", pa.struct([pa.field("x", pa.float32()), pa.field("ok", pa.bool_())])),
            pa.field("scans", pa.list_(pa.list_(pa.float64()))),
        ])
        cls = make_unmodeled_ontology_class("ExchangeCell", "exchange_cell",
                                            SerializationFormat.Default, columns)
        rows = [{"id": 2**64 - 1, "label": "ünï", "pose": {"x": 0.5, "ok": False},
                 "scans": [[1.5], [], [2.0, 3.0]]},
                {"id": 0, "label": None, "pose": None, "scans": None}]
        self.write(self.name, {"cell": [(t, cls(raw_data=row)) for t, row in enumerate(rows)]})
        lines = self.exchange("read", self.name)["/cell"]
        self.assertEqual([("exchange_cell", False)] * 2,
                         [(line["tag"], line["modeled"]) for line in lines])
        self.assertEqual([plain(row) for row in rows], [line["data"] for line in lines])

    def test_cpp_decodes_pictures_of_python(self) -> None:
        pixels = bytes(i * 7 % 256 for i in range(40 * 30 * 3))
        stills = [Image.from_linear_pixels(data=list(pixels), stride=120, height=30, width=40,
                                           encoding="rgb8", format=format)
                  for format in (ImageFormat.RAW, ImageFormat.PNG)]
        file = CompressedImage.from_image(Pillow.frombytes("RGB", (40, 30), pixels),
                                          format=ImageFormat.PNG)
        self.write(self.name, {"pictures/still": list(enumerate(stills)),
                               "pictures/file": [(0, file)]})
        lines = self.exchange("read", self.name)
        self.assertEqual([pixels.hex()] * 3, [line["pixels"] for line in
                                              lines["/pictures/still"] + lines["/pictures/file"]])


def pixels_of(data: Image | CompressedImage) -> str:
    if isinstance(data, Image):
        return bytes(data.to_linear_pixels()).hex()
    return Pillow.open(io.BytesIO(data.data)).convert("RGB").tobytes().hex()
