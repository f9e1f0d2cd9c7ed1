"""The bridges of the clients: a ROS bag and an MCAP file are recorded, read, and made again."""

import json
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from mosaicolabs import IMU, String
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from client_case import CLIENT_VERSION, ClientCase

if CLIENT_VERSION >= (0, 7):
    from mcap.writer import Writer as McapWriter
    from mosaicolabs.bridges import mcap, ros

    EXTRACT_TO = "saving_path"
else:
    from mosaicolabs import ros_bridge as ros

    EXTRACT_TO = "rosbag_path"

DISTRO = Stores.ROS2_HUMBLE
NO_COVARIANCE = np.zeros(9)


class RosBags(ClientCase):
    """A bag with types that the bridge knows, and one that it only can take apart."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.types = get_typestore(DISTRO)

    def message(self, kind: str, **members: Any) -> Any:
        return self.types.types[kind](**members)

    def write_bag(self, path: Path) -> dict[str, list[tuple[int, float | str]]]:
        """What is in the bag: times and the value that tells the messages apart."""
        rows: dict[str, list[tuple[int, float | str]]] = {
            "/imu": [(t * 10, float(t)) for t in range(50)],
            "/text": [(t * 100, f"naïve {t}") for t in range(5)],
            "/joints": [(t * 50, float(t)) for t in range(10)],
        }
        kinds = {"/imu": "sensor_msgs/msg/Imu", "/text": "std_msgs/msg/String",
                 "/joints": "trajectory_msgs/msg/JointTrajectoryPoint"}
        with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
            for topic, kind in kinds.items():
                connection = writer.add_connection(topic, kind, typestore=self.types)
                for t, value in rows[topic]:
                    writer.write(connection, t, self.types.serialize_cdr(
                        self.sample(kind, value), kind))
        return rows

    def sample(self, kind: str, value: Any) -> Any:
        if kind == "std_msgs/msg/String":
            return self.message(kind, data=value)
        duration = self.message("builtin_interfaces/msg/Duration", sec=1, nanosec=2)
        if kind == "trajectory_msgs/msg/JointTrajectoryPoint":
            return self.message(kind, positions=np.array([value, 1.0]), velocities=np.array([]),
                                accelerations=np.array([]), effort=np.array([]),
                                time_from_start=duration)
        header = self.message("std_msgs/msg/Header", frame_id="imu_link", stamp=self.message(
            "builtin_interfaces/msg/Time", sec=7, nanosec=8))
        vector = self.message("geometry_msgs/msg/Vector3", x=value, y=0.0, z=9.81)
        turn = self.message("geometry_msgs/msg/Quaternion", x=0.0, y=0.0, z=0.0, w=1.0)
        return self.message(
            kind, header=header, orientation=turn, orientation_covariance=NO_COVARIANCE,
            angular_velocity=vector, angular_velocity_covariance=NO_COVARIANCE,
            linear_acceleration=vector, linear_acceleration_covariance=NO_COVARIANCE)

    def inject(self, path: Path, name: str) -> None:
        ros.RosbagInjector(ros.ROSInjectionConfig(
            file_path=path, sequence_name=name, metadata={"from": "bag"}, host="127.0.0.1",
            port=self.server.port, ros_distro=DISTRO, log_level="CRITICAL")).run()

    def test_a_bag_is_recorded_and_made_again(self) -> None:
        rows = self.write_bag(self.folder / "bag")
        self.inject(self.folder / "bag/bag.mcap", self.name)
        handler = self.handler(self.name)
        self.assertEqual(sorted(rows), sorted(handler.topics))
        self.assertEqual("bag", handler.user_metadata["from"])
        self.assertEqual(
            rows["/imu"], [(message.timestamp_ns, message.get_data(IMU).acceleration.x) for message
                           in handler.get_topic_handler("/imu").get_data_streamer()])
        self.assertEqual(
            rows["/text"], [(message.timestamp_ns, message.get_data(String).data) for message
                            in handler.get_topic_handler("/text").get_data_streamer()])
        joints = list(handler.get_topic_handler("/joints").get_data_streamer())
        self.assertEqual([value for _, value in rows["/joints"]],
                         [message.data.raw_data["positions"][0] for message in joints])

        ros.ROSSequenceExtractor(ros.ROSExtractorConfig(
            sequence_name=self.name, host="127.0.0.1", port=self.server.port, ros_distro=DISTRO,
            log_level="CRITICAL", **{EXTRACT_TO: self.folder / "again"})).run()
        with AnyReader([self.folder / "again" / self.name]) as reader:
            texts = [(t, reader.deserialize(raw, connection.msgtype).data)
                     for connection, t, raw in reader.messages() if connection.topic == "/text"]
        self.assertEqual(rows["/text"], texts)


@unittest.skipIf(CLIENT_VERSION < (0, 7), "of 0.7")
class McapFiles(ClientCase):
    def test_a_file_is_recorded_and_made_again(self) -> None:
        folder = Path(self.enterContext(TemporaryDirectory()))
        schema = {"type": "object", "properties": {"speed": {"type": "number"},
                                                   "gear": {"type": "string"}}}
        with open(folder / "drive.mcap", "wb") as file:
            writer = McapWriter(file)
            writer.start()
            kind = writer.register_schema("Gear", "jsonschema", json.dumps(schema).encode())
            channel = writer.register_channel("/gear", "json", kind)
            for t in range(20):
                writer.add_message(channel, t, json.dumps({"speed": t / 2, "gear": "N"}).encode(), t)
            writer.finish()
        mcap.MCAPInjector(mcap.MCAPInjectionConfig(
            file_path=folder / "drive.mcap", sequence_name=self.name, host="127.0.0.1",
            port=self.server.port, log_level="CRITICAL")).run()
        messages = list(self.handler(self.name).get_topic_handler("/gear").get_data_streamer())
        self.assertEqual([(t, t / 2, "N") for t in range(20)],
                         [(message.timestamp_ns, message.data.raw_data["speed"],
                           message.data.raw_data["gear"]) for message in messages])
