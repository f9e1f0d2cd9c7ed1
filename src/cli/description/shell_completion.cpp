#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/description/tool_description.hpp"

namespace mosaico::cli {

namespace {

constexpr const char* kNotice =
    "# Completion of the mosaico command. Made by `mosaico completion SHELL`: do not edit.\n";

using Options = std::vector<OptionDescription>;

Options joined(Options options, const Options& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

std::string joined_flags(const Options& options) {
  std::string text;
  for (const auto& option : options) {
    for (const auto& flag : option.flags) text += (text.empty() ? "" : " ") + flag;
  }
  return text;
}

// Flags that take a value, as a pattern of a shell's `case`.
std::string flags_with_value(const Options& options) {
  std::string text;
  for (const auto& option : options) {
    if (option.value.empty()) continue;
    for (const auto& flag : option.flags) text += (text.empty() ? "" : "|") + flag;
  }
  return text;
}

// The zsh action that completes a value.
std::string zsh_action(const std::string& value) {
  if (value.find("FILE") != std::string::npos) return "_files";
  if (value.find("DIR") != std::string::npos) return "_files -/";
  return " ";
}

std::string zsh_escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_arguments(const Options& options) {
  std::string text;
  for (const auto& option : options) {
    for (const auto& flag : option.flags) {
      text += " \\\n        '*" + flag + "[" + zsh_escaped(option.description) + "]";
      if (!option.value.empty()) {
        text += ":" + zsh_escaped(option.value) + ":" + zsh_action(option.value);
      }
      text += '\'';
    }
  }
  return text;
}

}  // namespace

std::string bash_completion(const CLI::App& tool) {
  const Options of_tool = describe_command(tool).options;
  const Options shared = describe_shared_options(tool);
  std::string names;
  std::string cases;
  for (const auto& command : describe_commands(tool)) {
    names += (names.empty() ? "" : " ") + command.name;
    cases += "    " + command.name + ") words=\"" + joined_flags(joined(command.options, shared)) +
             "\" ;;\n";
  }
  return std::string(kNotice) +
         "_mosaico() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} command= words i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      " +
         flags_with_value(of_tool) +
         ") i=$((i + 1)) ;;\n"
         "      -*) ;;\n"
         "      *) command=${COMP_WORDS[i]}; break ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command in\n"
         "    '') words=\"" +
         names + " " + joined_flags(of_tool) + "\" ;;\n" + cases +
         "  esac\n"
         "  COMPREPLY=()\n"
         "  # Without a match the shell's own completion takes over: file names.\n"
         "  if [[ -z $command || $current == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "  fi\n"
         "}\n"
         "complete -o default -F _mosaico mosaico\n";
}

std::string zsh_completion(const CLI::App& tool) {
  const Options of_tool = describe_command(tool).options;
  const Options shared = describe_shared_options(tool);
  std::string commands;
  std::string cases;
  for (const auto& command : describe_commands(tool)) {
    commands += "    '" + command.name + ":" + zsh_escaped(command.description) + "'\n";
    cases += "    " + command.name + ")\n      _arguments" +
             zsh_arguments(joined(command.options, shared)) +
             " \\\n        '*:file:_files'\n      ;;\n";
  }
  return "#compdef mosaico\n" + std::string(kNotice) +
         "_mosaico() {\n"
         "  local -a commands\n"
         "  local state\n"
         "  commands=(\n" +
         commands +
         "  )\n"
         "  _arguments -C" +
         zsh_arguments(of_tool) +
         " \\\n        '1:command:->command' '*::argument:->argument'\n"
         "  if [[ $state == command ]]; then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  case $words[1] in\n" +
         cases +
         "  esac\n"
         "}\n"
         "_mosaico \"$@\"\n";
}

}  // namespace mosaico::cli
