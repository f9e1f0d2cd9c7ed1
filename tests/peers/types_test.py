"""Every type of message, written and read back by the same client."""

from typing import Optional

import pyarrow as pa
from mosaicolabs import (IMU, MosaicoType, SerializationFormat, Serializable, Unmodeled, Vector3d)
from mosaicolabs.models.core.unmodeled import make_unmodeled_ontology_class

from client_case import CLIENT_VERSION, ClientCase
from sample_messages import SampleMessages, builtin_types, fields_of

# All members, only those that must be there, and some of them.
FILLED = (1.0, 0.0, 0.5, 0.5, 0.5)


class Gyro(Serializable):
    """An own type with nearly all that annotations can say."""

    count: int
    rate: float
    name: str
    on: bool
    raw: bytes
    spin: Vector3d
    small: MosaicoType.uint8
    single: MosaicoType.float32
    rates: list[float]
    drift: Optional[float] = None
    axis: Optional[Vector3d] = None
    notes: Optional[list[str]] = None


class Point(Serializable, skip_schema_generation=True):
    """An own type that brings its columns and its tag."""

    __ontology_tag__ = "peers_point"
    __serialization_format__ = SerializationFormat.Ragged
    __msco_pyarrow_struct__ = pa.struct([pa.field("steps", pa.list_(pa.int32()), nullable=False)])
    steps: list[int]


class Types(ClientCase):
    def test_there_are_59(self) -> None:
        self.assertEqual(59, len(builtin_types()))

    def test_all_builtin_types_come_back(self) -> None:
        written = {tag: [SampleMessages(seed, filled).make(cls)
                         for seed, filled in enumerate(FILLED)]
                   for tag, cls in builtin_types().items()}
        self.write(self.name, {tag: list(enumerate(objects)) for tag, objects in written.items()})
        handler = self.handler(self.name)
        for tag, cls in builtin_types().items():
            with self.subTest(tag):
                topic = handler.get_topic_handler("/" + tag)
                self.assertEqual(tag, topic.ontology_tag)
                self.assertEqual(cls.__serialization_format__,
                                 SerializationFormat(topic.serialization_format))
                read = [message.get_data(cls) for message in topic.get_data_streamer()]
                self.assertNotIn(None, read)
                self.assertEqual([fields_of(data) for data in written[tag]],
                                 [fields_of(data) for data in read])

    def test_own_types_come_back(self) -> None:
        gyros = [Gyro(count=-(2**63), rate=0.1, name="ünï", on=True, raw=b"\0\xff",
                      spin=Vector3d(x=1, y=2, z=3), small=255, single=0.5, rates=[]),
                 Gyro(count=2**63 - 1, rate=-1e300, name="", on=False, raw=b"", single=-2.25,
                      spin=Vector3d(x=0, y=0, z=0), small=0, rates=[1.5, 2.5], drift=0.25,
                      axis=Vector3d(x=4, y=5, z=6), notes=["a", "", "b"])]
        points = [Point(steps=list(range(n))) for n in (0, 1000, 1)]
        self.write(self.name, {"gyro": list(enumerate(gyros)), "point": list(enumerate(points))})
        handler = self.handler(self.name)
        self.assertEqual(gyros, [m.get_data(Gyro) for m in
                                 handler.get_topic_handler("/gyro").get_data_streamer()])
        topic = handler.get_topic_handler("/point")
        self.assertEqual("peers_point", topic.ontology_tag)
        self.assertEqual(SerializationFormat.Ragged,
                         SerializationFormat(topic.serialization_format))
        self.assertEqual(points, [m.get_data(Point) for m in topic.get_data_streamer()])

    def test_unmodeled_types_come_back(self) -> None:
        columns = pa.struct([
            pa.field("id", pa.int16(), nullable=False),
            pa.field("label", pa.string()),
            pa.field("blob", pa.binary()),
            pa.field("pose", pa.struct([pa.field("x", pa.float32()), pa.field("ok", pa.bool_())])),
            pa.field("scans", pa.list_(pa.list_(pa.float64()))),
            pa.field("cells", pa.list_(pa.struct([pa.field("row", pa.uint8())]))),
            pa.field("three", pa.list_(pa.int32(), 3)),
        ])
        cls = make_unmodeled_ontology_class("PeersCell", "peers_cell", SerializationFormat.Default,
                                            columns)
        rows = [{"id": -1, "label": "a", "blob": b"\1\2", "pose": {"x": 0.5, "ok": True},
                 "scans": [[1.0], [], [2.0, 3.0]], "cells": [{"row": 7}], "three": [1, 2, 3]},
                dict.fromkeys(columns.names) | {"id": 5}]
        self.write(self.name, {"cell": [(t, cls(raw_data=row)) for t, row in enumerate(rows)]})
        messages = [message for _, message in self.handler(self.name).get_data_streamer()]
        self.assertEqual(rows, [message.get_data(Unmodeled).raw_data for message in messages])

    def test_maps_come_back(self) -> None:
        columns = pa.struct([pa.field("levels", pa.map_(pa.string(), pa.float64()))])
        cls = make_unmodeled_ontology_class("PeersMap", "peers_map", SerializationFormat.Default,
                                            columns)
        levels = {"a": 1.5, "b": -2.0}
        self.write(self.name, {"map": [(0, cls(raw_data={"levels": levels}))]})
        (_, message), = self.handler(self.name).get_data_streamer()
        self.assertEqual(levels if CLIENT_VERSION >= (0, 7) else list(levels.items()),
                         message.data.raw_data["levels"])

    def test_extreme_times_are_ordinary(self) -> None:
        times = [-(2**63), -1, 0, 1, 2**63 - 1]
        imu = SampleMessages(1).make(IMU)
        self.write(self.name, {"imu": [(t, imu) for t in times]})
        self.assertEqual([("/imu", t) for t in times], self.times(self.name))
        handler = self.handler(self.name)
        self.assertEqual((times[0], times[-1]),
                         (handler.timestamp_ns_min, handler.timestamp_ns_max))
