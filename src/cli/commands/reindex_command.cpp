#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_text.hpp"
#include "cli/progress_bar.hpp"
#include "core/error.hpp"
#include "engine/reindex/reindex.hpp"

namespace mosaico::cli {

namespace {

void print_note(const engine::ReindexNote& note, bool json) {
  if (json) {
    std::cout << json_line({{"path", note.path}, {"note", note.text}}) << '\n' << std::flush;
  } else {
    std::cout << note.path << ": " << note.text << '\n' << std::flush;
  }
}

void print_summary(const engine::ReindexSummary& summary, bool json) {
  if (json) {
    std::cout << json_line({{"sequences", summary.sequences},
                            {"topics", summary.topics},
                            {"chunks", summary.chunks},
                            {"rows", summary.rows},
                            {"notes", summary.notes},
                            {"kept_catalog", summary.kept_catalog}})
              << '\n';
    return;
  }
  std::cout << "indexed " << summary.sequences << " sequences, " << summary.topics << " topics, "
            << summary.chunks << " chunks, " << summary.rows << " rows\n";
  if (!summary.kept_catalog.empty()) {
    std::cout << "the catalog before is kept as " << summary.kept_catalog << '\n';
  }
}

core::Status check_interrupt() {
  if (!InterruptWatch::requested()) return core::Status::OK();
  return core::error(ErrorKind::Cancelled, "interrupted, nothing was changed");
}

void reindex(const ToolOptions& options, bool force) {
  const std::string root = directory_of(options, "reindex");
  engine::ReindexSummary summary;
  {
    const InterruptWatch watch;
    ProgressBar progress("indexing");
    engine::ReindexRequest request;
    request.force = force;
    request.on_note = [&options](const auto& note) { print_note(note, options.json); };
    request.on_progress = [&progress](double fraction, int64_t rows) {
      progress.update(fraction, rows);
      return check_interrupt();
    };
    summary = core::value_or_throw(engine::reindex_directory(root, request));
  }
  print_summary(summary, options.json);
}

}  // namespace

void add_reindex_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command =
      tool.add_subcommand("reindex", "Make the catalog of a directory again from its files");
  auto force = std::make_shared<bool>(false);
  command->add_flag("-f,--force", *force,
                    "Also where there is a catalog, which is kept under another name");
  command->footer(
      "Needs --store, and that no process writes there. Reads manifests, chunks and journals.\n"
      "What was deleted stays deleted. Open recordings can be gone on with, as after a crash.\n"
      "Files that cannot be used are moved to set-aside/, and named.");
  command->callback([&options, force] { reindex(options, *force); });
}

}  // namespace mosaico::cli
