#include <gmock/gmock.h>

#include <limits>

#include "client/places.hpp"

namespace mosaico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Querying : public ConformanceTest {
 protected:
  // "drive" with an imu whose x grows by 1 each 10 ns, and one gps fix; "walk" with an imu at 0.5.
  void SetUp() override {
    client_.record("drive", {{"place", "yard"}}, [](SequenceWriter& sequence) {
      auto imu = sequence.topic_create<IMU>("imu");
      for (int i = 0; i < 100; ++i) imu.push(imu_number(i), 10 * i);
      auto gps = sequence.topic_create<GPS>("gps");
      gps.push(GPS{.position = {.x = 9.6, .y = 44.3, .z = 10}}, 495);
    });
    client_.record("walk", {}, [](SequenceWriter& sequence) {
      sequence.topic_create<IMU>("imu").push(imu_number(0.5), 7);
    });
  }

  // "sequence/topic" of everything found.
  std::vector<std::string> found(const Query& query) {
    std::vector<std::string> names;
    for (const auto& item : client_.query(query).items) {
      for (const auto& topic : item.topics) names.push_back(item.sequence + topic.name);
    }
    return names;
  }

  std::string refusal(const Query& query) {
    try {
      client_.query(query);
    } catch (const InvalidError& error) {
      return error.what();
    }
    return "";
  }

  std::vector<std::int64_t> times(const TimeWindow& window) {
    std::vector<std::int64_t> times;
    auto stream = client_.sequence_handler("drive")->get_data_streamer(window);
    for (const auto& [topic, message] : stream) times.push_back(message.timestamp_ns());
    return times;
  }
};

TEST_P(Querying, RowsDecideWhichTopicsAreFound) {
  EXPECT_THAT(found(QueryOntologyCatalog(Q<IMU>.acceleration.x.gt(50))), ElementsAre("drive/imu"));
  EXPECT_THAT(found(QueryOntologyCatalog(Q<IMU>.acceleration.x.lt(1))),
              ElementsAre("drive/imu", "walk/imu"));
  EXPECT_THAT(found(QueryOntologyCatalog(Q<IMU>.acceleration.x.gt(100))), IsEmpty());
  EXPECT_THAT(found(QueryOntologyCatalog(Q<IMU>.acceleration.x.lt(1), Q<GPS>.position.x.gt(9))),
              ElementsAre("drive/imu", "drive/gps"));
  EXPECT_THAT(found(QuerySequence(Sequence::Q.name.eq("walk"))
                        .with(QueryOntologyCatalog(Q<IMU>.acceleration.x.lt(1)))),
              ElementsAre("walk/imu"));
}

TEST_P(Querying, AnswersAreNarrowedFurther) {
  const QueryResult low = client_.query(QueryOntologyCatalog(Q<IMU>.acceleration.x.lt(1)));
  EXPECT_THAT(found(low.to_query_sequence().with(QueryTopic(Topic::Q.name.match("gps")))),
              ElementsAre("drive/gps"));
  EXPECT_THAT(found(low.to_query_topic().with(QueryOntologyCatalog(Q<IMU>.acceleration.x.eq(0.5)))),
              ElementsAre("walk/imu"));
}

TEST_P(Querying, RowsOfAnOpenRecordingAreFound) {
  auto sequence = client_.sequence_create("live");
  auto imu = sequence.topic_create<IMU>("imu");
  imu.push(imu_number(1000), 1);
  imu.flush();
  EXPECT_THAT(found(QueryOntologyCatalog(Q<IMU>.acceleration.x.eq(1000))), ElementsAre("live/imu"));
  sequence.abort();
}

TEST_P(Querying, AFieldThatDoesNotExistIsAnErrorThatNamesThoseThatDo) {
  const std::string text = refusal(QueryOntologyCatalog(OntologyField("IMU.speed.x").gt(1)));
  EXPECT_THAT(text, HasSubstr("\"IMU.speed.x\": no such column"));
  EXPECT_THAT(text, HasSubstr("acceleration.x (double)"));
  EXPECT_THAT(text, HasSubstr("timestamp_ns (int64)"));
  EXPECT_THAT(refusal(QueryOntologyCatalog(OntologyField("IMU.acceleration.x").eq("five"))),
              HasSubstr("the value \"five\" does not suit"));
  EXPECT_THAT(refusal(QueryOntologyCatalog(OntologyField("IMU.acceleration.x[?]").eq(5))),
              HasSubstr("is no list"));
  EXPECT_EQ(refusal(QueryOntologyCatalog(OntologyField("Nobody.x").eq(5))), "");
  EXPECT_EQ(refusal(QueryOntologyCatalog(OntologyField("IMU.speed").exists())), "");
}

