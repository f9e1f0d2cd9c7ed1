"""Faults that were seen in another server of this protocol. Ours must not have them."""

import json
import subprocess
import sys
import tempfile
from typing import Any

import pyarrow as pa
import pyarrow.flight as flight
from mosaicolabs import Floating64, Message, QuerySequence, String

from client_case import ClientCase, action, descriptor
from running_server import RunningServer
from writing_test import numbers

NUMBERS = pa.schema([pa.field("timestamp_ns", pa.int64(), nullable=False),
                     pa.field("data", pa.float64(), nullable=False)])

Refusal = (pa.ArrowException, flight.FlightError)

# A recorder that is killed in the middle: it has sent its rows and says so.
RECORDER = """
import os, sys
from mosaicolabs import Message, MosaicoClient, Floating64
with MosaicoClient.connect("127.0.0.1", int(sys.argv[1])) as client:
    with client.sequence_create(sys.argv[2], {}) as sequence:
        writer = sequence.topic_create("t", {}, Floating64)
        sequence.topic_create("empty", {}, Floating64)
        for t in range(100):
            writer.push(Message(timestamp_ns=t, data=Floating64(data=t)))
        writer._wrstate._write_current_batch()
        print("sent", flush=True)
        sys.stdin.read()
"""


class RawCase(ClientCase):
    """Speaks Flight itself: the published clients do not let one do all that goes wrong."""

    def setUp(self) -> None:
        super().setUp()
        self.flight = self.flight_client()

    def open_topic(self, topic: str = "t", tag: str = "Floating64") -> dict[str, str]:
        """Makes the sequence of this test with one topic; what the calls about it need."""
        action(self.flight, "sequence_create", locator=self.name, user_metadata={})
        session = action(self.flight, "session_create", locator=self.name)
        made = action(self.flight, "topic_create", session_uuid=session["uuid"],
                      locator=f"{self.name}/{topic}", serialization_format="default",
                      ontology_tag=tag, user_metadata={})
        return {"session": session["uuid"], "locator": f"{self.name}/{topic}", "uuid": made["uuid"]}

    def put(self, topic: dict[str, str], *batches: pa.RecordBatch,
            schema: pa.Schema = NUMBERS) -> None:
        writer, _ = self.flight.do_put(descriptor(topic["locator"], topic_uuid=topic["uuid"]),
                                       schema)
        with writer:
            for batch in batches:
                writer.write_batch(batch)
            writer.done_writing()

    def rows(self, locator: str, server: RunningServer | None = None) -> pa.Table:
        connection = self.flight_client(server)
        info = connection.get_flight_info(descriptor(locator))
        return connection.do_get(info.endpoints[0].ticket).read_all()


class OneRequestEndsNothing(RawCase):
    def test_a_query_with_an_empty_list(self) -> None:
        for query in ({"sequence": {"name": {"$in": []}}},
                      {"sequence": {"user_metadata": {"a": {"$in": []}}}},
                      {"topic": {"ontology_tag": {"$in": []}}}):
            with self.assertRaises(pa.ArrowInvalid):
                action(self.flight, "query", **query)
        self.assertTrue(self.server.is_running())

    def test_columns_of_unions(self) -> None:
        values = [pa.array([1, 2]), pa.array(["a", "b"])]
        kinds = pa.array([0, 1], pa.int8())
        topic = self.open_topic()
        for union in (pa.UnionArray.from_sparse(kinds, values),
                      pa.UnionArray.from_dense(kinds, pa.array([0, 0], pa.int32()), values)):
            batch = pa.RecordBatch.from_arrays([pa.array([1, 2]), union], ["timestamp_ns", "u"])
            try:  # It may be stored or refused; what is stored comes back.
                self.put(topic, batch, schema=batch.schema)
                self.assertEqual(batch.to_pylist(), self.rows(topic["locator"]).to_pylist())
            except Refusal:
                pass
        self.assertTrue(self.server.is_running())
        self.assertIsNotNone(action(self.flight, "info"))

    def test_rows_of_27_megabytes_also_after_a_new_start(self) -> None:
        store = self.enterContext(tempfile.TemporaryDirectory())
        server = self.start_server(store=store)
        client = self.connect(server)
        texts = [character * 27_000_000 for character in "abc"]
        with client.sequence_create(self.name, {}) as sequence:
            writer = sequence.topic_create("t", {}, String)
            for t, text in enumerate(texts):
                state = writer._wrstate  # 0.6 would leave them out; the server takes them.
                state._submit_write_task([Message(timestamp_ns=t, data=String(data=text))])
        for _ in range(2):
            self.assertEqual(texts, self.rows(f"{self.name}/t", server)["data"].to_pylist())
            self.assertEqual(0, server.stop())
            server = self.start_server(store=store)


