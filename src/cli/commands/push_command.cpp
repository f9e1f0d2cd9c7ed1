#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_text.hpp"
#include "cli/progress_bar.hpp"
#include "client/copy/sequence_copy.hpp"
#include "core/error.hpp"

namespace mosaico::cli {

namespace {

struct PushRequest {
  std::string sequence = {};
  std::string to = {};
  std::string name = {};
  std::string api_key = {};
  bool tls = false;
  std::string tls_cert = {};
};

// HOST:PORT is a server, everything else a directory.
ToolOptions destination_of(const PushRequest& request, const ToolOptions& source) {
  ToolOptions destination = source;
  destination.api_key = request.api_key;
  destination.tls = request.tls;
  destination.tls_cert = request.tls_cert;
  const auto colon = request.to.rfind(':');
  if (colon == std::string::npos || request.to.find('/') != std::string::npos) {
    destination.store = request.to;
    return destination;
  }
  const char* last = request.to.data() + request.to.size();
  const auto [end, error] = std::from_chars(request.to.data() + colon + 1, last, destination.port);
  if (error != std::errc() || end != last || colon == 0 || destination.port < 1 ||
      destination.port > 65535) {
    throw UsageError("'" + request.to +
                     "' is no HOST:PORT, and a directory of that name needs a '/'");
  }
  destination.host = request.to.substr(0, colon);
  destination.store.clear();
  return destination;
}

client::CopyReport copy(const ToolOptions& options, const PushRequest& request) {
  using Phase = client::CopyOptions::Phase;
  const MosaicoClient from = open_client(options, Access::Read);
  const MosaicoClient to = open_client(destination_of(request, options), Access::Write);
  const InterruptWatch watch;
  std::optional<ProgressBar> bar;
  Phase shown = Phase::Verifying;
  client::CopyOptions copy_options;
  copy_options.name = request.name;
  copy_options.on_progress = [&](Phase phase, std::int64_t rows, std::int64_t rows_total) {
    InterruptWatch::check();
    if (!bar.has_value() || phase != shown) {
      bar.emplace((phase == Phase::Copying ? "copying " : "verifying ") + request.sequence);
      shown = phase;
    }
    const auto expected = static_cast<double>(std::max<std::int64_t>(1, rows_total));
    bar->update(static_cast<double>(rows) / expected, rows);
  };
  return core::value_or_throw(client::copy_sequence(client::ClientAccess::session(from),
                                                    client::ClientAccess::session(to),
                                                    request.sequence, copy_options));
}

void push_sequence(const ToolOptions& options, const PushRequest& request) {
  const client::CopyReport report = copy(options, request);
  std::int64_t rows = 0;
  for (const client::CopiedTopic& topic : report.topics) {
    rows += topic.rows;
    if (options.json) {
      std::cout << json_line({{"topic", topic.name},
                              {"rows", topic.rows},
                              {"rows_before", topic.rows_before},
                              {"checksum", topic.digest}})
                << '\n';
    } else {
      std::cout << topic.name << ": " << topic.rows << " rows"
                << (topic.rows_before > 0 && !report.was_there
                        ? ", " + std::to_string(topic.rows_before) + " of them were there"
                        : "")
                << ", checksum " << topic.digest << '\n';
    }
  }
  if (options.json) {
    std::cout << json_line({{"pushed", request.sequence},
                            {"to", request.to},
                            {"name", report.name},
                            {"topics", report.topics.size()},
                            {"rows", rows},
                            {"was_there", report.was_there},
                            {"verified", true}})
              << '\n';
  } else {
    std::cout << (report.was_there ? "was there already, " : "pushed ") << request.sequence
              << " to " << request.to
              << (report.name == request.sequence ? "" : " as " + report.name) << ": "
              << report.topics.size() << " topics, " << rows << " rows, read back equal\n";
  }
}

}  // namespace

void add_push_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command = tool.add_subcommand("push", "Copy a recording to a server or a directory");
  auto request = std::make_shared<PushRequest>();
  command->add_option("sequence", request->sequence, "Sequence")->required()->type_name("SEQUENCE");
  command->add_option("--to", request->to, "Where to: a server, or a directory (with a '/')")
      ->required()
      ->type_name("HOST:PORT|DIR");
  command->add_option("--as", request->name, "Its name there; the same unless given")
      ->type_name("NAME");
  command->add_option("--to-api-key", request->api_key, "Key for the server it goes to")
      ->envname("MOSAICO_TO_API_KEY")
      ->type_name("KEY");
  command->add_flag("--to-tls", request->tls, "Talk TLS to it, trusting what the system trusts");
  command
      ->add_option("--to-tls-cert", request->tls_cert,
                   "Talk TLS to it, trusting the root certificates in this file (PEM)")
      ->envname("MOSAICO_TO_TLS_CERT_FILE")
      ->type_name("FILE");
  command->footer(
      "Copies a finished recording whole: metadata, exact columns, rows, notifications. A copy "
      "that\n"
      "broke off goes on where it was when the command is run again. In the end the copy is read\n"
      "back, and rows and checksum of every topic are compared. The source stays as it is.");
  command->callback([&options, request] { push_sequence(options, *request); });
}

}  // namespace mosaico::cli
