#include "server/access/rights.hpp"

#include <map>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/status_matchers.hpp"

namespace mosaico::server {
namespace {

using arrow::flight::FlightMethod;
using catalog::Rights;
using testing::HasSubstr;

constexpr Rights kAll = {.read = true, .write = true, .erase = true};

// As docs/protocol.md has them, section 2.
TEST(RightsOfCalls, AreTheDocumentedOnes) {
  std::map<Right, std::set<std::string>> actions;
  for (const ActionRight& entry : kActionRights) {
    actions[entry.right].insert(std::string(entry.action));
  }
  const std::map<Right, std::set<std::string>> documented = {
      {Right::None, {"info", "version"}},
      {Right::Read,
       {"query", "topic_filter_clusterize", "topic_filter_intersect", "sequence_list",
        "sequence_notification_list", "topic_notification_list"}},
      {Right::Write,
       {"sequence_create", "session_create", "session_finalize", "topic_create",
        "sequence_notification_create", "topic_notification_create", "sequence_abort",
        "session_claim"}},
      {Right::Delete,
       {"sequence_delete", "session_delete", "topic_delete", "sequence_notification_purge",
        "topic_notification_purge"}}};
  EXPECT_EQ(actions, documented);
  EXPECT_EQ(right_of_action("sequence_rename"), std::nullopt);
  EXPECT_EQ(right_of_action(""), std::nullopt);

  for (const FlightMethod method : {FlightMethod::DoGet, FlightMethod::GetFlightInfo,
                                    FlightMethod::GetSchema, FlightMethod::ListFlights}) {
    EXPECT_EQ(right_of_method(method), Right::Read);
  }
  EXPECT_EQ(right_of_method(FlightMethod::DoPut), Right::Write);
  EXPECT_EQ(right_of_method(FlightMethod::DoAction), Right::None);
}

TEST(Rights, AreSeparate) {
  const std::map<Right, Rights> alone = {{Right::None, {}},
                                         {Right::Read, {true, false, false}},
                                         {Right::Write, {false, true, false}},
                                         {Right::Delete, {false, false, true}}};
  for (const auto& [held, rights] : alone) {
    for (const auto& [asked, ignored] : alone) {
      EXPECT_EQ(has_right(rights, asked), asked == held || asked == Right::None)
          << right_name(held) << " for " << right_name(asked);
    }
    EXPECT_TRUE(has_right(kAll, held));
  }
}

TEST(Rights, ReadBackFromTheirText) {
  EXPECT_EQ(rights_text(kAll), "read,write,delete");
  EXPECT_EQ(rights_text({}), "none");
  for (const Rights& rights : {Rights{}, kAll, Rights{true, false, true}}) {
    EXPECT_EQ(core::value_or_throw(parse_rights(rights_text(rights))), rights);
  }
  EXPECT_EQ(core::value_or_throw(parse_rights("delete,read")), (Rights{true, false, true}));
  for (const char* bad : {"", "read,", ",read", "read, write", "Read", "admin", "none,read"}) {
    EXPECT_THAT(parse_rights(bad), FailsAs(ErrorKind::Invalid)) << bad;
  }
  EXPECT_THAT(parse_rights("admin").status().message(), HasSubstr("read, write and delete"));
}

}  // namespace
}  // namespace mosaico::server
