"""What the tests of the published clients share: a connection, and recordings to look at."""

import importlib.metadata
import json
import unittest
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow.flight as flight
from mosaicolabs import Message, MosaicoClient, Serializable

from running_server import RunningServer

CLIENT_VERSION = tuple(int(n) for n in importlib.metadata.version("mosaicolabs").split("."))

Rows = Iterable[tuple[int, Serializable]]


class ClientCase(unittest.TestCase):
    """Each test has a client of its own and a sequence name that no other test uses."""

    server: RunningServer

    def setUp(self) -> None:
        self.client = self.connect()
        self.name = self.id().rsplit(".", 1)[1]

    def connect(self, server: RunningServer | None = None, **options: Any) -> MosaicoClient:
        client = MosaicoClient.connect("127.0.0.1", (server or self.server).port, **options)
        self.addCleanup(client.close)
        return client

    def start_server(self, *flags: str, store: str | None = None) -> RunningServer:
        """A server of the test's own, which must end well if the test did not end it."""
        server = RunningServer(*flags, store=store)

        def check_end() -> None:
            if server.is_running():
                self.assertEqual(0, server.stop(), server.log())
        self.addCleanup(check_end)
        return server

    def flight_client(self, server: RunningServer | None = None) -> flight.FlightClient:
        """A connection without the published client's manners."""
        client = flight.FlightClient(f"grpc://127.0.0.1:{(server or self.server).port}")
        self.addCleanup(client.close)
        return client

    def write(self, name: str, topics: Mapping[str, Rows], client: MosaicoClient | None = None,
              metadata: dict[str, Any] | None = None,
              topic_metadata: Mapping[str, dict[str, Any]] | None = None) -> None:
        """Records a sequence; the first row of a topic tells its type."""
        with (client or self.client).sequence_create(name, metadata or {}) as sequence:
            for topic, rows in topics.items():
                self.write_topic(sequence, topic, rows, (topic_metadata or {}).get(topic))

    def write_topic(self, session: Any, topic: str, rows: Rows,
                    metadata: dict[str, Any] | None = None) -> Any:
        rows = list(rows)
        writer = session.topic_create(topic, metadata or {}, type(rows[0][1]))
        self.assertIsNotNone(writer, topic)
        for timestamp_ns, data in rows:
            writer.push(Message(timestamp_ns=timestamp_ns, data=data))
        return writer

    def handler(self, name: str, client: MosaicoClient | None = None) -> Any:
        """A fresh handler: those of a client's cache do not see later changes."""
        client = client or self.client
        client.clear_sequence_handlers_cache()
        client.clear_topic_handlers_cache()
        handler = client.sequence_handler(name)
        self.assertIsNotNone(handler, name)
        return handler

    def times(self, name: str, **options: Any) -> list[tuple[str, int]]:
        """The topic and time of every message of a sequence, as they come."""
        stream = self.handler(name).get_data_streamer(**options)
        return [(topic, message.timestamp_ns) for topic, message in stream]


def action(client: flight.FlightClient, name: str, **body: Any) -> Any:
    """The `response` of an action; None for a void one."""
    results = client.do_action(flight.Action(name, json.dumps(body).encode()))
    envelope = json.loads(b"".join(result.body.to_pybytes() for result in results))
    assert envelope["action"] == name, envelope
    return envelope["response"]


def descriptor(locator: str, **more: Any) -> flight.FlightDescriptor:
    return flight.FlightDescriptor.for_command(
        json.dumps({"resource_locator": locator, **more}).encode())
