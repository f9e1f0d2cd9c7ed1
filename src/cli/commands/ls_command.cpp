#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/quantity_text.hpp"
#include "cli/sequence_text.hpp"
#include "cli/table_printer.hpp"
#include "core/time.hpp"

namespace mosaico::cli {

namespace {

std::string length_text(const SequenceSummary& summary) {
  if (!summary.timestamp_ns_min || !summary.timestamp_ns_max) return "-";
  return duration_text((static_cast<double>(*summary.timestamp_ns_max) -
                        static_cast<double>(*summary.timestamp_ns_min)) /
                       1e9);
}

void list_sequences(const ToolOptions& options, const std::string& prefix) {
  MosaicoClient client = open_client(options, Access::Read);
  TablePrinter table({"NAME", "STATE", "CREATED", "TOPICS>", "ROWS>", "SIZE>", "LENGTH>"});
  ListOptions page{.prefix = prefix, .limit = 1000};
  do {
    SequenceList list = client.list_sequences(page);
    for (const SequenceSummary& summary : list.sequences) {
      if (options.json) {
        std::cout << json_line(to_json(summary)) << '\n';
        continue;
      }
      table.add({summary.name, std::string(state_name(summary.state)),
                 core::format_datetime_utc(summary.created_at_ns), std::to_string(summary.topics),
                 std::to_string(summary.rows), mib_text(summary.bytes), length_text(summary)});
    }
    page.cursor = std::move(list.cursor);
  } while (!page.cursor.empty());
  if (!options.json) table.print(std::cout);
}

}  // namespace

void add_ls_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command = tool.add_subcommand("ls", "List sequences");
  auto prefix = std::make_shared<std::string>();
  command->add_option("prefix", *prefix, "Only names that start so")->type_name("PREFIX");
  command->callback([&options, prefix] { list_sequences(options, *prefix); });
}

}  // namespace mosaico::cli
