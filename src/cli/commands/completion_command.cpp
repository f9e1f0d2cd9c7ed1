#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/description/tool_description.hpp"

namespace mosaico::cli {

void add_completion_command(CLI::App& tool) {
  CLI::App* command = tool.add_subcommand("completion", "Print the completion script of a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}).description(""))
      ->type_name("SHELL");
  command->footer(
      "bash: mosaico completion bash > ~/.local/share/bash-completion/completions/mosaico\n"
      "zsh:  mosaico completion zsh > a folder of $fpath, named _mosaico");
  command->callback([&tool, shell] {
    std::cout << (*shell == "bash" ? bash_completion(tool) : zsh_completion(tool));
  });
}

}  // namespace mosaico::cli
