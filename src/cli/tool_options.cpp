#include "cli/tool_options.hpp"

#include <filesystem>

namespace mosaico::cli {

MosaicoClient open_client(const ToolOptions& options, Access access) {
  ClientConfig config;
  config.api_key = options.api_key;
  config.enable_tls = options.tls;
  config.tls_root_certs = options.tls_cert;
  if (options.store.empty()) return MosaicoClient::connect(options.host, options.port, config);
  config.read_only = access == Access::Read;
  if (config.read_only && !std::filesystem::is_directory(options.store)) {
    throw NotFoundError("there is no directory " + options.store +
                        ", check --store or record something into it first");
  }
  return MosaicoClient::open(options.store, config);
}

std::string directory_of(const ToolOptions& options, const std::string& command) {
  if (options.store.empty()) {
    throw UsageError(command + " works on a directory, name it with --store");
  }
  if (!std::filesystem::is_directory(options.store)) {
    throw NotFoundError("there is no directory " + options.store + ", check --store");
  }
  return options.store;
}

Target parse_target(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return {text, {}};
  if (slash == 0 || slash + 1 == text.size()) {
    throw UsageError("'" + text + "' is no SEQUENCE/TOPIC, name both parts");
  }
  return {text.substr(0, slash), text.substr(slash + 1)};
}

SequenceHandler sequence_of(MosaicoClient& client, const std::string& name) {
  auto sequence = client.sequence_handler(name);
  if (!sequence) {
    throw NotFoundError("there is no sequence '" + name + "', `mosaico ls` shows those there are");
  }
  return *std::move(sequence);
}

TopicHandler topic_of(const SequenceHandler& sequence, const std::string& topic) {
  auto handler = sequence.get_topic_handler(topic);
  if (!handler) {
    std::string names;
    for (const std::string& name : sequence.topics()) names += (names.empty() ? "" : ", ") + name;
    throw NotFoundError("sequence '" + sequence.name() + "' has no topic '" + topic +
                        "', choose one of: " + (names.empty() ? "(none)" : names));
  }
  return *std::move(handler);
}

}  // namespace mosaico::cli
