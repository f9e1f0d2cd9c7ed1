#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace mosaico::cli {

namespace {

// Becomes the server: the program beside this one.
[[noreturn]] void become_server(const std::vector<std::string>& arguments) {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::string server = (self.parent_path() / "mosaicod").string();
  std::vector<std::string> words = {server};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::cout.flush();
  ::execv(server.c_str(), argv.data());
  throw IoError("cannot run " + server + ": " + std::strerror(errno) +
                ", install mosaicod beside mosaico");
}

}  // namespace

void add_serve_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command = tool.add_subcommand(
      "serve", "Run the server, mosaicod; all that follows goes to it (see `mosaicod --help`)");
  command->prefix_command();
  command->fallthrough(false);
  command->set_help_flag();
  command->callback([&tool, &options, command] {
    // What was said before the command is meant for the server, too.
    std::vector<std::string> arguments;
    if (tool.get_option("--host")->count() > 0)
      arguments.insert(arguments.end(), {"--host", options.host});
    if (tool.get_option("--port")->count() > 0) {
      arguments.insert(arguments.end(), {"--port", std::to_string(options.port)});
    }
    if (!options.store.empty()) arguments.insert(arguments.end(), {"--store", options.store});
    const auto rest = command->remaining();
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    become_server(arguments);
  });
}

}  // namespace mosaico::cli
