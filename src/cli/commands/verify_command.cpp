#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_text.hpp"
#include "cli/progress_bar.hpp"
#include "core/error.hpp"
#include "engine/verify/verify.hpp"

namespace mosaico::cli {

namespace {

// A value of a finding; whole structures are for --json.
std::string value_text(const nlohmann::json& value) {
  constexpr std::size_t kCharactersMax = 60;
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > kCharactersMax) text = text.substr(0, kCharactersMax) + "…";
  return text;
}

void print_finding(const engine::Finding& finding, bool json) {
  if (json) {
    std::cout << json_line({{"path", finding.path},
                            {"sequence", finding.sequence},
                            {"topic", finding.topic},
                            {"problem", finding.problem},
                            {"wanted", finding.wanted},
                            {"found", finding.found}})
              << '\n'
              << std::flush;
    return;
  }
  std::cout << finding.path << ": " << finding.problem;
  if (!finding.wanted.is_null()) std::cout << ", wanted " << value_text(finding.wanted);
  if (!finding.found.is_null()) std::cout << ", found " << value_text(finding.found);
  if (!finding.sequence.empty()) {
    std::cout << " (" << finding.sequence << (finding.topic.empty() ? "" : "/") << finding.topic
              << ")";
  }
  std::cout << '\n' << std::flush;
}

core::Status check_interrupt() {
  if (!InterruptWatch::requested()) return core::Status::OK();
  return core::error(ErrorKind::Cancelled, "interrupted");
}

void print_summary(const engine::VerifySummary& summary) {
  std::cout << summary.sequences << " sequences, " << summary.topics << " topics, "
            << summary.chunks << " chunks, " << summary.rows
            << " rows: " << (summary.findings == 0 ? "all as it should be" : "") << std::flush;
  if (summary.findings > 0) std::cout << summary.findings << " findings";
  std::cout << "\n";
  if (!summary.unnamed_files_checked) {
    std::cout << "a process writes to the directory: files that the catalog does not name were not "
                 "looked for\n";
  }
}

void verify(const ToolOptions& options, const std::string& sequence) {
  const std::string root = directory_of(options, "verify");
  engine::VerifySummary summary;
  {
    const InterruptWatch watch;
    ProgressBar progress("verifying");
    engine::VerifyRequest request;
    request.sequence = sequence;
    request.on_finding = [&options](const auto& finding) { print_finding(finding, options.json); };
    request.on_progress = [&progress](const engine::VerifyProgress& at) {
      progress.update(at.fraction, at.rows);
      return check_interrupt();
    };
    summary = core::value_or_throw(engine::verify_directory(root, request));
  }
  if (!options.json) print_summary(summary);
  if (summary.findings == 0) return;
  throw CorruptError(std::to_string(summary.findings) + " findings in " + root);
}

}  // namespace

void add_verify_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command = tool.add_subcommand(
      "verify", "Check every file of a directory against its catalog, and say what is wrong where");
  auto sequence = std::make_shared<std::string>();
  command->add_option("sequence", *sequence, "Only this one")->type_name("SEQUENCE");
  command->footer(
      "Needs --store. Reads all of it: checksums, sizes, footers, rows and their order, "
      "statistics,\n"
      "manifests, journals, and files that the catalog does not name. Changes nothing, and may "
      "run\n"
      "beside the process that writes. Exit code 1 when something is wrong.");
  command->callback([&options, sequence] { verify(options, *sequence); });
}

}  // namespace mosaico::cli
