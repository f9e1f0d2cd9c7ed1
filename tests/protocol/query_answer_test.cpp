#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "golden.hpp"
#include "messages.hpp"
#include "protocol/actions.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::protocol {
namespace {

using testing::HasSubstr;

QueryAnswer two_sequences() {
  return {{{"run1", {{locator("run1/sensors/imu"), "IMU"}, {locator("run1/gps"), "GPS"}}},
           {"run2", {{locator("run2/imu"), "IMU"}}}}};
}

json response_of(const QueryAnswer& answer) {
  return core::value_or_throw(unwrap_answer(action::kQuery, answer.to_envelope()));
}

// With a blank that our server does not write, so that it is read as any JSON.
std::string in_other_words(std::string_view envelope) { return " " + std::string(envelope); }

void expect_read_again(const QueryAnswer& answer) {
  const std::string text = answer.to_envelope();
  EXPECT_EQ(text, wrap_answer(action::kQuery, response_of(answer))) << "it is compact JSON";
  for (const std::string& form : {text, in_other_words(text)}) {
    ASSERT_OK_AND_ASSIGN(const QueryAnswer again, QueryAnswer::from_envelope(form));
    EXPECT_EQ(again.to_envelope(), text);
  }
}

TEST(QueryAnswer, IsGolden) {
  const QueryAnswer answer{{{"run1", {{locator("run1/sensors/imu"), "IMU"}}}}};
  expect_golden("query_answer.json", core::dump(response_of(answer)));
  expect_golden("query_answer_empty.json", core::dump(response_of(QueryAnswer{})));
}

TEST(QueryAnswer, IsReadAsItWasWritten) {
  expect_read_again(QueryAnswer{});
  expect_read_again(two_sequences());
  expect_read_again({{{"run1", {}}, {"run2", {}}}});
}

TEST(QueryAnswer, EscapesWhatATagMayHold) {
  const std::vector<std::string> tags = {
      "", "\"", "a\"b\\", "\\", "IM\u00dc", "\n", std::string("a\0b", 3), "\x7f", "]}}", "/"};
  for (const std::string& tag : tags) {
    const QueryAnswer answer{{{"run1", {{locator("run1/imu"), tag}, {locator("run1/a"), "A"}}}}};
    expect_read_again(answer);
    EXPECT_EQ(response_of(answer)["items"][0]["topics"][0]["ontology_tag"], json(tag));
  }
}

TEST(QueryAnswer, OfAnotherServerMayBeWordedInAnyWay) {
  const char* text = R"( { "more": {"a": [1, {}]}, "response": {"items": [ {"topics": [
      {"ontology_tag": "I\u004dU", "x": null, "locator": "run1\/imu"}], "sequence": "run1"} ],
      "next": 1}, "action": "query" } )";
  ASSERT_OK_AND_ASSIGN(const QueryAnswer answer, QueryAnswer::from_envelope(text));
  EXPECT_EQ(answer.to_envelope(),
            (QueryAnswer{{{"run1", {{locator("run1/imu"), "IMU"}}}}}.to_envelope()));
}

TEST(QueryAnswer, IsInvalidWhereItIsNone) {
  for (const char* text : {"", "{}", R"({"action":"query"})", R"({"action":"query","response":{}})",
                           R"({"action":"query","response":{"items":null}})",
                           R"({"action":"query","response":{"items":{}}})",
                           R"({"action":"other","response":{"items":[]}})"}) {
    const auto answer = QueryAnswer::from_envelope(text);
    EXPECT_THAT(answer, FailsAs(ErrorKind::Invalid)) << text;
    EXPECT_THAT(answer.status().message(), HasSubstr("\"items\"")) << text;
  }
}

TEST(QueryAnswer, NeedsItsMembers) {
  const auto replaced = [](const std::string& what, const std::string& by) {
    std::string text = two_sequences().to_envelope();
    const size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
  };
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {R"("sequence":"run1")", R"("sequenc":"run1")"},
      {R"("sequence":"run1")", R"("sequence":1)"},
      {R"("sequence":"run1")", R"("sequence":"")"},
      {R"("sequence":"run1")", R"("sequence":"run 1")"},
      {R"("topics":[)", R"("topic":[)"},
      {R"("locator":"run1/gps")", R"("locator":"run1")"},
      {R"("locator":"run1/gps")", R"("locator":"run1/")"},
      {R"("locator":"run1/gps")", R"("locator":[])"},
      {R"("ontology_tag":"GPS")", R"("ontology_tag":null)"},
      {R"(,"ontology_tag":"GPS")", ""}};
  for (const auto& [what, by] : mistakes) {
    EXPECT_THAT(QueryAnswer::from_envelope(replaced(what, by)), FailsAs(ErrorKind::Invalid)) << by;
  }
}

TEST(QueryAnswer, IsCorruptWhereItIsNoJson) {
  const std::string text = two_sequences().to_envelope();
  for (size_t length = 1; length < text.size(); ++length) {
    EXPECT_THAT(QueryAnswer::from_envelope(text.substr(0, length)), FailsAs(ErrorKind::Corrupt));
  }
  for (const char* rest : {"x", ",", "}", "\"", "{}"}) {
    EXPECT_THAT(QueryAnswer::from_envelope(text + rest), FailsAs(ErrorKind::Corrupt)) << rest;
  }
  EXPECT_THAT(QueryAnswer::from_envelope("[]"), FailsAs(ErrorKind::Corrupt));
}

// Whatever happens to its bytes, the plain way of reading says what the parser of JSON says.
TEST(QueryAnswer, IsReadPlainlyOnlyWhereThatIsTheSame) {
  std::mt19937 random(20'261'127);
  const std::string text = two_sequences().to_envelope();
  const std::string bytes = "\"\\,:[]{}/ aZ_-\x01\x7f\xc3";
  int read = 0;
  for (int round = 0; round < 5'000; ++round) {
    std::string changed = text;
    const size_t at = random() % changed.size();
    switch (random() % 3) {
      case 0:
        changed[at] = bytes[random() % bytes.size()];
        break;
      case 1:
        changed.erase(at, 1 + random() % 3);
        break;
      default:
        changed.insert(at, 1, bytes[random() % bytes.size()]);
    }
    const auto plain = QueryAnswer::from_envelope(changed);
    const auto parsed = QueryAnswer::from_envelope(in_other_words(changed));
    ASSERT_EQ(plain.ok(), parsed.ok()) << changed;
    if (!plain.ok()) continue;
    ASSERT_EQ(plain->to_envelope(), parsed->to_envelope()) << changed;
    ++read;
  }
  EXPECT_GT(read, 250);
}

}  // namespace
}  // namespace mosaico::protocol
