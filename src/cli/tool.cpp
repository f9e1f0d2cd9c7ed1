#include "cli/tool.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

#include "cli/commands.hpp"

namespace mosaico::cli {

namespace {

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::NotFound:
      return kNotFound;
    case ErrorKind::AlreadyExists:
    case ErrorKind::Locked:
    case ErrorKind::LimitExceeded:
    case ErrorKind::Unauthenticated:
    case ErrorKind::PermissionDenied:
      return kRefused;
    default:
      return kFailed;
  }
}

// What the user can do, where the error's own text cannot know it.
std::string advice_for(ErrorKind kind, const ToolOptions& options) {
  switch (kind) {
    case ErrorKind::Unavailable:
      return options.store.empty()
                 ? ", check --host, --port and --tls, or start a server with `mosaico serve`"
                 : "";
    case ErrorKind::Unauthenticated:
      return ", pass a valid key with --api-key or MOSAICO_API_KEY";
    case ErrorKind::PermissionDenied:
      return ", use a key that has this right";
    case ErrorKind::Corrupt:
    case ErrorKind::Io:
      return ", check the disk that holds the recordings";
    case ErrorKind::Internal:
      return ", please report this";
    default:
      return "";
  }
}

void add_shared_flags(CLI::App& tool, ToolOptions& options) {
  auto* host = tool.add_option("--host", options.host, "Server to talk to")
                   ->envname("MOSAICO_HOST")
                   ->capture_default_str()
                   ->type_name("HOST");
  auto* port = tool.add_option("--port", options.port, "Its port")
                   ->envname("MOSAICO_PORT")
                   ->capture_default_str()
                   ->check(CLI::Range(1, 65535).description(""))
                   ->type_name("PORT");
  tool.add_option("--store", options.store, "Directory to use in place of a server")
      ->type_name("DIR");
  tool.add_option("--api-key", options.api_key, "Key for the server")
      ->envname("MOSAICO_API_KEY")
      ->type_name("KEY");
  tool.add_flag("--tls", options.tls, "Talk TLS, trusting what the system trusts");
  tool.add_option("--tls-cert", options.tls_cert,
                  "Talk TLS, trusting the root certificates in this file (PEM)")
      ->envname("MOSAICO_TLS_CERT_FILE")
      ->type_name("FILE");
  tool.add_flag("--json", options.json, "Print one JSON object a line");
  for (auto* option : {host, port}) option->group("Options");
}

void describe(CLI::App& tool, ToolOptions& options) {
  tool.description("Records, shows, queries and replays multi-sensor recordings of robots");
  tool.name("mosaico");
  tool.require_subcommand(1);
  tool.fallthrough();
  tool.set_version_flag("--version", "mosaico 0.1.0", "Print the version");
  tool.footer(
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused (exists, locked, "
      "limit).\nEnvironment: MOSAICO_HOST, MOSAICO_PORT, MOSAICO_API_KEY, "
      "MOSAICO_TLS_CERT_FILE.");
  add_shared_flags(tool, options);
  add_ls_command(tool, options);
  add_info_command(tool, options);
  add_cat_command(tool, options);
  add_query_command(tool, options);
  add_import_command(tool, options);
  add_export_command(tool, options);
  add_push_command(tool, options);
  add_finalize_command(tool, options);
  add_rm_command(tool, options);
  add_verify_command(tool, options);
  add_reindex_command(tool, options);
  add_serve_command(tool, options);
  add_completion_command(tool);
  add_help_command(tool);
}

int report(int code, const std::string& text) {
  std::cout.flush();
  std::cerr << "mosaico: " << text << '\n';
  return code;
}

}  // namespace

int run_tool(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  ToolOptions options;
  CLI::App tool;
  try {
    describe(tool, options);
    tool.parse(argc, argv);
    std::cout.flush();
    return std::cout.good()
               ? kDone
               : report(kFailed, "the output could not be written, check where it goes");
  } catch (const CLI::Success& request) {  // --help, --version
    return tool.exit(request);
  } catch (const CLI::ParseError& error) {
    const auto chosen = tool.get_subcommands();
    const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
    return report(kWrongUsage, std::string(error.what()) + ", see `mosaico" + command + " --help`");
  } catch (const UsageError& error) {
    return report(kWrongUsage, error.what());
  } catch (const Error& error) {
    return report(exit_code_of(error.code()), error.what() + advice_for(error.code(), options));
  } catch (const std::exception& error) {
    return report(kFailed, std::string(error.what()) + ", please report this");
  }
}

}  // namespace mosaico::cli
