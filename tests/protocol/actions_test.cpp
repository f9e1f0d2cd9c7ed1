#include "protocol/actions.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "golden.hpp"
#include "messages.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::protocol {
namespace {

using testing::HasSubstr;

// The bytes are golden, and reading them gives the same message again.
template <typename Message>
void expect_message(const std::string& file, const Message& message) {
  const std::string text = core::dump(message.to_json());
  expect_golden(file, text);
  ASSERT_OK_AND_ASSIGN(const json body, core::parse_json(text));
  ASSERT_OK_AND_ASSIGN(const Message again, Message::from_json(body));
  EXPECT_EQ(core::dump(again.to_json()), text);
}

// Every listed key is required and has one type; `good` is a whole body.
template <typename Message>
void expect_keys(const std::string& good, const std::vector<std::string>& keys) {
  ASSERT_OK_AND_ASSIGN(const json body, core::parse_json(good));
  EXPECT_THAT(Message::from_json(body), IsOk());
  for (const std::string& key : keys) {
    json missing = body;
    missing.erase(key);
    const auto without = Message::from_json(missing);
    EXPECT_THAT(without, FailsAs(ErrorKind::Invalid)) << key;
    EXPECT_THAT(without.status().message(), HasSubstr("\"" + key + "\""));

    json wrong = body;
    wrong[key] = json::array({1.5});
    const auto of_wrong_type = Message::from_json(wrong);
    EXPECT_THAT(of_wrong_type, FailsAs(ErrorKind::Invalid)) << key;
    EXPECT_THAT(of_wrong_type.status().message(), HasSubstr("\"" + key + "\""));
  }
  json extra = body;
  extra["of_a_later_version"] = 1;
  EXPECT_THAT(Message::from_json(extra), IsOk());
  EXPECT_THAT(Message::from_json(json::array()), FailsAs(ErrorKind::Invalid));
}

ServerInfo server_info() { return {"0.7.0", MessageLimits{}, "mosaico-cpp", 12}; }

TEST(ServerInfo, IsGoldenForBothPublishedClients) {
  expect_message("info.json", server_info());
  expect_golden("version.json", core::dump(server_info().to_version_json()));
}

TEST(ServerInfo, OfAnotherServerHasNoAdditions) {
  json body = server_info().to_json();
  body.erase("server");
  body.erase("uptime_s");
  ASSERT_OK_AND_ASSIGN(const ServerInfo info, ServerInfo::from_json(body));
  EXPECT_EQ(info.server, "");
  EXPECT_EQ(info.uptime_s, 0);
}

TEST(ServerInfo, NeedsItsLimits) {
  expect_keys<ServerInfo>(core::dump(server_info().to_json()), {"version", "config"});
  json body = server_info().to_json();
  body["config"]["grpc_max_decode_message_size"] = 0;
  EXPECT_THAT(ServerInfo::from_json(body), FailsAs(ErrorKind::Invalid));
}

TEST(SequenceCreate, IsGoldenAndChecked) {
  expect_message("sequence_create.json",
                 SequenceCreate{"run1", {{"driver", "Ada"}, {"env", {{"lux", 12.5}}}}});
  expect_keys<SequenceCreate>(R"({"locator":"run1","user_metadata":{}})", {"locator"});
}

TEST(SequenceCreate, TakesMissingAndNullMetadataAsEmpty) {
  for (const char* text : {R"({"locator":"run1"})", R"({"locator":"run1","user_metadata":null})"}) {
    ASSERT_OK_AND_ASSIGN(const auto request, SequenceCreate::from_json(json::parse(text)));
    EXPECT_EQ(request.user_metadata, json::object());
  }
}

TEST(SequenceCreate, RefusesBadNamesAndMetadata) {
  for (const char* text :
       {R"({"locator":"","user_metadata":{}})", R"({"locator":"../x","user_metadata":{}})",
        R"({"locator":"run1/imu","user_metadata":{}})", R"({"locator":"rün","user_metadata":{}})",
        R"({"locator":"run1","user_metadata":[]})", R"({"locator":"run1","user_metadata":{"":1}})",
        R"({"locator":"run1","user_metadata":{"a":{"b--c":1}}})",
        R"({"locator":"run1","user_metadata":{"a.b":1}})"}) {
    EXPECT_THAT(SequenceCreate::from_json(json::parse(text)), FailsAs(ErrorKind::Invalid)) << text;
  }
}

TEST(LocatorRequest, TakesAllThreeForms) {
  for (const char* text : {"run1", "run1/sensors/imu", kSessionText}) {
    ASSERT_OK_AND_ASSIGN(const auto request, LocatorRequest::from_json({{"locator", text}}));
    EXPECT_EQ(request.locator.to_string(), text);
  }
  expect_message("locator_request.json", LocatorRequest{locator("run1/sensors/imu")});
  expect_keys<LocatorRequest>(R"({"locator":"run1"})", {"locator"});
}

TEST(SequenceAbort, IsGoldenAndChecked) {
  expect_message("sequence_abort.json", SequenceAbort{"run1", kUuid});
  expect_keys<SequenceAbort>(core::dump(SequenceAbort{"run1", kUuid}.to_json()),
                             {"locator", "session_uuid"});
  EXPECT_THAT(SequenceAbort::from_json({{"locator", "run1"}, {"session_uuid", "no uuid"}}),
              FailsAs(ErrorKind::Invalid));
}

TEST(SessionCreated, HasExactlyTwoKeys) {
  const SessionCreated answer{kUuid, locator(kSessionText)};
  expect_message("session_created.json", answer);
  EXPECT_EQ(answer.to_json().size(), 2U);
  expect_keys<SessionCreated>(core::dump(answer.to_json()), {"uuid", "locator"});
}

TEST(SessionFinalize, IsGoldenAndChecked) {
  expect_message("session_finalize.json", SessionFinalize{kUuid});
  expect_keys<SessionFinalize>(core::dump(SessionFinalize{kUuid}.to_json()), {"session_uuid"});
}

TEST(SessionClaimed, IsGoldenAndChecked) {
  const SessionClaimed answer{kUuid, {{locator("run1/imu"), kOtherUuid, 1024}}};
  expect_message("session_claimed.json", answer);
  expect_keys<SessionClaimed>(core::dump(answer.to_json()), {"uuid", "topics"});
  json negative = answer.to_json();
  negative["topics"][0]["durable_rows"] = -1;
  EXPECT_THAT(SessionClaimed::from_json(negative), FailsAs(ErrorKind::Invalid));
}

TopicCreate topic_create() {
  return {kUuid, locator("run1/sensors/imu"), "default", "IMU", {{"vendor", "inertix-dynamics"}}};
}

TEST(TopicCreate, IsGoldenAndChecked) {
  expect_message("topic_create.json", topic_create());
  expect_keys<TopicCreate>(core::dump(topic_create().to_json()),
                           {"session_uuid", "locator", "serialization_format", "ontology_tag"});
}

TEST(TopicCreate, RefusesUnknownFormatsAndEmptyTags) {
  json body = topic_create().to_json();
  body["serialization_format"] = "parquet";
  EXPECT_THAT(TopicCreate::from_json(body), FailsAs(ErrorKind::Invalid));
  body = topic_create().to_json();
  body["ontology_tag"] = "";
  EXPECT_THAT(TopicCreate::from_json(body), FailsAs(ErrorKind::Invalid));
  body["ontology_tag"] = std::string(256, 'x');
  EXPECT_THAT(TopicCreate::from_json(body), FailsAs(ErrorKind::Invalid));
  body = topic_create().to_json();
  body["locator"] = "run1";
  EXPECT_THAT(TopicCreate::from_json(body), FailsAs(ErrorKind::Invalid));
}

TEST(TopicCreated, HasExactlyOneKey) {
  expect_message("topic_created.json", TopicCreated{kUuid});
  EXPECT_EQ(TopicCreated{kUuid}.to_json().size(), 1U);
  expect_keys<TopicCreated>(core::dump(TopicCreated{kUuid}.to_json()), {"uuid"});
}

TEST(NotificationCreate, IsGoldenAndChecked) {
  const NotificationCreate request{locator("run1/imu"), "error", "lost \"it\"\n"};
  expect_message("notification_create.json", request);
  expect_keys<NotificationCreate>(core::dump(request.to_json()),
                                  {"locator", "notification_type", "msg"});
}

TEST(NotificationCreate, KnowsOnlyErrorsOfSequencesAndTopics) {
  json body = NotificationCreate{locator("run1"), "error", ""}.to_json();
  EXPECT_THAT(NotificationCreate::from_json(body), IsOk());
  body["notification_type"] = "warning";
  EXPECT_THAT(NotificationCreate::from_json(body), FailsAs(ErrorKind::Invalid));
  body = NotificationCreate{locator(kSessionText), "error", ""}.to_json();
  EXPECT_THAT(NotificationCreate::from_json(body), FailsAs(ErrorKind::Invalid));
}

TEST(NotificationList, IsGoldenAndChecked) {
  const NotificationList answer{
      {{locator("run1"), "error", "stopped", "2026-05-01 10:00:00.123456 UTC"},
       {locator("run1/imu"), "error", "gap", "2026-05-01 10:00:01.000000 UTC"}}};
  expect_message("notification_list.json", answer);
  expect_message("notification_list_empty.json", NotificationList{});
  expect_keys<NotificationList>(core::dump(answer.to_json()), {"notifications"});
}

TEST(SequenceListRequest, HasDefaultsAndBounds) {
  ASSERT_OK_AND_ASSIGN(const auto request, SequenceListRequest::from_json(json::object()));
  EXPECT_EQ(request.prefix, "");
  EXPECT_EQ(request.cursor, "");
  EXPECT_EQ(request.limit, 1000);
  EXPECT_THAT(SequenceListRequest::from_json({{"limit", 0}}), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(SequenceListRequest::from_json({{"limit", 1001}}), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(SequenceListRequest::from_json({{"limit", "7"}}), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(SequenceListRequest::from_json({{"cursor", 7}}), FailsAs(ErrorKind::Invalid));
  expect_message("sequence_list_request.json", SequenceListRequest{"run", 50, "run7"});
}

TEST(SequenceListAnswer, IsGoldenAndChecked) {
  SequenceListAnswer answer;
  answer.sequences.push_back({"run1", "finalized", 10, 2, 300, 4096, 1000, 1020});
  answer.sequences.push_back({"run2", "pending", 20, 0, 0, 0, std::nullopt, std::nullopt});
  expect_message("sequence_list_last_page.json", answer);
  answer.cursor = "run2";
  expect_message("sequence_list.json", answer);
  expect_keys<SequenceListAnswer>(core::dump(answer.to_json()), {"sequences"});
  json body = answer.to_json();
  body["sequences"][0]["state"] = "gone";
  EXPECT_THAT(SequenceListAnswer::from_json(body), FailsAs(ErrorKind::Invalid));
}

TEST(Envelope, IsGoldenAndUnwrapped) {
  const std::string text = wrap_answer("topic_create", TopicCreated{kUuid}.to_json());
  expect_golden("envelope.json", text);
  ASSERT_OK_AND_ASSIGN(const json response, unwrap_answer("topic_create", text));
  EXPECT_EQ(response, TopicCreated{kUuid}.to_json());

  const std::string void_text = wrap_answer("session_finalize", nullptr);
  expect_golden("envelope_void.json", void_text);
  ASSERT_OK_AND_ASSIGN(const json nothing, unwrap_answer("session_finalize", void_text));
  EXPECT_TRUE(nothing.is_null());
}

TEST(Envelope, CountsManyFormsAsNoAnswer) {
  for (const char* text : {"", "{}", R"({"response":{"a":1}})", R"({"action":"empty"})",
                           R"({"action":"other","response":{"a":1}})", R"({"action":"query"})",
                           R"({"action":7,"response":{"a":1}})"}) {
    ASSERT_OK_AND_ASSIGN(const json response, unwrap_answer("query", text));
    EXPECT_TRUE(response.is_null()) << text;
  }
  for (const char* text : {"[]", "nonsense", "{", R"({"action":"query"}{"action":"query"})"}) {
    EXPECT_THAT(unwrap_answer("query", text), FailsAs(ErrorKind::Corrupt)) << text;
  }
}

TEST(ParseRequest, TakesAnEmptyBodyAsAnEmptyObject) {
  ASSERT_OK_AND_ASSIGN(const json body, parse_request(""));
  EXPECT_EQ(body, json::object());
}

TEST(ParseRequest, RefusesWhatIsNoObjectOfAModestSize) {
  EXPECT_THAT(parse_request("[]"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(parse_request("null"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(parse_request("{\"a\":1"), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(parse_request("\xff\xfe"), FailsAs(ErrorKind::Invalid));
  const std::string deep(100, '[');
  EXPECT_THAT(parse_request("{\"a\":" + deep), FailsAs(ErrorKind::LimitExceeded));
  const std::string huge(kJsonBytesMax, 'x');
  EXPECT_THAT(parse_request("{\"a\":\"" + huge + "\"}"), FailsAs(ErrorKind::LimitExceeded));
}

}  // namespace
}  // namespace mosaico::protocol
