#include "cli/description/tool_description.hpp"

#include <CLI/CLI.hpp>

namespace mosaico::cli {

CommandDescription describe_command(const CLI::App& command) {
  CommandDescription result{.name = command.get_parent() == nullptr ? "" : command.get_name(),
                            .description = command.get_description(),
                            .footer = command.get_footer(),
                            .options = {}};
  for (const CLI::Option* option : command.get_options()) {
    OptionDescription entry{.flags = {},
                            .value = option->get_type_size() == 0 ? "" : option->get_type_name(),
                            .description = option->get_description(),
                            .required = option->get_required()};
    for (const auto& name : option->get_snames()) entry.flags.push_back("-" + name);
    for (const auto& name : option->get_lnames()) entry.flags.push_back("--" + name);
    result.options.push_back(std::move(entry));
  }
  return result;
}

std::vector<CommandDescription> describe_commands(const CLI::App& tool) {
  std::vector<CommandDescription> commands;
  for (const CLI::App* command : tool.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(describe_command(*command));
  }
  return commands;
}

std::vector<OptionDescription> describe_shared_options(const CLI::App& tool) {
  auto options = describe_command(tool).options;
  std::erase_if(options, [](const OptionDescription& option) {
    return option.flags.back() == "--help" || option.flags.back() == "--version";
  });
  return options;
}

}  // namespace mosaico::cli
