#pragma once

#include "cli/tool_options.hpp"

namespace CLI {
class App;
}

// Each function adds one command to the tool: its flags, and the callback that runs it. `options`
// must outlive the tool.
namespace mosaico::cli {

void add_ls_command(CLI::App& tool, const ToolOptions& options);
void add_info_command(CLI::App& tool, const ToolOptions& options);
void add_cat_command(CLI::App& tool, const ToolOptions& options);
void add_query_command(CLI::App& tool, const ToolOptions& options);
void add_import_command(CLI::App& tool, const ToolOptions& options);
void add_export_command(CLI::App& tool, const ToolOptions& options);
void add_push_command(CLI::App& tool, const ToolOptions& options);
void add_finalize_command(CLI::App& tool, const ToolOptions& options);
void add_rm_command(CLI::App& tool, const ToolOptions& options);
void add_verify_command(CLI::App& tool, const ToolOptions& options);
void add_reindex_command(CLI::App& tool, const ToolOptions& options);
void add_serve_command(CLI::App& tool, const ToolOptions& options);
void add_completion_command(CLI::App& tool);
void add_help_command(CLI::App& tool);

}  // namespace mosaico::cli
