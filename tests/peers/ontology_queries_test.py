"""Queries on the data itself, and the temporal filters that go on from their results."""

import json
from typing import Any

import pyarrow.flight as flight
from mosaicolabs import (Boolean, Floating64, GPS, IMU, Point3d, Pose, Quaternion, Query,
                         QueryOntologyCatalog, QuerySequence, QueryTopic, RobotPath, String,
                         TimestampRange)
from mosaicolabs.models.futures import LaserScan

from client_case import ClientCase
from connecting_test import imu
from sample_messages import SampleMessages

STEP = 10


class OntologyQueries(ClientCase):
    """`walk`: acceleration.x counts 0 to 99 in steps of 10 ns, then falls to -1 for good."""

    def setUp(self) -> None:
        super().setUp()
        if self.client.sequence_exists("walk"):
            return
        self.write("walk", {
            "imu": [(t * STEP, imu(t if t < 100 else -1)) for t in range(200)],
            "level": [(t * STEP, Floating64(data=7.5)) for t in range(200)],
            "wave": [(t * STEP, Floating64(data=t % 20)) for t in range(200)],
            "text": [(0, String(data="all well")), (500, String(data="[ERR] battery"))],
            "flag": [(0, Boolean(data=False)), (30, Boolean(data=True))],
            "scan": [(t, scan([float(t), 5.0])) for t in range(3)] + [(9, scan([]))],
            "path": [(5, path([1.0, -4.0]))],
        })
        self.write("stand", {
            "imu": [(t * STEP, imu(0.5)) for t in range(10)],
            "gps": [(0, GPS(position=Point3d(x=45.46, y=9.19, z=120)))],
        }, metadata={"kind": "still"})

    def query(self, *queries: Any) -> dict[str, list[str]]:
        response = self.client.query(*queries)
        self.assertIsNotNone(response)
        return {item.sequence.name: sorted(topic.name for topic in item.topics)
                for item in response}

    def found(self, *expressions: Any) -> dict[str, list[str]]:
        return self.query(QueryOntologyCatalog(*expressions))

    def test_numbers(self) -> None:
        x = IMU.Q.acceleration.x
        walk, stand = {"walk": ["/imu"]}, {"stand": ["/imu"]}
        for expression, expected in (
                (x.gt(98), walk), (x.gt(99), {}), (x.geq(99), walk), (x.lt(-0.5), walk),
                (x.lt(-1), {}), (x.leq(-1), walk), (x.eq(42), walk), (x.eq(0.5), stand),
                (x.eq(0.25), {}), (x.between([0.4, 0.6]), stand), (x.outside([-1.0, 98.5]), walk),
                (x.in_([0.5, 1000.0]), stand), (x.gt(-5), walk | stand)):
            with self.subTest(expression.to_dict()):
                self.assertEqual(expected, self.found(expression))

    def test_equal_finds_a_value_among_others(self) -> None:
        for value in (0, 1, 57, 99, -1):
            self.assertEqual({"walk": ["/imu"]}, self.found(IMU.Q.acceleration.x.eq(value)))

    def test_whole_and_broken_numbers_in_turn(self) -> None:
        x = IMU.Q.acceleration.x
        for _ in range(3):
            self.assertEqual({"walk": ["/imu"]}, self.found(x.gt(1)))
            self.assertEqual({"stand": ["/imu"]}, self.found(x.between([0.25, 0.75])))
            self.assertEqual({"stand": ["/imu"]}, self.found(x.eq(0.5)))
            self.assertEqual({"walk": ["/imu"]}, self.found(x.eq(1)))

    def test_conditions_hold_in_the_same_row(self) -> None:
        self.assertEqual({"walk": ["/imu"]},
                         self.found(IMU.Q.acceleration.x.eq(42), IMU.Q.timestamp_ns.eq(420)))
        self.assertEqual({}, self.found(IMU.Q.acceleration.x.eq(42), IMU.Q.timestamp_ns.eq(430)))

    def test_several_tags_need_a_topic_each(self) -> None:
        self.assertEqual({"stand": ["/gps", "/imu"]},
                         self.found(IMU.Q.acceleration.x.lt(1), GPS.Q.position.z.gt(100)))

    def test_texts_and_flags(self) -> None:
        text = {"walk": ["/text"]}
        self.assertEqual(text, self.found(String.Q.data.match("*[[]ERR]*")))
        self.assertEqual({}, self.found(String.Q.data.match("ERR")))
        self.assertEqual(text, self.found(String.Q.data.eq("all well")))
        self.assertEqual(text, self.found(String.Q.data.in_(["nothing", "all well"])))
        self.assertEqual({"walk": ["/flag"]}, self.found(Boolean.Q.data.eq(True)))

    def test_elements_of_lists(self) -> None:
        ranges = LaserScan.Q.ranges
        scan_found = {"walk": ["/scan"]}
        for expression, expected in (
                (ranges.any().eq(2), scan_found), (ranges.any().gt(5), {}),
                (ranges.all().gt(1.5), scan_found), (ranges.all().gt(2.5), {}),
                (ranges[1].eq(5), scan_found), (ranges[0].eq(5), {}), (ranges[2].lt(1e9), {}),
                (RobotPath.Q.poses.any().position.x.lt(-3), {"walk": ["/path"]}),
                (RobotPath.Q.poses.all().position.x.lt(0), {})):
            with self.subTest(expression.to_dict()):
                self.assertEqual(expected, self.found(expression))

    def test_together_with_other_conditions(self) -> None:
        moving = QueryOntologyCatalog(IMU.Q.acceleration.x.geq(0))
        self.assertEqual({"stand": ["/imu"]},
                         self.query(QuerySequence().with_user_metadata("kind", eq="still"), moving))
        self.assertEqual({}, self.query(QueryTopic().with_name("/gps"), moving))
        self.assertEqual({"walk": ["/wave"]},
                         self.query(QueryTopic().with_name("/wave"),
                                    QueryOntologyCatalog(Floating64.Q.data.gt(1))))

    def topic(self, *expressions: Any, name: str = "/imu") -> Any:
        response = self.client.query(query=Query(QuerySequence().with_name("walk"),
                                                 QueryTopic().with_name(name),
                                                 QueryOntologyCatalog(*expressions)))
        item, = response
        topic, = item.topics
        return topic

    def test_clusters(self) -> None:
        topic = self.topic(Floating64.Q.data.geq(18), name="/wave")
        whole, = topic.clusterize()
        self.assertEqual((0, 180, 1990), (whole.id, whole.timerange.start, whole.timerange.end))
        clusters = topic.clusterize(clustering_dt_ns=STEP)
        self.assertEqual([(i, 180 + 200 * i, 190 + 200 * i) for i in range(10)],
                         [(c.id, c.timerange.start, c.timerange.end) for c in clusters])
        window = topic.clusterize(STEP, TimestampRange(start=190, end=580))
        self.assertEqual([(190, 190), (380, 390)],
                         [(c.timerange.start, c.timerange.end) for c in window])

    def test_no_cluster_is_an_empty_list(self) -> None:
        topic = self.topic(IMU.Q.acceleration.x.eq(42))
        self.assertEqual([], topic.clusterize(timestamp_range=TimestampRange(start=0, end=420)))

    def test_clusters_of_all_topics(self) -> None:
        item, = self.client.query(QueryOntologyCatalog(
            IMU.Q.acceleration.x.between([10, 20]), String.Q.data.match("*battery")))
        clusters = item.clusterize_all()
        self.assertEqual({"/imu": [(100, 200)], "/text": [(500, 500)]},
                         {name: [(c.timerange.start, c.timerange.end) for c in found]
                          for name, found in clusters.items()})

    def test_intersections(self) -> None:
        ramp = self.topic(IMU.Q.acceleration.x.between([10, 40]))
        wave = self.topic(Floating64.Q.data.geq(18), name="/wave")
        overlaps = ramp.intersect(wave, clustering_map={"Floating64": STEP})
        self.assertEqual([(180, 190), (380, 390)],
                         [(c.timerange.start, c.timerange.end) for c in overlaps])
        text = self.topic(String.Q.data.match("*battery"), name="/text")
        self.assertEqual([], ramp.intersect(text))
        near, = ramp.intersect(text, intersect_dt_ns=100)
        self.assertEqual((450, 450), (near.timerange.start, near.timerange.end))

    def test_trap_11_one_envelope_a_result_and_no_result_without_a_cluster(self) -> None:
        connection = self.flight_client()
        for low, count in ((18, 10), (100, 0)):
            body = {"locator": "walk/wave", "clustering_dt_ns": STEP,
                    "ontology": {"Floating64.data": {"$geq": low}}}
            results = connection.do_action(
                flight.Action("topic_filter_clusterize", json.dumps(body).encode()))
            answers = [json.loads(result.body.to_pybytes()) for result in results]
            self.assertEqual([("topic_filter_clusterize", i) for i in range(count)],
                             [(answer["action"], answer["response"]["id"]) for answer in answers])

    def test_an_item_intersects_its_topics(self) -> None:
        item, = self.client.query(QueryOntologyCatalog(
            IMU.Q.acceleration.x.between([40, 60]), String.Q.data.match("*battery")))
        overlap, = item.intersect()
        self.assertEqual((500, 500), (overlap.timerange.start, overlap.timerange.end))


def scan(ranges: list[float]) -> LaserScan:
    made = SampleMessages(1).make(LaserScan)
    return made.model_copy(update={"ranges": ranges})


def path(xs: list[float]) -> RobotPath:
    return RobotPath(poses=[Pose(position=Point3d(x=x, y=0, z=0),
                                 orientation=Quaternion(x=0, y=0, z=0, w=1)) for x in xs])