class Metadata(ClientCase):
    KEYS = ["a') OR 1=1 --", "a' OR '1'='1", 'a"] OR 1', "a; DROP TABLE sequence", "$.a", "a]",
            "%"]

    def test_keys_of_queries_are_no_code(self) -> None:
        self.write(self.name, {"t": numbers(1)}, metadata={"a": 1})
        connection = self.flight_client()
        for key in self.KEYS:
            for condition in ({"$eq": 1}, {"$neq": 2}, {"$ex": None}):
                with self.subTest(key=key, condition=condition):
                    body = {"sequence": {"name": {"$eq": self.name},
                                         "user_metadata": {key: condition}}}
                    try:
                        self.assertEqual([], action(connection, "query", **body)["items"])
                    except pa.ArrowInvalid:
                        pass
        self.assertEqual([("/t", 0)], self.times(self.name))

    def test_values_are_no_code(self) -> None:
        self.write(self.name, {"t": numbers(1)}, metadata={"a": "x"})
        for value in ("x' OR '1'='1", "x\"", "x\\", "%", "_", "*", "?"):
            found = self.client.query(QuerySequence().with_name(self.name)
                                      .with_user_metadata("a", eq=value))
            self.assertTrue(found.is_empty(), value)

    def test_one_key_may_hold_values_of_many_types(self) -> None:
        values = [1, 2.5, "3", "three", True, None, [1], {"b": 1}]
        for i, value in enumerate(values):
            self.write(f"{self.name}_{i}", {"t": numbers(1)}, metadata={self.name: value})

        def found(**condition: object) -> list[int]:
            response = self.client.query(
                QuerySequence().with_user_metadata(self.name, **condition))
            return sorted(int(item.sequence.name.rsplit("_", 1)[1]) for item in response)
        self.assertEqual([0, 1, 2], found(gt=0))
        self.assertEqual([1, 2], found(between=[1.5, 3.5]))
        self.assertEqual([4], found(eq=True))
        self.assertEqual([3], found(eq="three"))
        self.assertEqual(list(range(8)), found(ex=True))


class Immutable(RawCase):
    def batch(self, *times: int) -> pa.RecordBatch:
        return pa.RecordBatch.from_pydict(
            {"timestamp_ns": times, "data": [float(t) for t in times]}, schema=NUMBERS)

    def test_a_finalized_topic_is_not_written_again(self) -> None:
        topic = self.open_topic()
        self.put(topic, self.batch(1, 2))
        for finalize in (False, True):
            if finalize:
                action(self.flight, "session_finalize", session_uuid=topic["session"])
            with self.assertRaises(Refusal):
                self.put(topic, self.batch(7, 8, 9))
            self.assertEqual([1, 2], self.rows(topic["locator"])["timestamp_ns"].to_pylist())

    def test_nothing_is_added_to_a_finalized_session(self) -> None:
        topic = self.open_topic()
        self.put(topic, self.batch(1))
        action(self.flight, "session_finalize", session_uuid=topic["session"])
        with self.assertRaises(Refusal):
            action(self.flight, "topic_create", session_uuid=topic["session"],
                   locator=f"{self.name}/u", serialization_format="default",
                   ontology_tag="Floating64", user_metadata={})

    def test_of_two_uploads_at_once_the_second_is_refused(self) -> None:
        topic = self.open_topic()
        first, _ = self.flight.do_put(descriptor(topic["locator"], topic_uuid=topic["uuid"]),
                                      NUMBERS)
        first.write_batch(self.batch(1))
        self.wait_for_rows(topic["locator"], 1)
        with self.assertRaises(Refusal):
            self.put(topic, self.batch(7))
        first.write_batch(self.batch(2))
        first.close()
        self.assertEqual([1, 2], self.rows(topic["locator"])["timestamp_ns"].to_pylist())

    def wait_for_rows(self, locator: str, count: int) -> None:
        while len(self.rows(locator)) < count:
            pass

    def test_an_open_recording_is_written_and_aborted_by_its_owner_alone(self) -> None:
        topic = self.open_topic()
        stranger = "00000000-0000-4000-8000-000000000000"
        with self.assertRaises(Refusal):
            self.put(topic | {"uuid": stranger}, self.batch(7))
        for name, body in (("sequence_abort", {"locator": self.name, "session_uuid": stranger}),
                           ("session_finalize", {"session_uuid": stranger})):
            with self.assertRaises(Refusal):
                action(self.flight, name, **body)
        self.put(topic, self.batch(1))
        action(self.flight, "session_finalize", session_uuid=topic["session"])
        self.assertEqual([1], self.rows(topic["locator"])["timestamp_ns"].to_pylist())


