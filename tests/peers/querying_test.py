"""Queries on names, tags, times and user metadata, with every builder of the client."""

import time

from mosaicolabs import IMU, Query, QuerySequence, QueryTopic, String

from client_case import ClientCase
from connecting_test import imu
from writing_test import numbers

Found = dict[str, list[str]]


class Querying(ClientCase):
    """Three drives with what the conditions look for. Each is found by its site."""

    DRIVES = {
        "drive_1": {"site": "milan", "visibility": 30, "wet": True, "notes": {"who": "Ada"},
                    "logs": [{"id": 1}, {"id": 7}], "speed": 3.5, "mixed": 10},
        "drive_2": {"site": "milan", "visibility": 70, "wet": False,
                    "notes": {"deep": {"who": "Bob"}}, "mixed": "10"},
        "drive-3": {"site": "oslo", "visibility": "55", "speed": -1, "mixed": "ten"},
    }

    def setUp(self) -> None:
        super().setUp()
        if self.client.sequence_exists("drive_1"):
            return
        for name, metadata in self.DRIVES.items():
            self.write(name, {"sensors/imu": [(1, imu(1))], "log": [(2, String(data="x"))]},
                       metadata=metadata,
                       topic_metadata={"sensors/imu": {"interface": {"type": "UART", "baud": 9600}},
                                       "log": {"level": "debug" if name == "drive_2" else "info"}})

    def found(self, *queries: object) -> Found:
        response = self.client.query(*queries)
        self.assertIsNotNone(response)
        return {item.sequence.name: sorted(topic.name for topic in item.topics)
                for item in response if item.sequence.name in self.DRIVES}

    def sequences(self, key: str, **condition: object) -> list[str]:
        return sorted(self.found(QuerySequence().with_user_metadata(key, **condition)))

    def topics(self, query: QueryTopic) -> set[str]:
        return {topic for topics in self.found(query).values() for topic in topics}

    def test_by_name(self) -> None:
        both = ["/log", "/sensors/imu"]
        self.assertEqual({"drive_1": both}, self.found(QuerySequence().with_name("drive_1")))
        self.assertEqual({"drive_1": both, "drive_2": both},
                         self.found(QuerySequence().with_name_match("drive_?")))
        self.assertEqual({"drive-3": both}, self.found(QuerySequence().with_name_match("*-#")))
        self.assertEqual({}, self.found(QuerySequence().with_name_match("drive")))

    def test_by_topic(self) -> None:
        for query in (QueryTopic().with_name("/sensors/imu"), QueryTopic().with_name("sensors/imu"),
                      QueryTopic().with_name_match("/sensors/*"),
                      QueryTopic().with_name_match("*imu"), QueryTopic().with_ontology_tag("IMU")):
            self.assertEqual({name: ["/sensors/imu"] for name in self.DRIVES}, self.found(query))
        self.assertEqual({}, self.found(QueryTopic().with_ontology_tag("imu")))

    def test_by_time_of_creation(self) -> None:
        now = time.time_ns()
        hour = 3600 * 10**9
        for builder in (QuerySequence, QueryTopic):
            for bounds, hit in (({"time_start": now - hour}, True), ({"time_end": now}, True),
                                ({"time_start": now - hour, "time_end": now + hour}, True),
                                ({"time_start": now + hour}, False),
                                ({"time_end": now - hour}, False)):
                with self.subTest(builder=builder, bounds=bounds):
                    found = self.found(builder().with_created_timestamp(**bounds))
                    self.assertEqual(set(self.DRIVES) if hit else set(), set(found))

    def test_every_operator_on_metadata(self) -> None:
        for key, condition, expected in (
                ("site", {"eq": "milan"}, ["drive_1", "drive_2"]),
                ("site", {"neq": "milan"}, ["drive-3"]),
                ("site", {"match": "o*"}, ["drive-3"]),
                ("site", {"in_": ["oslo", "rome"]}, ["drive-3"]),
                ("site", {"gt": "n"}, ["drive-3"]),
                ("site", {"between": ["a", "n"]}, ["drive_1", "drive_2"]),
                ("visibility", {"lt": 50}, ["drive_1"]),
                ("visibility", {"leq": 55}, ["drive-3", "drive_1"]),  # "55" reads as a number.
                ("visibility", {"gt": 55.5}, ["drive_2"]),
                ("visibility", {"geq": 30}, ["drive-3", "drive_1", "drive_2"]),
                ("visibility", {"between": [55, 70]}, ["drive-3", "drive_2"]),
                ("visibility", {"outside": [50, 60]}, ["drive_1", "drive_2"]),
                ("speed", {"eq": 3.5}, ["drive_1"]),
                ("speed", {"in_": [3.5, -1.0]}, ["drive-3", "drive_1"]),
                ("wet", {"eq": True}, ["drive_1"]),
                ("wet", {"eq": False}, ["drive_2"]),
                ("wet", {"ex": True}, ["drive_1", "drive_2"]),
                ("wet", {"ex": False}, ["drive-3"]),
                ("nothing", {"neq": "x"}, [])):
            with self.subTest(key=key, condition=condition):
                self.assertEqual(expected, self.sequences(key, **condition))

    def test_paths_into_metadata(self) -> None:
        self.assertEqual(["drive_1"], self.sequences("notes.who", eq="Ada"))
        self.assertEqual(["drive_2"], self.sequences("notes.*.who", eq="Bob"))
        self.assertEqual(["drive_1", "drive_2"], self.sequences("notes.**.who", match="*"))
        self.assertEqual(["drive_1"], self.sequences("logs[*].id", eq=7))
        self.assertEqual([], self.sequences("logs[0].id", eq=7))
        self.assertEqual(["drive_1"], self.sequences("logs[1].id", geq=7))

    def test_metadata_of_topics(self) -> None:
        uart = QueryTopic().with_user_metadata("interface.type", eq="UART")
        self.assertEqual({"/sensors/imu"}, self.topics(uart))
        self.assertEqual({}, self.found(uart.with_user_metadata("interface.baud", gt=9600)))
        self.assertEqual({"drive_2": ["/log"]},
                         self.found(QueryTopic().with_user_metadata("level", eq="debug")))

    def test_conditions_are_joined_by_and(self) -> None:
        query = Query(QuerySequence().with_user_metadata("site", eq="milan")
                      .with_user_metadata("visibility", gt=50),
                      QueryTopic().with_ontology_tag("String"))
        self.assertEqual({"drive_2": ["/log"]}, self.response(query))
        self.assertEqual({"drive_2": ["/log"]},
                         self.found(QuerySequence().with_name_match("drive*"),
                                    QueryTopic().with_user_metadata("level", eq="debug")))

    def response(self, query: Query) -> Found:
        return {item.sequence.name: [topic.name for topic in item.topics]
                for item in self.client.query(query=query)}

    def test_results_become_queries(self) -> None:
        milan = self.client.query(QuerySequence().with_user_metadata("site", eq="milan"))
        self.assertFalse(milan.is_empty())
        self.assertEqual({name: ["/log"] for name in ("drive_1", "drive_2")},
                         self.found(milan.to_query_sequence(), QueryTopic().with_name("/log")))
        debug = self.client.query(QueryTopic().with_user_metadata("level", eq="debug"))
        drives = QuerySequence().with_name_match("drive*")
        self.assertEqual({name: ["/log"] for name in self.DRIVES},
                         self.found(debug.to_query_topic(), drives))

    def test_nothing_found_is_an_empty_answer(self) -> None:
        response = self.client.query(QuerySequence().with_name("nobody_made_this"))
        self.assertTrue(response.is_empty())
        self.assertEqual([], list(response))

    def test_a_query_that_makes_no_sense_is_an_error(self) -> None:
        # Depending on its version the client raises, or gives None.
        for value in ([], [1, "a"]):
            with self.subTest(value=value):
                try:
                    found = self.client.query(QuerySequence().with_user_metadata("a", in_=value))
                except Exception:
                    found = None
                self.assertIsNone(found)

    def test_pending_sequences_are_found(self) -> None:
        with self.client.sequence_create("pending_drive", {"kind": "pending"}) as sequence:
            self.write_topic(sequence, "t", numbers(1))
            found = self.client.query(QuerySequence().with_user_metadata("kind", eq="pending"))
            self.assertEqual([("pending_drive", ["/t"])],
                             [(i.sequence.name, [t.name for t in i.topics]) for i in found])

    def test_types_are_told(self) -> None:
        item, = self.client.query(QuerySequence().with_name("drive_1"))
        self.assertEqual({"/log": "String", "/sensors/imu": IMU.ontology_tag()},
                         {topic.name: topic.ontology_tag for topic in item.topics})
        self.assertEqual({"drive_1/log", "drive_1/sensors/imu"},
                         {topic.locator for topic in item.topics})
