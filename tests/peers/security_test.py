"""API keys and TLS: what each right opens to the published clients, and who is kept out."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.flight as flight
from mosaicolabs import IMU, MosaicoClient, QueryTopic, SessionLevelErrorPolicy

from client_case import CLIENT_VERSION, ClientCase
from connecting_test import imu
from running_server import program
from writing_test import Mishap, numbers

DENIED = "lacks the right"
# 0.6 says only that it could not connect.
KEPT_OUT = "API key" if CLIENT_VERSION >= (0, 7) else "did not become available"


class KeyCase(ClientCase):
    """Each test has a server of its own that asks for keys."""

    flags: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.name = self.id().rsplit(".", 1)[1]
        self.store = self.enterContext(tempfile.TemporaryDirectory())
        self.server = self.start_server("--require-api-keys", "--allow-delete-finalized",
                                        *self.flags, store=self.store)

    def run_key(self, *arguments: str) -> list[dict[str, Any]]:
        done = subprocess.run([program("mosaicod"), "key", *arguments, "--json",
                               "--store", self.store], check=True, capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def make_key(self, rights: str, *options: str) -> str:
        made, = self.run_key("create", "--description", "test", "--rights", rights, *options)
        return made["token"]

    def client_with(self, rights: str, **options: Any) -> MosaicoClient:
        return self.connect(api_key=self.make_key(rights), **options)

    def assert_denied(self, call: Any, *arguments: Any) -> None:
        with self.assertRaisesRegex(Exception, DENIED):
            call(*arguments)


class Keys(KeyCase):
    def assert_kept_out(self, key: str | None) -> None:
        with self.assertRaisesRegex(ConnectionError, KEPT_OUT):
            MosaicoClient.connect("127.0.0.1", self.server.port, timeout=0, api_key=key)
        headers = [] if key is None else [(b"mosaico-api-key-token", key.encode())]
        for name in ("info", "version"):
            with self.assertRaises(flight.FlightUnauthenticatedError):
                list(self.flight_client().do_action(flight.Action(name, b"{}"),
                                                    flight.FlightCallOptions(headers=headers)))

    def test_nobody_connects_without_a_valid_key(self) -> None:
        self.assert_kept_out(None)
        self.assert_kept_out("nonsense")
        self.assert_kept_out("msco_0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p_1e3af8e4")

    def test_an_expired_key_is_refused(self) -> None:
        key = self.make_key("read,write,delete", "--expires", "1s")
        while not self.run_key("list")[0]["expired"]:
            continue
        self.assert_kept_out(key)

    def test_a_revoked_key_is_refused_at_once(self) -> None:
        key = self.make_key("read")
        client = self.connect(api_key=key)
        self.assertEqual([], client.list_sequences())
        self.run_key("revoke", key.rsplit("_", 1)[1])
        with self.assertRaises(flight.FlightUnauthenticatedError):
            client.list_sequences()
        self.assert_kept_out(key)

    def test_16_every_key_connects_whatever_its_rights(self) -> None:
        for rights in ("read", "write", "delete", "none"):
            self.client_with(rights)

    def test_the_environment_may_hold_the_key(self) -> None:
        with mock.patch.dict(os.environ, MOSAICO_API_KEY=self.make_key("read")):
            client = MosaicoClient.from_env("127.0.0.1", self.server.port)
        self.addCleanup(client.close)
        self.assertEqual([], client.list_sequences())

    def test_a_key_that_may_read_reads(self) -> None:
        self.write(self.name, {"imu": [(t, imu(t)) for t in range(10)]}, self.client_with("write"))
        self.client = self.client_with("read")
        self.assertEqual([self.name], self.client.list_sequences())
        self.assertEqual([("/imu", t) for t in range(10)], self.times(self.name))
        self.assertEqual([], self.client.list_sequence_notifications(self.name))
        found = self.client.query(QueryTopic().with_ontology_tag(IMU.ontology_tag()))
        self.assertEqual([self.name], [item.sequence.name for item in found])
        self.assert_denied(self.client.sequence_delete, self.name)
        self.assert_denied(self.client.clear_sequence_notifications, self.name)
        with self.assertRaisesRegex(Exception, DENIED):
            with self.client.sequence_create("other", {}):
                self.fail("it was created")

    def test_a_key_that_may_write_writes(self) -> None:
        client = self.client_with("write")
        self.write(self.name, {"t": numbers(10)}, client)
        with client.sequence_create("more", {}) as sequence:
            self.write_topic(sequence, "t", numbers(5))
        self.assert_denied(client.list_sequences)
        self.assert_denied(client.sequence_handler, self.name)
        self.assert_denied(client.topic_handler, self.name, "t")
        self.assert_denied(client.sequence_delete, self.name)
        self.assert_denied(client.list_sequence_notifications, self.name)
        reader = self.client_with("read")
        self.assertEqual(["more", self.name], sorted(reader.list_sequences()))

    def record_until_mishap(self, name: str, policy: SessionLevelErrorPolicy) -> None:
        with self.client_with("write").sequence_create(name, {}, policy) as sequence:
            self.write_topic(sequence, "t", numbers(3))
            raise Mishap("my own")

    def test_the_report_policy_needs_the_right_to_write_alone(self) -> None:
        with self.assertRaisesRegex(Mishap, "my own"):
            self.record_until_mishap(self.name, SessionLevelErrorPolicy.Report)
        self.assertTrue(self.client_with("read").sequence_exists(self.name))

    def test_the_delete_policy_needs_the_right_to_delete(self) -> None:
        # These clients delete; they raise the refusal, and the user's exception is its cause.
        with self.assertRaisesRegex(Exception, DENIED) as raised:
            self.record_until_mishap(self.name, SessionLevelErrorPolicy.Delete)
        self.assertIsInstance(raised.exception.__cause__, Mishap)
        self.assertTrue(self.client_with("read").sequence_exists(self.name))

    def test_a_key_that_may_delete_deletes(self) -> None:
        self.write(self.name, {"t": numbers(3)}, self.client_with("write"))
        client = self.client_with("delete")
        client.clear_sequence_notifications(self.name)
        client.clear_topic_notifications(self.name, "t")
        self.assert_denied(client.list_sequences)
        client.sequence_delete(self.name)
        self.assertEqual([], self.client_with("read").list_sequences())


@unittest.skipUnless(shutil.which("openssl"), "there is no program openssl")
class Tls(KeyCase):
    def setUp(self) -> None:
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.certificate = str(directory / "server.crt")
        key = str(directory / "server.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-out", self.certificate, "-keyout", key], check=True, capture_output=True)
        self.flags = ("--tls-cert", self.certificate, "--tls-key", key)
        super().setUp()

    def test_a_recording_goes_and_comes_encrypted(self) -> None:
        self.client = self.client_with("read,write", tls_cert_path=self.certificate)
        self.write(self.name, {"imu": [(t, imu(t)) for t in range(500)], "t": numbers(10)})
        self.assertEqual(510, len(self.times(self.name)))

    def test_the_environment_may_hold_it_all(self) -> None:
        with mock.patch.dict(os.environ, MOSAICO_API_KEY=self.make_key("read"),
                             MOSAICO_TLS_CERT_FILE=self.certificate):
            client = MosaicoClient.from_env("localhost", self.server.port)
        self.addCleanup(client.close)
        self.assertEqual([], client.list_sequences())

    def test_keys_count_as_without_it(self) -> None:
        with self.assertRaisesRegex(ConnectionError, KEPT_OUT):
            MosaicoClient.connect("127.0.0.1", self.server.port, timeout=0,
                                  tls_cert_path=self.certificate)

    def test_a_client_without_it_or_without_trust_is_kept_out(self) -> None:
        key = self.make_key("read")
        for options in ({}, {"enable_tls": True}):
            with self.assertRaises(ConnectionError):
                MosaicoClient.connect("127.0.0.1", self.server.port, timeout=0, api_key=key,
                                      **options)
