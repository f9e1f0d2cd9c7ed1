#pragma once

#include <arrow/flight/middleware.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"
#include "protocol/actions.hpp"

namespace mosaico::server {

// What a call asks of its API key, besides being valid.
enum class Right { None, Read, Write, Delete };

struct ActionRight {
  std::string_view action;
  Right right;
};

// The right that each action needs. do_action.cpp does not compile with an action that is not here.
inline constexpr std::array kActionRights = {
    ActionRight{protocol::action::kInfo, Right::None},
    ActionRight{protocol::action::kVersion, Right::None},
    ActionRight{protocol::action::kSequenceList, Right::Read},
    ActionRight{protocol::action::kSequenceNotificationList, Right::Read},
    ActionRight{protocol::action::kTopicNotificationList, Right::Read},
    ActionRight{protocol::action::kTopicFilterClusterize, Right::Read},
    ActionRight{protocol::action::kTopicFilterIntersect, Right::Read},
    ActionRight{protocol::action::kQuery, Right::Read},
    ActionRight{protocol::action::kSequenceCreate, Right::Write},
    ActionRight{protocol::action::kSequenceAbort, Right::Write},
    ActionRight{protocol::action::kSessionCreate, Right::Write},
    ActionRight{protocol::action::kSessionFinalize, Right::Write},
    ActionRight{protocol::action::kSessionClaim, Right::Write},
    ActionRight{protocol::action::kTopicCreate, Right::Write},
    ActionRight{protocol::action::kSequenceNotificationCreate, Right::Write},
    ActionRight{protocol::action::kTopicNotificationCreate, Right::Write},
    ActionRight{protocol::action::kSequenceDelete, Right::Delete},
    ActionRight{protocol::action::kSessionDelete, Right::Delete},
    ActionRight{protocol::action::kTopicDelete, Right::Delete},
    ActionRight{protocol::action::kSequenceNotificationPurge, Right::Delete},
    ActionRight{protocol::action::kTopicNotificationPurge, Right::Delete},
};

// Nothing for a name that is no action.
constexpr std::optional<Right> right_of_action(std::string_view action) {
  for (const ActionRight& entry : kActionRights) {
    if (entry.action == action) return entry.right;
  }
  return std::nullopt;
}

// The right that an RPC needs before its request is read; DoAction asks for that of its action.
Right right_of_method(arrow::flight::FlightMethod method);

bool has_right(const catalog::Rights& rights, Right right);

// "read,write,delete", in this order; "none" without any.
std::string rights_text(const catalog::Rights& rights);
std::vector<std::string> rights_list(const catalog::Rights& rights);

// Of a list as rights_text() gives it, in any order. Invalid.
core::Result<catalog::Rights> parse_rights(std::string_view text);

// "read", "write", "delete" or "none".
std::string_view right_name(Right right);

}  // namespace mosaico::server
