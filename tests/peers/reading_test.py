"""Reading: handlers, streams whole, merged and windowed, and tables for pandas."""

import random

from mosaicolabs import Floating64, IMU, SerializationFormat, String
from mosaicolabs.ml import DataFrameExtractor, SyncHold, SyncTransformer

from client_case import CLIENT_VERSION, ClientCase
from connecting_test import imu
from writing_test import numbers

# Three topics that interleave; `late` was pushed out of order.
SECOND = 10**9


class Recording(ClientCase):
    """One recording that the tests of a class only look at."""

    name: str
    rows: dict[str, list[int]]

    def setUp(self) -> None:
        super().setUp()
        self.name = f"{type(self).__name__}_recording"
        source = random.Random(1)
        late = [SECOND + 7 * i for i in range(700)]
        source.shuffle(late)
        self.rows = {"/imu": [SECOND + 5 * i for i in range(1000)],
                     "/deep/gps": [SECOND + 500 * i for i in range(10)],
                     "/late": late}
        if not self.client.sequence_exists(self.name):
            self.write(self.name, {
                "imu": [(t, imu(t)) for t in self.rows["/imu"]],
                "deep/gps": [(t, Floating64(data=t)) for t in self.rows["/deep/gps"]],
                "late": [(t, String(data=str(t))) for t in late],
            }, metadata={"vehicle": {"kind": "rover"}}, topic_metadata={"imu": {"rate": 200}})

    def window(self, start: int | None = None, end: int | None = None,
               topics: list[str] | None = None) -> list[tuple[int, str]]:
        """What a stream of the window must give: in time order, ties in the order of creation."""
        order = list(self.rows)
        return sorted(((t, topic) for topic, times in self.rows.items() for t in times
                       if (start is None or t >= start) and (end is None or t < end)
                       and (not topics or topic in topics)),
                      key=lambda row: (row[0], order.index(row[1])))


class Handlers(Recording):
    def test_a_sequence_tells_about_itself(self) -> None:
        handler = self.handler(self.name)
        self.assertEqual(self.name, handler.name)
        self.assertEqual(["/deep/gps", "/imu", "/late"], sorted(handler.topics))
        self.assertEqual({"vehicle": {"kind": "rover"}}, handler.user_metadata)
        self.assertEqual((SECOND, SECOND + 5 * 999),
                         (handler.timestamp_ns_min, handler.timestamp_ns_max))
        self.assertGreater(handler.created_timestamp, 1_600_000_000 * SECOND)
        sizes = [handler.get_topic_handler(name).total_size_bytes for name in handler.topics]
        self.assertEqual(sum(sizes), handler.total_size_bytes)
        self.assertGreater(min(sizes), 0)
        session, = handler.sessions
        self.assertTrue(session.locked)
        self.assertEqual(["/deep/gps", "/imu", "/late"], sorted(session.topics))

    def test_a_topic_tells_about_itself(self) -> None:
        for topic in (self.handler(self.name).get_topic_handler("/imu"),
                      self.client.topic_handler(self.name, "imu"),
                      self.client.topic_handler(self.name, "/imu")):
            self.assertEqual(("/imu", self.name, "IMU", {"rate": 200}),
                             (topic.name, topic.sequence_name, topic.ontology_tag,
                              topic.user_metadata))
            self.assertEqual(SerializationFormat.Default,
                             SerializationFormat(topic.serialization_format))
            self.assertEqual((SECOND, SECOND + 5 * 999),
                             (topic.timestamp_ns_min, topic.timestamp_ns_max))
            self.assertGreater(topic.created_timestamp, 1_600_000_000 * SECOND)
            self.assertGreaterEqual(topic.chunks_number, 1)
            self.assertTrue(topic.locked)

    def test_topics_are_found_by_name(self) -> None:
        handler = self.handler(self.name)
        self.assertEqual("/deep/gps", handler.get_topic_handler("/deep/gps").name)
        with self.assertRaises(ValueError):
            handler.get_topic_handler("/nothing")

    def test_handlers_of_a_pending_sequence_read_what_is_there(self) -> None:
        with self.client.sequence_create("pending_recording", {}) as sequence:
            writer = self.write_topic(sequence, "t", numbers(3))
            writer._finalize()  # The topic's own end; the session goes on.
            handler = self.handler("pending_recording")
            self.assertFalse(handler.sessions[0].locked)
            self.assertEqual([0, 1, 2],
                             [message.timestamp_ns for _, message in handler.get_data_streamer()])


