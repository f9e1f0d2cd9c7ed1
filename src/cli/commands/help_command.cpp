#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/description/tool_description.hpp"

namespace mosaico::cli {

void add_help_command(CLI::App& tool) {
  CLI::App* command = tool.add_subcommand("help", "Show the help of a command, or its manual page");
  auto name = std::make_shared<std::string>();
  auto man = std::make_shared<bool>(false);
  command->add_option("command", *name, "Command; none: the tool itself")->type_name("COMMAND");
  auto list = std::make_shared<bool>(false);
  command->add_flag("--man", *man, "As a manual page, for man(1)");
  command->add_flag("--list", *list, "Only the names of the commands, one a line");
  command->callback([&tool, name, man, list] {
    if (*list) {
      for (const CLI::App* each : tool.get_subcommands({})) std::cout << each->get_name() << '\n';
      return;
    }
    const std::string page = man_page(tool, *name);  // Also says when there is no such command.
    if (*man) {
      std::cout << page;
    } else {
      std::cout << (name->empty() ? &tool : tool.get_subcommand(*name))
                       ->help("", CLI::AppFormatMode::All);
    }
  });
}

}  // namespace mosaico::cli
