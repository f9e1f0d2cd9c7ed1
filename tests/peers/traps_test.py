"""Each trap that the protocol page lists: what a real client would break on, by number."""

import datetime
import json
import tempfile
from typing import Any

import pyarrow as pa
import pyarrow.flight as flight
from mosaicolabs import IMU, Floating64, MosaicoClient, SessionLevelErrorPolicy, String

from client_case import ClientCase, action, descriptor
from connecting_test import imu
from writing_test import Mishap, numbers

TIMESTAMP = pa.field("timestamp_ns", pa.int64(), nullable=False)


class Traps(ClientCase):
    def setUp(self) -> None:
        super().setUp()
        self.flight = self.flight_client()

    def info(self, locator: str, **more: Any) -> flight.FlightInfo:
        return self.flight.get_flight_info(descriptor(locator, **more))

    def endpoint(self, locator: str, **more: Any) -> dict[str, Any]:
        endpoint, = self.info(locator, **more).endpoints
        return json.loads(endpoint.app_metadata)

    def open_topic(self, name: str, topic: str = "t") -> dict[str, str]:
        """A new sequence with one topic; what a DoPut into it must name."""
        action(self.flight, "sequence_create", locator=name, user_metadata={})
        session = action(self.flight, "session_create", locator=name)
        made = action(self.flight, "topic_create", session_uuid=session["uuid"],
                      locator=f"{name}/{topic}", serialization_format="default",
                      ontology_tag="Floating64", user_metadata={})
        return {"session": session["uuid"], "locator": f"{name}/{topic}", "uuid": made["uuid"]}

    def test_01_info_and_version_are_whole(self) -> None:
        info = action(self.flight, "info")
        self.assertLessEqual({"version", "semver", "config"}, info.keys())
        self.assertLessEqual({"major", "minor", "patch"}, info["semver"].keys())
        self.assertLessEqual({"grpc_max_decode_message_size", "grpc_max_encode_message_size",
                              "grpc_target_encode_message_size"}, info["config"].keys())
        version = action(self.flight, "version")
        self.assertEqual({"version", "semver"}, version.keys())

    def test_02_answers_of_creation_have_exactly_their_keys(self) -> None:
        action(self.flight, "sequence_create", locator=self.name, user_metadata={})
        session = action(self.flight, "session_create", locator=self.name)
        self.assertEqual({"uuid", "locator"}, session.keys())
        topic = action(self.flight, "topic_create", session_uuid=session["uuid"],
                       locator=f"{self.name}/t", serialization_format="default",
                       ontology_tag="Floating64", user_metadata={})
        self.assertEqual({"uuid"}, topic.keys())

    def test_03_user_metadata_is_never_null(self) -> None:
        self.write(self.name, {"t": numbers(1)})
        info = self.info(self.name)
        self.assertEqual({}, json.loads(info.app_metadata)["user_metadata"])
        self.assertEqual({}, self.endpoint(self.name)["user_metadata"])
        for locator in (self.name, f"{self.name}/t"):
            metadata = self.info(locator).schema.metadata
            self.assertEqual({}, json.loads(metadata[b"mosaico:user_metadata"]))

    def test_04_a_window_is_told_as_soon_as_a_bound_was_asked(self) -> None:
        self.write(self.name, {"t": numbers(10)})
        self.assertIsNone(self.endpoint(self.name)["time_window_info"])
        for bounds, rows in (({"timestamp_ns_start": 5}, 5), ({"timestamp_ns_end": 3}, 3),
                             ({"timestamp_ns_start": 100}, 0)):
            window = self.endpoint(self.name, **bounds)["time_window_info"]
            self.assertEqual(rows, window["row_count"])
        endpoint = self.endpoint(self.name, timestamp_ns_start=100)
        self.assertEqual(10, endpoint["data_info"]["total_row_count"])
        self.assertEqual({"start_ns": 0, "end_ns": 9}, endpoint["info"]["timestamp"])

    def test_05_every_topic_is_in_its_session(self) -> None:
        self.write(self.name, {"b": numbers(1), "a/x": numbers(1), "a": numbers(1)})
        with self.client.sequence_update(self.name) as update:
            update.topic_create("empty", {}, String)
        info = self.info(self.name)
        topics = [topic for session in json.loads(info.app_metadata)["sessions"]
                  for topic in session["topics"]]
        self.assertEqual([f"{self.name}/{topic}" for topic in ("b", "a/x", "a", "empty")], topics)
        self.assertEqual(topics, [json.loads(endpoint.app_metadata)["resource_locator"]
                                  for endpoint in info.endpoints])

    def test_06_schemas_carry_their_metadata_everywhere(self) -> None:
        self.write(self.name, {"t": numbers(3)}, metadata={"a": 1}, topic_metadata={"t": {"b": 2}})
        sequence = self.info(self.name).schema.metadata
        self.assertEqual((b"sequence", {"a": 1}), (
            sequence[b"mosaico:context"], json.loads(sequence[b"mosaico:user_metadata"])))
        info = self.info(f"{self.name}/t")
        stream = self.flight.do_get(info.endpoints[0].ticket)
        for metadata in (info.schema.metadata, stream.schema.metadata):
            self.assertEqual((b"topic", {"b": 2}), (
                metadata[b"mosaico:context"], json.loads(metadata[b"mosaico:user_metadata"])))
            properties = json.loads(metadata[b"mosaico:properties"])
            self.assertEqual(("Floating64", "default"), (
                properties["ontology_tag"], properties["serialization_format"]))

    def test_07_the_schema_comes_back_to_the_letter(self) -> None:
        schema = pa.schema([
            TIMESTAMP,
            pa.field("data", pa.list_(pa.field("item", pa.float32(), nullable=False)),
                     nullable=False, metadata={"description": "ünï"}),
            pa.field("element", pa.list_(pa.field("element", pa.int8()))),
            pa.field("deep", pa.struct([pa.field("x", pa.list_(pa.struct([
                pa.field("y", pa.large_string(), nullable=False, metadata={"unit": "m"})])))])),
            pa.field("fixed", pa.list_(pa.field("cell", pa.float16()), 3)),
            pa.field("map", pa.map_(pa.string(), pa.field("value", pa.int32(), nullable=False))),
            pa.field("long", pa.large_list(pa.date32())),
        ])
        topic = self.open_topic(self.name)
        writer, _ = self.flight.do_put(
            descriptor(topic["locator"], topic_uuid=topic["uuid"]), schema)
        rows = [{"timestamp_ns": t, "data": [0.5], "element": [None], "deep": {"x": [{"y": "a"}]},
                 "fixed": [1, 2, 3], "map": [("k", 1)], "long": []} for t in range(3)]
        writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
        writer.close()
        action(self.flight, "session_finalize", session_uuid=topic["session"])
        info = self.info(topic["locator"])
        table = self.flight.do_get(info.endpoints[0].ticket).read_all()
        self.assertEqual(3, len(table))
        for back in (info.schema, table.schema,
                     self.flight.get_schema(descriptor(topic["locator"])).schema):
            self.assertTrue(schema.remove_metadata().equals(back.remove_metadata(),
                                                            check_metadata=True), back)

    def test_08_no_batch_without_rows(self) -> None:
        schema = pa.schema([TIMESTAMP, pa.field("data", pa.float64())])
        topic = self.open_topic(self.name)
        writer, _ = self.flight.do_put(
            descriptor(topic["locator"], topic_uuid=topic["uuid"]), schema)
        for times in ([], [0, 1], [], [], [2], []):
            writer.write_batch(pa.RecordBatch.from_pylist(
                [{"timestamp_ns": t, "data": t} for t in times], schema=schema))
        writer.close()
        for bounds in ({}, {"timestamp_ns_start": 1}, {"timestamp_ns_start": 50}):
            ticket = self.info(topic["locator"], **bounds).endpoints[0].ticket
            batches = [chunk.data for chunk in self.flight.do_get(ticket)]
            self.assertNotIn(0, [len(batch) for batch in batches])
        ticket = self.info(topic["locator"]).endpoints[0].ticket
        self.assertEqual(3, len(self.flight.do_get(ticket).read_all()))

    def test_09_rows_come_in_the_order_of_time_ties_as_pushed(self) -> None:
        times = [5, 1, 5, 3, 1, 9, 0, 5]
        self.write(self.name, {"t": [(t, Floating64(data=i)) for i, t in enumerate(times)]})
        stream = self.handler(self.name).get_topic_handler("/t").get_data_streamer()
        self.assertEqual(sorted((t, float(i)) for i, t in enumerate(times)),
                         [(m.timestamp_ns, m.get_data(Floating64).data) for m in stream])

    def test_10_windows_exclude_their_end_and_bounds_include_theirs(self) -> None:
        self.write(self.name, {"t": numbers(10)})
        window = self.endpoint(self.name, timestamp_ns_start=2, timestamp_ns_end=5)
        self.assertEqual((3, {"start_ns": 2, "end_ns": 4}), (
            window["time_window_info"]["row_count"], window["time_window_info"]["interval"]))
        self.assertEqual([("/t", 2), ("/t", 3), ("/t", 4)],
                         self.times(self.name, start_timestamp_ns=2, end_timestamp_ns=5))
        self.assertEqual(9, self.handler(self.name).timestamp_ns_max)

    def test_12_nobody_gets_acknowledgements_unasked(self) -> None:
        # A client that never reads them writes more than any flow control lets pass unread.
        schema = pa.schema([TIMESTAMP, pa.field("data", pa.float64())])
        topic = self.open_topic(self.name)
        writer, reader = self.flight.do_put(
            descriptor(topic["locator"], topic_uuid=topic["uuid"]), schema)
        for t in range(3000):
            writer.write_batch(pa.RecordBatch.from_pydict(
                {"timestamp_ns": [t], "data": [0.5]}, schema=schema))
        writer.done_writing()
        self.assertIsNone(reader.read())
        writer.close()
        self.assertEqual(3000, self.endpoint(self.name)["data_info"]["total_row_count"])

    def test_13_tickets_stay_valid(self) -> None:
        self.write(self.name, {"t": numbers(3)})
        topic = self.handler(self.name).get_topic_handler("/t")
        ticket = self.info(f"{self.name}/t").endpoints[0].ticket
        with self.client.sequence_update(self.name) as update:
            self.write_topic(update, "other", numbers(5))
        for _ in range(3):
            self.assertEqual([0, 1, 2], [m.timestamp_ns for m in topic.get_data_streamer()])
            self.assertEqual(3, len(self.flight.do_get(ticket).read_all()))

    def test_13_tickets_outlive_the_server(self) -> None:
        store = self.enterContext(tempfile.TemporaryDirectory())
        server = self.start_server(store=store)
        self.write(self.name, {"t": numbers(3)}, self.connect(server))
        info = self.flight_client(server).get_flight_info(descriptor(f"{self.name}/t"))
        self.assertEqual(0, server.stop())
        server = self.start_server(store=store)
        ticket = info.endpoints[0].ticket
        self.assertEqual(3, len(self.flight_client(server).do_get(ticket).read_all()))

    def test_14_times_of_notifications_have_one_form(self) -> None:
        self.write(self.name, {"t": numbers(1)})
        action(self.flight, "sequence_notification_create", locator=self.name,
               notification_type="error", msg="x")
        note, = action(self.flight, "sequence_notification_list",
                       locator=self.name)["notifications"]
        self.assertRegex(note["created_datetime"],
                         r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})? UTC$")
        created = self.client.list_sequence_notifications(self.name)[0].created_datetime
        age = datetime.datetime.now(datetime.timezone.utc) - created
        self.assertLess(abs(age), datetime.timedelta(minutes=10))

    def test_15_deletion_of_a_sequence_in_progress_hides_no_exception(self) -> None:
        server = self.start_server()  # Without the option: pending sequences go all the same.
        client = self.connect(server)
        with self.assertRaisesRegex(Mishap, "my own"):
            with client.sequence_create(self.name, {}, SessionLevelErrorPolicy.Delete) as sequence:
                self.write_topic(sequence, "t", numbers(10))
                raise Mishap("my own")
        self.assertFalse(client.sequence_exists(self.name))

    def test_16_a_key_hinders_nobody_where_none_is_asked(self) -> None:
        key = "msco_0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p_1e3af8e4"
        client = MosaicoClient.connect("127.0.0.1", self.server.port, api_key=key)
        self.addCleanup(client.close)

    def test_17_figures_are_there_at_once_and_never_change(self) -> None:
        self.write(self.name, {"t": [(t, imu(t)) for t in range(500)]})
        first = self.endpoint(self.name)
        self.assertGreaterEqual(first["info"]["chunks_number"], 1)
        self.assertGreater(first["info"]["total_bytes"], 0)
        self.assertEqual(500, first["data_info"]["total_row_count"])
        self.assertEqual(500, len(self.times(self.name)))
        again = self.endpoint(self.name)
        self.assertEqual(first["info"]["total_bytes"], again["info"]["total_bytes"])
        self.assertEqual(first["data_info"]["total_bytes"], again["data_info"]["total_bytes"])

    def test_18_times_run_on_any_clock(self) -> None:
        times = [-(2**63), -5, 0, 3, 2**63 - 1]
        self.write(self.name, {"t": [(t, imu(0)) for t in times]})
        handler = self.handler(self.name)
        messages = [message for _, message in handler.get_data_streamer()]
        self.assertEqual(times, [message.timestamp_ns for message in messages])
        self.assertTrue(all(message.get_data(IMU) for message in messages))
        self.assertEqual([("/t", -5), ("/t", 0)], self.times(
            self.name, start_timestamp_ns=-5, end_timestamp_ns=3))
