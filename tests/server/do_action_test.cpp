#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/flight/client.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_engine.hpp"
#include "flight_fixture.hpp"

namespace mosaico::server {
namespace {

class DoAction : public FlightFixture {
 protected:
  void SetUp() override { start(std::make_shared<FakeEngine>()); }
};

TEST_F(DoAction, AnswersWithAnEnvelope) {
  ASSERT_OK_AND_ASSIGN(const std::string text, act_text("version", "{}"));
  EXPECT_EQ(text,
            R"({"action":"version","response":{"semver":{"major":0,"minor":7,"patch":0,"pre":""},)"
            R"("version":"0.7.0"}})");
  EXPECT_THAT(act("info", ""), IsOk());  // An empty body counts as {}.
}

TEST_F(DoAction, KnowsOnlyItsNames) {
  const Status status = act_fails("sequence_rename", "{}");
  EXPECT_THAT(status, FailsAs(ErrorKind::Unsupported));
  EXPECT_THAT(status.message(), testing::HasSubstr("sequence_create"));
}

TEST_F(DoAction, RefusesForeignBodies) {
  EXPECT_THAT(act_fails("sequence_create", "nonsense"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(act_fails("sequence_create", "[]"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(act_fails("sequence_create", "{}"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(act_fails("sequence_create", "{\"a\":" + std::string(5000, '[')),
              FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(act_fails("sequence_create", std::string(2 << 20, ' ')),
              FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(act_fails("query", R"({"sequence":{"nonsense":{"$eq":1}}})"),
              FailsAs(ErrorKind::Invalid));
}

TEST_F(DoAction, RefusesMetadataOfMoreThanSixtyFourLevels) {
  const auto body = [](int levels) {
    std::string text = R"({"locator":"run1","user_metadata":)";
    for (int i = 0; i < levels; ++i) text += R"({"a":)";
    return text + "1" + std::string(static_cast<size_t>(levels) + 1, '}');
  };
  const Status deeper = act_fails("sequence_create", body(65));
  EXPECT_THAT(deeper, FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(deeper.message(), testing::HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(act_fails("sequence_create", body(500)), FailsAs(ErrorKind::LimitExceeded));
}

TEST_F(DoAction, TakesBodiesUpToTheLimitItWasGiven) {
  ServiceOptions options;
  options.json_bytes_max = 100;
  start(std::make_shared<FakeEngine>(), options);
  const auto body = [](size_t bytes) { return "{}" + std::string(bytes - 2, ' '); };
  EXPECT_THAT(act("version", body(100)), IsOk());
  const Status longer = act_fails("version", body(101));
  EXPECT_THAT(longer, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(longer.message(), testing::HasSubstr("100"));
}

TEST_F(DoAction, RefusesTheWrongKindOfLocator) {
  const std::string sequence = R"({"locator":"run1"})";
  const std::string topic = R"({"locator":"run1/imu"})";
  const std::string session = R"({"locator":"run1:01ARZ3NDEKTSV4RRFFQ69G5FAV"})";
  for (const char* action : {"sequence_delete", "session_create", "sequence_notification_list",
                             "sequence_notification_purge"}) {
    EXPECT_THAT(act_fails(action, topic), FailsAs(ErrorKind::Invalid)) << action;
    EXPECT_THAT(act_fails(action, session), FailsAs(ErrorKind::Invalid)) << action;
  }
  for (const char* action :
       {"topic_delete", "topic_notification_list", "topic_notification_purge"}) {
    EXPECT_THAT(act_fails(action, sequence), FailsAs(ErrorKind::Invalid)) << action;
  }
  for (const char* action : {"session_delete", "session_claim"}) {
    EXPECT_THAT(act_fails(action, topic), FailsAs(ErrorKind::Invalid)) << action;
  }
  EXPECT_THAT(act_fails("topic_notification_create",
                        R"({"locator":"run1","notification_type":"error","msg":"x"})"),
              FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(act_fails("sequence_notification_create",
                        R"({"locator":"run1/imu","notification_type":"error","msg":"x"})"),
              FailsAs(ErrorKind::Invalid));
}

// The published clients decode every Result alone, and take an empty one for an error.
TEST_F(DoAction, TellsEachClusterInAResultOfItsOwn) {
  const std::string filter = R"({"locator":"run1/imu","ontology":{"IMU.x":{"$gt":5}}})";
  ASSERT_OK_AND_ASSIGN(const auto none, act_results("topic_filter_clusterize", filter));
  EXPECT_THAT(none, testing::IsEmpty());

  const auto engine = std::make_shared<FakeEngine>();
  engine->clusters = {{100, 120}, {-7, 7}};
  TearDown();
  start(engine);
  ASSERT_OK_AND_ASSIGN(const auto results, act_results("topic_filter_clusterize", filter));
  EXPECT_THAT(
      results,
      testing::ElementsAre(
          R"({"action":"topic_filter_clusterize","response":{"id":0,"ts":{"end_ns":120,"start_ns":100}}})"
          "\n",
          R"({"action":"topic_filter_clusterize","response":{"id":1,"ts":{"end_ns":7,"start_ns":-7}}})"
          "\n"));
  ASSERT_OK_AND_ASSIGN(
      const auto together,
      act_results("topic_filter_intersect", R"({"topics":[)" + filter + "," + filter + "]}"));
  EXPECT_EQ(together.size(), 2U);
  EXPECT_THAT(together.at(0), testing::HasSubstr("topic_filter_intersect"));
}

TEST_F(DoAction, BadQueriesAreInvalidAndPointAtThePlace) {
  const auto refusal = [&](const std::string& body) {
    const Status status = act_fails("query", body);
    EXPECT_THAT(status, FailsAs(ErrorKind::Invalid)) << body;
    return status.message();
  };
  EXPECT_THAT(refusal(R"({"ontology":{"IMU.x":{"$above":5}}})"),
              testing::HasSubstr("ontology.\"IMU.x\": unknown operator"));
  EXPECT_THAT(refusal(R"({"topic":{"name":{"$match":")" + std::string(257, '*') + R"("}}})"),
              testing::HasSubstr("topic.name: $match"));
  EXPECT_THAT(refusal(R"({"ontology":{"IMU.x":{"$eq":[[1]]}}})"),
              testing::HasSubstr("ontology.\"IMU.x\": $eq"));
  EXPECT_THAT(refusal("{\"ontology\":" + std::string(5000, '[')), testing::HasSubstr("query: "));
  EXPECT_THAT(refusal(std::string(2 << 20, ' ')), testing::HasSubstr("query: "));
  EXPECT_THAT(act_fails("topic_filter_clusterize", R"({"locator":"run1/imu"})"),
              FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(act_fails("topic_filter_intersect", R"({"topics":[]})"), FailsAs(ErrorKind::Invalid));
}

TEST_F(DoAction, ASearchEndsWhenItsClientHasLeft) {
  const auto engine = std::make_shared<FakeEngine>();
  engine->searches_for_ever = true;
  TearDown();
  start(engine);
  const std::string filter = R"({"locator":"run1/imu","ontology":{"IMU.x":{"$gt":5}}})";
  const std::vector<std::pair<std::string, std::string>> searches = {
      {"query", R"({"ontology":{"IMU.x":{"$gt":5}}})"},
      {"topic_filter_clusterize", filter},
      {"topic_filter_intersect", R"({"topics":[)" + filter + "," + filter + "]}"}};
  for (const auto& [action, body] : searches) {
    // A client that waits so long and leaves, longer where the search had not even begun by then.
    const size_t begun_before = engine->searches_begun.count();
    call_options_.timeout = std::chrono::milliseconds(50);
    while (engine->searches_begun.count() == begun_before) {
      EXPECT_THAT(act_results(action, body), FailsAs(ErrorKind::Unavailable));
      call_options_.timeout *= 2;
    }
    engine->searches_left.wait(begun_before);
  }
}

TEST_F(DoAction, TurnsAnyExceptionIntoInternal) {
  EXPECT_THAT(act_fails("session_create", R"({"locator":"run1"})"), FailsAs(ErrorKind::Internal));
  EXPECT_THAT(act_fails("topic_delete", R"({"locator":"run1/imu"})"), FailsAs(ErrorKind::Internal));
  EXPECT_THAT(act("version", "{}"), IsOk());  // And the server goes on.
}

TEST_F(DoAction, IsAllThatIsOffered) {
  const auto listed = client_->ListActions();
  EXPECT_THAT(protocol::from_flight(listed.status()), FailsAs(ErrorKind::Unsupported));
}

TEST_F(DoAction, ListFlightsTellsEveryPage) {
  for (const char* criteria : {"", "/"}) {
    ASSERT_OK_AND_ASSIGN(const auto listing, client_->ListFlights({}, {criteria}));
    for (const char* name : {"run0", "run1", "run2"}) {
      ASSERT_OK_AND_ASSIGN(const auto info, listing->Next());
      ASSERT_NE(info, nullptr);
      EXPECT_EQ(info->descriptor().type, flight::FlightDescriptor::PATH);
      EXPECT_THAT(info->descriptor().path, testing::ElementsAre(name));
    }
    ASSERT_OK_AND_ASSIGN(const auto end, listing->Next());
    EXPECT_EQ(end, nullptr);
  }
  EXPECT_THAT(protocol::from_flight(client_->ListFlights({}, {"run"}).status()),
              FailsAs(ErrorKind::Invalid));
}

}  // namespace
}  // namespace mosaico::server
