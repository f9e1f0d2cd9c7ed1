#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/query_condition.hpp"
#include "cli/table_printer.hpp"

namespace mosaico::cli {

namespace {

struct QueryRequest {
  std::vector<std::string> sequence = {};
  std::vector<std::string> topic = {};
};

void run_query(const ToolOptions& options, const QueryRequest& request) {
  std::vector<QueryCondition> conditions;
  for (const auto& text : request.sequence) conditions.push_back(parse_condition("sequence", text));
  for (const auto& text : request.topic) conditions.push_back(parse_condition("topic", text));
  if (conditions.empty()) {
    throw UsageError("no condition was given, use --sequence or --topic");
  }
  MosaicoClient client = open_client(options, Access::Read);
  const QueryResult result = client.query(Query(std::move(conditions)));
  TablePrinter table({"SEQUENCE", "TOPIC", "TYPE"});
  for (const QueryResult::Item& item : result.items) {
    auto topics = nlohmann::json::array();
    for (const QueryResult::Topic& topic : item.topics) {
      topics.push_back(topic.name);
      table.add({item.sequence, topic.name, topic.ontology_tag});
    }
    if (item.topics.empty()) table.add({item.sequence, "-", "-"});
    if (options.json) {
      // Conditions on metadata have no windows; the key is there for those on data.
      std::cout << json_line({{"sequence", item.sequence},
                              {"topics", std::move(topics)},
                              {"windows", nlohmann::json::array()}})
                << '\n';
    }
  }
  if (options.json) return;
  if (result.items.empty()) {
    std::cout << "nothing fulfils all conditions\n";
  } else {
    table.print(std::cout);
  }
}

}  // namespace

void add_query_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command =
      tool.add_subcommand("query", "Find sequences and topics by name, type and metadata");
  auto request = std::make_shared<QueryRequest>();
  command->add_option("--sequence", request->sequence, "Condition on the sequence; repeatable")
      ->allow_extra_args(false)
      ->type_name("CONDITION");
  command->add_option("--topic", request->topic, "Condition on the topic; repeatable")
      ->allow_extra_args(false)
      ->type_name("CONDITION");
  command->footer(kConditionHelp);
  command->callback([&options, request] { run_query(options, *request); });
}

}  // namespace mosaico::cli
