#pragma once

#include <arrow/api.h>

#include <string>

#include "cli/tables/topic_plan.hpp"
#include "fuzz/input.hpp"

namespace mosaico::fuzz {

// Imports a table as `mosaico import --topic t=PATH,SETTINGS` does, up to the messages that would
// be pushed.
inline void import_table(const std::string& path, const std::string& settings) {
  const auto request =
      cli::ImportRequest::parse("t=" + path + (settings.empty() ? "" : "," + settings));
  if (!request.ok()) return;
  const auto table = cli::open_table(request->file);
  if (!table.ok()) return;
  const auto plan = cli::plan_topic(*request, **table);
  if (!plan.ok()) return;
  std::int64_t rows = 0;
  while (true) {
    const auto batch = (*table)->next();
    if (!batch.ok() || *batch == nullptr) return;
    require((*batch)->num_rows() > 0, "a batch of a table has rows");
    const auto messages = plan->assemble(**batch, rows + 1);
    if (!messages.ok()) return;
    require((*messages)->num_rows() == (*batch)->num_rows(), "each row becomes a message");
    require((*messages)->schema()->Equals(*plan->arrow_schema), "messages are of the topic's type");
    require((*messages)->ValidateFull().ok(), "messages are whole");
    rows += (*batch)->num_rows();
  }
}

}  // namespace mosaico::fuzz