// Topics of one tag may have other columns than each other, whoever is asked first.
TEST_P(Querying, AColumnThatAnyTopicOfTheTagHasIsNoError) {
  const auto probe = [](const std::string& column, TypeKind kind) {
    return Schema{.ontology_tag = "Probe",
                  .fields = {{.name = column, .type = {.kind = kind}, .nullable = true}}};
  };
  client_.record("probes", {}, [&](SequenceWriter& sequence) {
    for (int i = 0; i < 12; ++i) {
      sequence.topic_create("a" + std::to_string(i), {}, probe("depth", TypeKind::Float64))
          .push({{"depth", 1}}, 1);
    }
    sequence.topic_create("b", {}, probe("salt", TypeKind::Float64)).push({{"salt", nullptr}}, 1);
    sequence.topic_create("c", {}, probe("depth", TypeKind::String)).push({{"depth", "low"}}, 1);
    sequence.topic_create("d", {}, probe("never", TypeKind::Float64));
  });
  EXPECT_EQ(refusal(QueryOntologyCatalog(OntologyField("Probe.salt").gt(5))), "");
  EXPECT_EQ(refusal(QueryOntologyCatalog(OntologyField("Probe.depth").eq("high"))), "");
  EXPECT_EQ(refusal(QueryOntologyCatalog(OntologyField("Probe.depth").gt(5))), "");
  EXPECT_EQ(refusal(QueryOntologyCatalog(OntologyField("Probe.never").gt(5))), "");
  EXPECT_THAT(refusal(QueryOntologyCatalog(OntologyField("Probe.salt").eq("much"))),
              HasSubstr("does not suit the column; Probe has timestamp_ns (int64), salt (double)"));
  EXPECT_THAT(refusal(QueryOntologyCatalog(OntologyField("Probe.sugar").gt(5))),
              HasSubstr("no such column"));
}

TEST_P(Querying, BadQueriesPointAtThePlace) {
  EXPECT_THAT(refusal(QuerySequence(Sequence::Q.user_metadata["a"].between(2, 1))),
              HasSubstr("sequence.user_metadata.\"a\": $between: min is greater than max"));
  EXPECT_THAT(refusal(QueryTopic(Topic::Q.name.match(std::string(300, 'a')))),
              HasSubstr("topic.name: $match: a pattern of 302 bytes"));
  EXPECT_THAT(refusal(QueryOntologyCatalog(OntologyField("IMU").eq(5))),
              HasSubstr("ontology.\"IMU\""));
}

TEST_P(Querying, MatchingRowsBecomeWindowsForStreams) {
  const auto imu = client_.topic_handler("drive", "imu");
  const Query high = QueryOntologyCatalog(Q<IMU>.acceleration.x.outside(2, 97));
  const auto windows = imu->clusterize(high, {.clustering_dt_ns = 10});
  EXPECT_THAT(windows, ElementsAre(TimeWindow{0, 11}, TimeWindow{980, 991}));
  EXPECT_THAT(times(windows.at(1)), ElementsAre(980, 990));
  EXPECT_THAT(imu->clusterize(high), ElementsAre(TimeWindow{0, 991}));
  EXPECT_THAT(imu->clusterize(
                  high, {.clustering_dt_ns = 10, .start_timestamp_ns = 5, .end_timestamp_ns = 990}),
              ElementsAre(TimeWindow{10, 11}, TimeWindow{980, 981}));
  EXPECT_THAT(imu->clusterize(QueryOntologyCatalog(Q<IMU>.acceleration.x.gt(1000))), IsEmpty());
}

TEST_P(Querying, WindowsOfSeveralTopicsAreThoseTheyShare) {
  const auto drive = client_.sequence_handler("drive");
  const Query imu = QueryOntologyCatalog(Q<IMU>.acceleration.x.between(40, 60));
  const Query gps = QueryOntologyCatalog(Q<GPS>.position.x.gt(9));
  EXPECT_THAT(drive->intersect({{"/imu", imu}, {"gps", gps}}), ElementsAre(TimeWindow{495, 496}));
  const Query late = QueryOntologyCatalog(Q<IMU>.acceleration.x.geq(60));
  EXPECT_THAT(drive->intersect({{"imu", late}, {"gps", gps}}), IsEmpty());
  EXPECT_THAT(drive->intersect({{"imu", late}, {"gps", gps}}, {.intersect_dt_ns = 105}),
              ElementsAre(TimeWindow{548, 549}));
}

TEST_P(Querying, WindowsReachTheLastTimeThereIs) {
  constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
  client_.record("end", {}, [](SequenceWriter& sequence) {
    sequence.topic_create<IMU>("imu").push(imu_number(1), kLatest);
  });
  const auto windows = client_.topic_handler("end", "imu")
                           ->clusterize(QueryOntologyCatalog(Q<IMU>.acceleration.x.eq(1)));
  EXPECT_THAT(windows, ElementsAre(TimeWindow{kLatest, std::nullopt}));
}

TEST_P(Querying, WindowsNeedConditionsOnTheRowsOfTheirTopic) {
  const auto imu = client_.topic_handler("drive", "imu");
  EXPECT_THROW(imu->clusterize(Query()), InvalidError);
  EXPECT_THROW(imu->clusterize(QueryTopic(Topic::Q.name.eq("imu"))), InvalidError);
  EXPECT_THROW(imu->clusterize(QueryOntologyCatalog(Q<GPS>.position.x.gt(1))), InvalidError);
  EXPECT_THROW(imu->clusterize(QueryOntologyCatalog(OntologyField("IMU.speed").gt(1))),
               InvalidError);
  EXPECT_THROW(
      imu->clusterize(QueryOntologyCatalog(Q<IMU>.acceleration.x.gt(1)), {.clustering_dt_ns = -1}),
      InvalidError);
  const auto drive = client_.sequence_handler("drive");
  const Query any = QueryOntologyCatalog(Q<IMU>.acceleration.x.gt(1));
  EXPECT_THROW(drive->intersect({{"imu", any}}), InvalidError);
  EXPECT_THROW(drive->intersect({{"imu", any}, {"nobody", any}}), NotFoundError);
}

MOSAICO_EVERY_PLACE(Querying);

}  // namespace
}  // namespace mosaico
