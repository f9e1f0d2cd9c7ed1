#include <CLI/CLI.hpp>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/stream_window.hpp"

namespace mosaico::cli {

namespace {

struct CatRequest {
  std::string sequence = {};
  StreamWindow window = {};
  std::optional<std::int64_t> limit = {};
  bool follow = false;
};

void print_message(const StreamEntry& entry, bool json) {
  if (json) {
    std::cout << json_line({{"topic", entry.topic},
                            {"timestamp_ns", entry.message.timestamp_ns()},
                            {"data", entry.message.to_json()}});
  } else {
    std::cout << entry.message.timestamp_ns() << "  " << entry.topic << "  "
              << entry.message.ontology_tag() << ' ' << brief_text(entry.message.to_json());
  }
  std::cout << '\n';
}

void print_messages(const ToolOptions& options, const CatRequest& request) {
  StreamOptions stream_options = request.window.to_stream_options();
  stream_options.follow = request.follow;
  MosaicoClient client = open_client(options, Access::Read);
  SequenceDataStreamer stream =
      sequence_of(client, request.sequence).get_data_streamer(stream_options);
  std::int64_t printed = 0;
  while (!request.limit || printed < *request.limit) {
    const auto entry = stream.next_view();
    if (!entry) break;
    print_message(*entry, options.json);
    ++printed;
    if (request.follow) std::cout.flush();
    if (!std::cout.good()) break;  // Whoever read it has gone.
  }
  stream.close();
}

}  // namespace

void add_cat_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command =
      tool.add_subcommand("cat", "Print the messages of a sequence in the order of their time");
  auto request = std::make_shared<CatRequest>();
  command->add_option("sequence", request->sequence, "Sequence")->required()->type_name("SEQUENCE");
  add_window_flags(*command, request->window);
  command->add_option("--limit", request->limit, "Stop after so many messages")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()).description(""))
      ->type_name("N");
  command->add_flag("--follow", request->follow, "Go on with what is being recorded");
  command->callback([&options, request] { print_messages(options, *request); });
}

}  // namespace mosaico::cli