class Streams(Recording):
    def stream(self, **options: object) -> list[tuple[int, str]]:
        return [(t, topic) for topic, t in self.times(self.name, **options)]

    def test_a_sequence_comes_merged_in_time_order(self) -> None:
        self.assertEqual(self.window(), self.stream())

    def test_a_window_has_its_start_and_not_its_end(self) -> None:
        end = SECOND + 5 * 999
        for start, stop in ((SECOND, end), (SECOND + 35, SECOND + 70), (None, SECOND + 500),
                            (SECOND + 501, None), (end, end + 1), (0, 2**63 - 1)):
            with self.subTest(start=start, stop=stop):
                self.assertEqual(
                    self.window(start, stop),
                    self.stream(start_timestamp_ns=start, end_timestamp_ns=stop))

    def test_a_stream_of_some_topics(self) -> None:
        self.assertEqual(self.window(topics=["/late", "/deep/gps"]),
                         self.stream(topics=["/late", "/deep/gps"]))
        self.assertEqual(self.window(SECOND + 400, SECOND + 600, ["/deep/gps"]),
                         self.stream(topics=["/deep/gps"], start_timestamp_ns=SECOND + 400,
                                     end_timestamp_ns=SECOND + 600))

    def test_data_comes_with_its_type(self) -> None:
        for topic, message in self.handler(self.name).get_data_streamer():
            cls = {"/imu": IMU, "/deep/gps": Floating64, "/late": String}[topic]
            self.assertEqual(cls.ontology_tag(), message.ontology_tag())
            self.assertIs(cls, message.ontology_type())
            data = message.get_data(cls)
            value = data.acceleration.x if cls is IMU else data.data
            self.assertEqual(message.timestamp_ns, int(value))

    def test_peeking_consumes_nothing(self) -> None:
        stream = self.handler(self.name).get_data_streamer()
        for t, topic in self.window()[:50]:
            self.assertEqual((t, t), (stream.next_timestamp(), stream.next_timestamp()))
            got, message = next(iter(stream))
            self.assertEqual((topic, t), (got, message.timestamp_ns))
        stream.close()

    def test_a_topic_alone(self) -> None:
        topic = self.handler(self.name).get_topic_handler("/late")
        for _ in range(2):  # The same handler streams again.
            stream = topic.get_data_streamer()
            self.assertEqual(("/late", "String"), (stream.name, stream.ontology_tag))
            self.assertEqual(sorted(self.rows["/late"]), [m.timestamp_ns for m in stream])
        window = topic.get_data_streamer(SECOND + 7, SECOND + 28)
        self.assertEqual(SECOND + 7, window.next_timestamp())
        self.assertEqual([SECOND + 7, SECOND + 14, SECOND + 21], [m.timestamp_ns for m in window])

    def test_streamers_know_how_much_comes(self) -> None:
        topic = self.handler(self.name).get_topic_handler("/imu")
        stream = topic.get_data_streamer()
        self.assertEqual((1000, SECOND, SECOND + 4995),
                         (stream.msg_count, stream.timestamp_ns_min, stream.timestamp_ns_max))
        stream = topic.get_data_streamer(SECOND + 1, SECOND + 21)
        self.assertEqual((4, SECOND + 5, SECOND + 20),
                         (stream.msg_count, stream.timestamp_ns_min, stream.timestamp_ns_max))
        merged = self.handler(self.name).get_data_streamer()
        self.assertEqual((1710, SECOND, SECOND + 4995),
                         (merged.msg_count, merged.timestamp_ns_min, merged.timestamp_ns_max))

    def test_a_stream_left_early_harms_nobody(self) -> None:
        for _ in range(5):
            stream = self.handler(self.name).get_data_streamer()
            next(iter(stream))
            stream.close()
        self.assertEqual(self.window(), self.stream())

    def test_streams_run_side_by_side(self) -> None:
        # A handler has one stream at a time, a client one handler.
        streams = [iter(self.handler(self.name, self.connect()).get_data_streamer())
                   for _ in range(10)]
        for t, topic in self.window()[:100]:
            self.assertEqual({(t, topic)}, {(message.timestamp_ns, name) for name, message in
                                            (next(stream) for stream in streams)})

    def test_a_hundred_topics_are_read_at_once(self) -> None:
        rows = [(t, String(data=f"{t}" * 2000)) for t in range(10)]
        self.write("hundred", {f"t{i}": rows for i in range(100)})
        self.assertEqual([t for t in range(10) for _ in range(100)],
                         [t for _, t in self.times("hundred")])

    def test_a_window_without_rows(self) -> None:
        window = {"start_timestamp_ns": 0, "end_timestamp_ns": 5}
        if CLIENT_VERSION >= (0, 7):  # It leaves topics without rows out and wants at least one.
            with self.assertRaises(RuntimeError):
                self.stream(**window)
        else:
            self.assertEqual([], self.stream(**window))


class Tables(Recording):
    def test_pandas_gets_every_row(self) -> None:
        extractor = DataFrameExtractor(self.handler(self.name))
        frame, = extractor.to_pandas_chunks()
        self.assertEqual(1710, len(frame))
        self.assertEqual([t for t, _ in self.window()], list(frame["timestamp_ns"]))
        self.assertEqual([float(t) for t in self.rows["/imu"]],
                         list(frame["/imu.IMU.acceleration.x"].dropna()))
        self.assertEqual(10, frame["/deep/gps.Floating64.data"].count())

    def test_pandas_in_windows_and_of_some_topics(self) -> None:
        extractor = DataFrameExtractor(self.handler(self.name))
        frames = list(extractor.to_pandas_chunks(
            topics=["/imu"], window_sec=1e-6, timestamp_ns_start=SECOND + 500,
            timestamp_ns_end=SECOND + 4000))
        self.assertEqual(4, len(frames))
        times = [t for frame in frames for t in frame["timestamp_ns"]]
        self.assertEqual([t for t, _ in self.window(SECOND + 500, SECOND + 4000, ["/imu"])], times)

    def test_tables_are_resampled(self) -> None:
        frame, = DataFrameExtractor(self.handler(self.name)).to_pandas_chunks(topics=["/imu"])
        dense = SyncTransformer(target_fps=1e8, policy=SyncHold()).fit(frame).transform(frame)
        self.assertEqual(list(range(SECOND, SECOND + 4990, 10))[:5],
                         list(dense["timestamp_ns"])[:5])
        self.assertEqual(SECOND + 10, dense["/imu.IMU.acceleration.x"].iloc[1])
