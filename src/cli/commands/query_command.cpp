#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/query_condition.hpp"
#include "cli/query_windows.hpp"
#include "cli/table_printer.hpp"

namespace mosaico::cli {

namespace {

struct QueryRequest {
  std::vector<std::string> sequence = {};
  std::vector<std::string> topic = {};
  std::vector<std::string> where = {};
  bool windows = false;
  std::int64_t gap_ns = 1'000'000'000;
};

std::vector<QueryCondition> parse_conditions(const std::string& part,
                                             const std::vector<std::string>& texts) {
  std::vector<QueryCondition> conditions;
  for (const auto& text : texts) conditions.push_back(parse_condition(part, text));
  return conditions;
}

std::string end_text(const TimeWindow& window) {
  return window.end_timestamp_ns ? std::to_string(*window.end_timestamp_ns) : "-";
}

void print_json(const QueryResult::Item& item, const std::vector<TimeWindow>& windows) {
  auto topics = nlohmann::json::array();
  for (const QueryResult::Topic& topic : item.topics) topics.push_back(topic.name);
  auto spans = nlohmann::json::array();
  for (const TimeWindow& window : windows) {
    spans.push_back({{"start_ns", window.start_timestamp_ns}, {"end_ns", nullptr}});
    if (window.end_timestamp_ns) spans.back()["end_ns"] = *window.end_timestamp_ns;
  }
  std::cout << json_line({{"sequence", item.sequence},
                          {"topics", std::move(topics)},
                          {"windows", std::move(spans)}})
            << '\n';
}

void run_query(const ToolOptions& options, const QueryRequest& request) {
  const auto rows = parse_conditions("ontology", request.where);
  if (request.windows && rows.empty()) {
    throw UsageError("windows are when rows fulfil conditions, use --windows with --where");
  }
  Query query(parse_conditions("sequence", request.sequence));
  query.with(parse_conditions("topic", request.topic)).with(rows);
  if (query.conditions().empty()) {
    throw UsageError("no condition was given, use --sequence, --topic or --where");
  }
  MosaicoClient client = open_client(options, Access::Read);
  const QueryResult result = client.query(query);
  TablePrinter topics({"SEQUENCE", "TOPIC", "TYPE"});
  TablePrinter spans({"SEQUENCE", "START NS>", "END NS>"});
  for (const QueryResult::Item& item : result.items) {
    std::vector<TimeWindow> windows;
    if (request.windows) {
      ClusterOptions clusters;
      clusters.clustering_dt_ns = request.gap_ns;
      windows = find_windows(client, item, rows, clusters);
    }
    if (options.json) {
      print_json(item, windows);
      continue;
    }
    for (const auto& topic : item.topics)
      topics.add({item.sequence, topic.name, topic.ontology_tag});
    for (const auto& window : windows) {
      spans.add({item.sequence, std::to_string(window.start_timestamp_ns), end_text(window)});
    }
  }
  if (options.json) return;
  if (result.items.empty()) {
    std::cout << "nothing fulfils all conditions\n";
  } else {
    (request.windows ? spans : topics).print(std::cout);
  }
}

}  // namespace

void add_query_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command = tool.add_subcommand(
      "query", "Find sequences, topics and times by name, type, metadata and data");
  auto request = std::make_shared<QueryRequest>();
  const auto add_conditions = [command](const std::string& flag, std::vector<std::string>& target,
                                        const std::string& text) {
    command->add_option(flag, target, text)->allow_extra_args(false)->type_name("CONDITION");
  };
  add_conditions("--sequence", request->sequence, "Condition on the sequence; repeatable");
  add_conditions("--topic", request->topic, "Condition on the topic; repeatable");
  add_conditions("--where", request->where, "Condition on rows; repeatable");
  command->add_flag(
      "--windows", request->windows,
      "Show when the conditions on rows hold; of several topics, when they do together");
  command
      ->add_option("--gap", request->gap_ns,
                   "Matches at most this far apart are one window; 0: all")
      ->type_name("NS")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber.description(""));
  command->footer(kConditionHelp);
  command->callback([&options, request] { run_query(options, *request); });
}

}  // namespace mosaico::cli
