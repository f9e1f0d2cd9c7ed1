#include "protocol/temporal_filter.hpp"

#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "stored_topic.hpp"

namespace mosaico::engine {
namespace {

using nlohmann::json;

// "[start, end]" of each.
std::string text_of(const std::vector<protocol::Interval>& clusters) {
  json list = json::array();
  for (const auto& cluster : clusters) list.push_back({cluster.start_ns, cluster.end_ns});
  return list.dump();
}

class TemporalFilter : public testing::Test {
 protected:
  Result<std::vector<protocol::Interval>> clusterize(const json& body) {
    ARROW_ASSIGN_OR_RAISE(const auto filter, protocol::TopicFilter::from_json(body));
    return stored_.engine().clusterize(filter);
  }
  std::string clusters(const json& body) { return text_of(clusterize(body).ValueOrDie()); }

  StoredTopic stored_;
};

json filter(const json& condition, int64_t gap_ns = 10) {
  return {{"locator", "drive/imu"},
          {"clustering_dt_ns", gap_ns},
          {"ontology", {{"IMU.number", condition}}}};
}

TEST_F(TemporalFilter, FindsTheTimesOfMatchingRows) {
  stored_.publish(numbered({0, 10, 20, 100, 105, 300}), 2);
  EXPECT_EQ(clusters(filter({{"$geq", 0}})), "[[0,20],[100,105],[300,300]]");
  EXPECT_EQ(clusters(filter({{"$geq", 1}}, 0)), "[[10,300]]");
  EXPECT_EQ(clusters(filter({{"$in", {0, 2, 3}}})), "[[0,0],[20,20],[100,100]]");
  EXPECT_EQ(clusters(filter({{"$gt", 5}})), "[]");
}

TEST_F(TemporalFilter, PutsChunksAndTheTailTogether) {
  stored_.publish(numbered({0, 20, 40}));
  stored_.publish(numbered({10, 30, 200}, 3));
  stored_.add_live(numbered({210, 50, 5}, 6));
  EXPECT_EQ(clusters(filter({{"$geq", 0}})), "[[0,50],[200,210]]");
}

TEST_F(TemporalFilter, LooksOnlyWithinItsWindow) {
  stored_.publish(numbered({0, 10, 20, 30}));
  stored_.add_live(numbered({25, 15}, 4));
  json body = filter({{"$geq", 0}});
  body["timestamp_range"] = {{"start_ns", 10}, {"end_ns", 30}};
  EXPECT_EQ(clusters(body), "[[10,25]]");
  body["timestamp_range"] = {{"start_ns", 21}, {"end_ns", nullptr}};
  EXPECT_EQ(clusters(body), "[[25,30]]");
  body["timestamp_range"] = nullptr;
  EXPECT_EQ(clusters(body), "[[0,30]]");
}

TEST_F(TemporalFilter, EndsWhenItsCallerLeaves) {
  stored_.publish(numbered({0, 10}));
  ASSERT_OK_AND_ASSIGN(const auto one, protocol::TopicFilter::from_json(filter({{"$geq", 0}})));
  // Without memory it cannot go on, and only leaving ends it.
  auto& memory = stored_.context()->query_memory;
  const auto all = core::value_or_throw(memory.reserve(memory.bytes_max()));
  std::stop_source left;
  std::thread caller([&] {
    EXPECT_THAT(stored_.engine().clusterize(one, left.get_token()), FailsAs(ErrorKind::Cancelled));
  });
  left.request_stop();
  caller.join();
}

TEST_F(TemporalFilter, AConditionOnTheSchemaAloneMeansAllRows) {
  stored_.publish(numbered({0, 5}));
  EXPECT_EQ(clusters(filter("$ex")), "[[0,5]]");
  EXPECT_EQ(clusters(filter("$nex")), "[]");
}

TEST_F(TemporalFilter, IsOfOneTopicAndItsTag) {
  json body = filter({{"$geq", 0}});
  body["ontology"] = {{"GPS.number", {{"$geq", 0}}}};
  EXPECT_THAT(clusterize(body), FailsAs(ErrorKind::Invalid));
  body["ontology"] = json::object();
  EXPECT_THAT(clusterize(body), FailsAs(ErrorKind::Invalid));
  body = filter({{"$geq", 0}});
  body["locator"] = "drive/nobody";
  EXPECT_THAT(clusterize(body), FailsAs(ErrorKind::NotFound));
  body["locator"] = "drive";
  EXPECT_THAT(clusterize(body), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(clusterize(filter({{"$geq", 0}}, -1)), FailsAs(ErrorKind::Invalid));
}

TEST(TemporalFilterLimits, TooManyClustersAreRefusedByName) {
  EngineOptions options;
  options.query_clusters_max = 3;
  StoredTopic stored(options);
  stored.publish(numbered({0, 100, 200, 300}));
  const auto ask = [&stored](const json& body) {
    return stored.engine().clusterize(protocol::TopicFilter::from_json(body).ValueOrDie());
  };
  const auto found = ask(filter({{"$geq", 0}}));
  ASSERT_THAT(found, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(found.status().message(), testing::HasSubstr("query_clusters_max"));
  EXPECT_THAT(ask(filter({{"$geq", 1}})), IsOk());
}

TEST(TemporalFilterLimits, CountClustersOfAllTopicsOfARequest) {
  EngineOptions options;
  options.query_clusters_max = 4;
  StoredTopic stored(options);
  stored.publish(numbered({0, 100, 200}));
  const auto ask = [&stored](const json& topics) {
    const json body = {{"topics", topics}, {"intersect_dt_ns", 0}};
    return stored.engine().intersect(protocol::TopicIntersection::from_json(body).ValueOrDie());
  };
  const json all = filter({{"$geq", 0}});
  const json also_all = filter({{"$geq", -1}});
  EXPECT_THAT(ask(json::array({all, all})), IsOk()) << "one that is named twice counts once";
  EXPECT_THAT(ask(json::array({all, also_all})), FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(ask(json::array({all, filter({{"$geq", 2}})})), IsOk());
}

class TopicIntersection : public TemporalFilter {
 protected:
  std::string windows(const json& topics, int64_t gap_ns = 0) {
    const json body = {{"topics", topics}, {"intersect_dt_ns", gap_ns}};
    const auto request = protocol::TopicIntersection::from_json(body).ValueOrDie();
    return text_of(stored_.engine().intersect(request).ValueOrDie());
  }
};

TEST_F(TopicIntersection, FindsWhenAllMatchTogether) {
  stored_.publish(numbered({0, 10, 20, 100, 110, 200}));
  const json low = filter({{"$leq", 3}});
  const json high = filter({{"$geq", 2}});
  EXPECT_EQ(windows({low, high}), "[[20,20],[100,100]]");
  EXPECT_EQ(windows({filter({{"$leq", 2}}), filter({{"$geq", 3}})}, 90), "[[55,65]]");
}

TEST_F(TopicIntersection, EqualEntriesCountOnce) {
  stored_.publish(numbered({0, 10, 20}));
  EXPECT_EQ(windows({filter({{"$leq", 1}}), filter({{"$leq", 1}})}), "[[0,10]]");
}

TEST_F(TopicIntersection, WithoutAMatchInOneIsEmpty) {
  stored_.publish(numbered({0, 10}));
  EXPECT_EQ(windows({filter({{"$leq", 1}}), filter({{"$gt", 9}})}), "[]");
}

}  // namespace
}  // namespace mosaico::engine