class Crashes(ClientCase):
    """kill -9 of the client or of the server: what was stored stays, and nothing is stuck."""

    def start_recorder(self, server: RunningServer) -> subprocess.Popen[str]:
        recorder = subprocess.Popen(
            [sys.executable, "-c", RECORDER, str(server.port), self.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert recorder.stdout is not None and recorder.stdin is not None
        self.addCleanup(recorder.stdout.close)
        self.addCleanup(recorder.stdin.close)
        self.addCleanup(recorder.wait)
        self.addCleanup(recorder.kill)
        self.assertEqual("sent", recorder.stdout.readline().strip())
        connection = self.flight_client(server)
        while True:  # Until all of it is durable, which readers see.
            endpoints = connection.get_flight_info(descriptor(self.name)).endpoints
            told = [json.loads(endpoint.app_metadata) for endpoint in endpoints]
            if sum(topic["data_info"]["total_row_count"] for topic in told) == 100:
                return recorder

    def check_what_is_left(self, server: RunningServer) -> None:
        client = self.connect(server)
        self.assertEqual([self.name], client.list_sequences())
        handler = self.handler(self.name, client)
        self.assertEqual(["/empty", "/t"], sorted(handler.topics))
        rows = [(message.timestamp_ns, message.get_data(Floating64).data)
                for _, message in handler.get_data_streamer()]
        self.assertEqual([(t, float(t)) for t in range(100)], rows)
        client.sequence_delete(self.name)
        self.write(self.name, {"t": numbers(1)}, client)  # The name is free again.

    def test_a_recorder_that_is_killed_leaves_its_rows(self) -> None:
        server = self.start_server()
        recorder = self.start_recorder(server)
        recorder.kill()
        recorder.wait()
        self.check_what_is_left(server)

    def test_a_server_that_is_killed_has_its_rows(self) -> None:
        store = self.enterContext(tempfile.TemporaryDirectory())
        server = self.start_server(store=store)
        self.start_recorder(server)
        server.kill()
        server = self.start_server(store=store)
        self.check_what_is_left(server)


class Reading(RawCase):
    def test_a_blob_travels_once(self) -> None:
        blobs = [bytes([i]) * 1_000_000 for i in range(8)]
        topic = self.open_topic(tag="Blob")
        schema = pa.schema([NUMBERS.field(0), pa.field("data", pa.binary(), nullable=False)])
        for t, blob in enumerate(blobs):
            topic_rows = pa.RecordBatch.from_pydict(
                {"timestamp_ns": [t], "data": [blob]}, schema=schema)
            if t == 0:
                writer, _ = self.flight.do_put(
                    descriptor(topic["locator"], topic_uuid=topic["uuid"]), schema)
            writer.write_batch(topic_rows)
        writer.close()
        for window, count in (({}, 8), ({"timestamp_ns_start": 3, "timestamp_ns_end": 5}, 2)):
            info = self.flight.get_flight_info(descriptor(topic["locator"], **window))
            batches = [chunk.data for chunk in self.flight.do_get(info.endpoints[0].ticket)]
            self.assertEqual(count, sum(len(batch) for batch in batches))
            sent = sum(batch.get_total_buffer_size() for batch in batches)
            self.assertLess(sent, 1.01 * count * 1_000_000)


class Names(RawCase):
    BAD = ["a#b", "a?b", "a%b", "a*b", "a[b", "naïve", "a b", "a:b", "../a", "a/../b", ".", "a..b",
           "", "/", "a//b", "a/", "a\0b", "_a", "-a", "x" * 256, "日本"]

    def test_names_that_cannot_be_read_are_not_written(self) -> None:
        topic = self.open_topic()
        for name in self.BAD:
            with self.subTest(name[:20]):
                with self.assertRaises(pa.ArrowInvalid):
                    action(self.flight, "sequence_create", locator=name, user_metadata={})
                with self.assertRaises(pa.ArrowInvalid):
                    action(self.flight, "topic_create", session_uuid=topic["session"],
                           locator=f"{self.name}/{name}", serialization_format="default",
                           ontology_tag="Floating64", user_metadata={})
        listed = [info.descriptor.path[0].decode() for info in self.flight.list_flights(b"")]
        self.assertEqual(set(), set(listed) & set(self.BAD))

    def test_a_nul_in_a_text_is_kept_or_refused(self) -> None:
        text = "before\0after"
        name = f"{self.name}_metadata"
        try:
            self.write(name, {"t": numbers(1)}, metadata={"text": text})
        except pa.ArrowInvalid:
            self.assertFalse(self.client.sequence_exists(name))
        else:
            self.assertEqual({"text": text}, self.handler(name).user_metadata)
        self.write(self.name, {"t": [(0, String(data=text))]})
        (_, message), = self.handler(self.name).get_data_streamer()
        self.assertEqual(text, message.get_data(String).data)

    def test_a_null_time_is_refused_by_name(self) -> None:
        topic = self.open_topic()
        schema = pa.schema([pa.field("timestamp_ns", pa.int64()), NUMBERS.field(1)])
        batch = pa.RecordBatch.from_pydict({"timestamp_ns": [1, None], "data": [0.5, 0.5]},
                                           schema=schema)
        with self.assertRaisesRegex(pa.ArrowInvalid, "timestamp_ns"):
            self.put(topic, batch, schema=schema)


class Limits(RawCase):
    def test_what_is_too_large_is_refused_aloud(self) -> None:
        topic = self.open_topic()
        rows = (18 << 20) // 16
        batch = pa.RecordBatch.from_pydict(
            {"timestamp_ns": range(rows), "data": [0.5] * rows}, schema=NUMBERS)
        with self.assertRaisesRegex(Refusal, "17"):
            self.put(topic, batch)
        self.assertEqual(0, len(self.rows(topic["locator"])))
