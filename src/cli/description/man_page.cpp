#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string>

#include "cli/description/tool_description.hpp"
#include "cli/tool_options.hpp"

namespace mosaico::cli {

namespace {

// Text that the man macros show as it is.
std::string roff(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n')) {
      result += "\\&";
      result += c;
    } else {
      result += c;
    }
  }
  return result;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

void write_options(std::ostream& out, const std::vector<OptionDescription>& options) {
  for (const auto& option : options) {
    std::string heading;
    for (const auto& flag : option.flags) {
      heading += (heading.empty() ? "\\fB" : ", \\fB") + roff(flag) + "\\fR";
    }
    if (!option.value.empty())
      heading += (heading.empty() ? "\\fI" : " \\fI") + roff(option.value) + "\\fR";
    out << ".TP\n" << heading << '\n' << roff(option.description) << '\n';
  }
}

void write_synopsis(std::ostream& out, const CommandDescription& command) {
  out << ".SH SYNOPSIS\n\\fBmosaico\\fR [\\fIOPTIONS\\fR]";
  if (command.name.empty()) {
    out << " \\fICOMMAND\\fR …\n";
    return;
  }
  out << " \\fB" << roff(command.name) << "\\fR";
  for (const auto& option : command.options) {
    if (!option.flags.empty()) continue;
    out << (option.required ? " \\fI" : " [\\fI") << roff(option.value)
        << (option.required ? "\\fR" : "\\fR]");
  }
  out << " [\\fIOPTIONS\\fR]\n";
}

}  // namespace

std::string man_page(const CLI::App& tool, const std::string& name) {
  const auto commands = describe_commands(tool);
  const CommandDescription whole = describe_command(tool);
  const CommandDescription* command = &whole;
  if (!name.empty()) {
    const auto found = std::find_if(commands.begin(), commands.end(),
                                    [&](const auto& entry) { return entry.name == name; });
    if (found == commands.end()) {
      throw UsageError("there is no command '" + name + "', see `mosaico --help`");
    }
    command = &*found;
  }
  const std::string page = name.empty() ? "mosaico" : "mosaico-" + name;
  std::ostringstream out;
  out << ".TH " << roff(upper(page)) << " 1\n.SH NAME\n"
      << roff(page) << " \\- " << roff(command->description) << '\n';
  write_synopsis(out, *command);
  if (name.empty()) {
    out << ".SH COMMANDS\n";
    for (const auto& entry : commands) {
      out << ".TP\n\\fB" << roff(entry.name) << "\\fR\n" << roff(entry.description) << '\n';
    }
  }
  out << ".SH OPTIONS\n";
  write_options(out, command->options);
  if (!name.empty()) {
    out << ".SS Of every command\n";
    write_options(out, describe_shared_options(tool));
  }
  if (!command->footer.empty()) {
    out << ".SH NOTES\n.nf\n" << roff(command->footer) << "\n.fi\n";
  }
  out << ".SH SEE ALSO\n";
  if (name.empty()) {
    for (const auto& entry : commands) out << ".BR mosaico\\-" << roff(entry.name) << " (1)\n";
  } else {
    out << ".BR mosaico (1)\n";
  }
  return out.str();
}

}  // namespace mosaico::cli
