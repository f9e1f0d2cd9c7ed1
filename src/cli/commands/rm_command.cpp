#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/json_text.hpp"

namespace mosaico::cli {

namespace {

// Asks on a terminal; anywhere else nobody could answer, and the command itself is the answer.
bool is_confirmed(const std::string& name) {
  if (::isatty(STDIN_FILENO) == 0) return true;
  std::cerr << "Delete sequence '" << name << "' with all its data? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

void remove_sequences(const ToolOptions& options, const std::vector<std::string>& names,
                      bool force) {
  MosaicoClient client = open_client(options, Access::Write);
  for (const std::string& name : names) {
    sequence_of(client, name);
    if (!force && !is_confirmed(name)) throw CancelledError("nothing deleted, as you said");
    try {
      client.sequence_delete(name);
    } catch (const LockedError& error) {
      throw LockedError(std::string(error.what()) +
                        ", keep it (only a server run with --allow-delete-finalized deletes it)");
    }
    if (options.json) {
      std::cout << json_line({{"deleted", name}}) << '\n';
    } else {
      std::cout << "deleted " << name << '\n';
    }
  }
}

}  // namespace

void add_rm_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command = tool.add_subcommand("rm", "Delete sequences that are not locked");
  auto names = std::make_shared<std::vector<std::string>>();
  auto force = std::make_shared<bool>(false);
  command->add_option("sequence", *names, "Sequences")->required()->type_name("SEQUENCE");
  command->add_flag("-f,--force", *force, "Do not ask");
  command->callback([&options, names, force] { remove_sequences(options, *names, *force); });
}

}  // namespace mosaico::cli
