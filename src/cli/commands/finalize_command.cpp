#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/json_text.hpp"

namespace mosaico::cli {

namespace {

void finalize_sequence(const ToolOptions& options, const std::string& name) {
  MosaicoClient client = open_client(options, Access::Write);
  // Whatever goes wrong, the rows stay.
  client.sequence_resume(name, {.on_error = OnErrorPolicy::Report}).close();
  std::int64_t rows = 0;
  const SequenceHandler sequence = sequence_of(client, name);
  for (const std::string& topic : sequence.topics()) {
    rows += topic_of(sequence, topic).topic_info().total_rows;
  }
  if (options.json) {
    std::cout << json_line({{"finalized", name}, {"rows", rows}}) << '\n';
  } else {
    std::cout << "finalized " << name << ": " << rows << " rows\n";
  }
}

}  // namespace

void add_finalize_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command =
      tool.add_subcommand("finalize", "Close a recording whose recorder is gone, as it is");
  auto name = std::make_shared<std::string>();
  command->add_option("sequence", *name, "Sequence")->required()->type_name("SEQUENCE");
  command->footer(
      "A recorder that was killed leaves its sequence pending: readable up to the last row that "
      "was\n"
      "acknowledged, and open for a recorder that goes on with it. This ends it for good.");
  command->callback([&options, name] { finalize_sequence(options, *name); });
}

}  // namespace mosaico::cli
