"""Connecting: every option of it, and what a client learns about its server."""

import os
import unittest
from unittest import mock

from mosaicolabs import (GRPCCompression, GRPCCompressionAlgorithm, GRPCCompressionLevel,
                         IMU, MosaicoClient, Vector3d)

from client_case import CLIENT_VERSION, ClientCase

# Well formed; a server without API keys does not look at it.
API_KEY = "msco_0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p_1e3af8e4"


class Connecting(ClientCase):
    def test_a_connection_is_a_context(self) -> None:
        with MosaicoClient.connect("localhost", self.server.port) as client:
            self.assertIsInstance(client.list_sequences(), list)

    def test_the_environment_may_hold_the_key(self) -> None:
        with mock.patch.dict(os.environ, MOSAICO_API_KEY=API_KEY):
            client = MosaicoClient.from_env("127.0.0.1", self.server.port)
        self.addCleanup(client.close)
        self.assertIsInstance(client.list_sequences(), list)

    def test_a_key_does_no_harm_where_none_is_asked(self) -> None:
        self.assertIsInstance(self.connect(api_key=API_KEY).list_sequences(), list)

    @unittest.skipIf(CLIENT_VERSION >= (0, 7), "of 0.6")
    def test_the_server_tells_its_version(self) -> None:
        self.assertRegex(str(self.client.version()), r"\d+\.\d+\.\d+")

    @unittest.skipIf(CLIENT_VERSION < (0, 7), "of 0.7")
    def test_the_server_tells_about_itself(self) -> None:
        info = self.client.info()
        self.assertRegex(info.version, r"^\d+\.\d+\.\d+$")
        self.assertGreaterEqual(info.config.grpc_max_decode_message_size, 17 << 20)
        self.assertGreater(info.config.grpc_max_encode_message_size, 0)
        self.assertGreater(info.config.grpc_target_encode_message_size, 0)

    def test_nobody_listening_is_a_connection_error(self) -> None:
        server = self.start_server()
        server.stop()
        with self.assertRaises(ConnectionError):
            MosaicoClient.connect("127.0.0.1", server.port, timeout=0)

    def test_several_clients_see_the_same(self) -> None:
        self.write(self.name, {"imu": [(1, imu(0))]})
        self.assertTrue(self.connect().sequence_exists(self.name))


class Compression(ClientCase):
    """A client that compresses its gRPC messages writes and reads as any other."""

    def write_and_read(self, compression: GRPCCompression | GRPCCompressionAlgorithm) -> None:
        client = self.connect(compression=compression)
        rows = [(t, imu(t)) for t in range(500)]
        self.write(self.name, {"imu": rows}, client)
        stream = self.handler(self.name, client).get_data_streamer()
        self.assertEqual([(t, data.acceleration.x) for t, data in rows],
                         [(m.timestamp_ns, m.get_data(IMU).acceleration.x) for _, m in stream])

    def test_gzip(self) -> None:
        self.write_and_read(GRPCCompressionAlgorithm.Gzip)

    def test_stream_gzip(self) -> None:
        self.write_and_read(GRPCCompressionAlgorithm.StreamGzip)

    def test_deflate(self) -> None:
        self.write_and_read(GRPCCompressionAlgorithm._Deflate)

    def test_every_level(self) -> None:
        for level in GRPCCompressionLevel:
            self.name = f"level_{level.name}"
            self.write_and_read(GRPCCompression(GRPCCompressionAlgorithm.Gzip, level))


def imu(x: float) -> IMU:
    return IMU(acceleration=Vector3d(x=x, y=0, z=9.81), angular_velocity=Vector3d(x=0, y=0, z=0))
