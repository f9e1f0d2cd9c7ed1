#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

// The command line as data, read from its CLI11 declaration: what completions and manual pages are
// made from.
namespace mosaico::cli {

struct OptionDescription {
  std::vector<std::string> flags;  // With their dashes; empty for an argument.
  std::string value;               // What the value is called, e.g. "FILE"; empty without one.
  std::string description;
  bool required = false;
};

struct CommandDescription {
  std::string name;  // Empty for the tool itself.
  std::string description;
  std::string footer;
  std::vector<OptionDescription> options;
};

CommandDescription describe_command(const CLI::App& command);
std::vector<CommandDescription> describe_commands(const CLI::App& tool);
// Those of the tool that every command takes, too; help and version aside.
std::vector<OptionDescription> describe_shared_options(const CLI::App& tool);

std::string bash_completion(const CLI::App& tool);
std::string zsh_completion(const CLI::App& tool);
// A page in the man macros; of the tool itself for an empty name. Throws UsageError for a command
// that there is not.
std::string man_page(const CLI::App& tool, const std::string& command);

}  // namespace mosaico::cli
