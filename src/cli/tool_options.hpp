#pragma once

#include <stdexcept>
#include <string>

#include "mosaico/client.hpp"

namespace mosaico::cli {

// What every command is told: where the recordings are, and how to print.
struct ToolOptions {
  std::string host = "localhost";
  int port = 6726;
  std::string store = {};  // A directory; when set, host and port do not count.
  std::string api_key = {};
  bool tls = false;
  std::string tls_cert = {};  // A file; turns TLS on.
  bool json = false;
};

// The command line makes no sense. Ends the tool with exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Access { Read, Write };

// Connects to the server or opens the directory. A directory is shared with its writer for Read,
// and made when absent for Write. NotFoundError when there is nothing to read.
MosaicoClient open_client(const ToolOptions& options, Access access);

// The directory that a command works on which no server can do. UsageError without --store,
// NotFoundError when there is none.
std::string directory_of(const ToolOptions& options, const std::string& command);

// "SEQUENCE" or "SEQUENCE/TOPIC" as a user types it; the topic is empty for a sequence.
struct Target {
  std::string sequence;
  std::string topic;
};
Target parse_target(const std::string& text);

// A sequence that must be there; otherwise NotFoundError.
SequenceHandler sequence_of(MosaicoClient& client, const std::string& name);
TopicHandler topic_of(const SequenceHandler& sequence, const std::string& topic);

}  // namespace mosaico::cli
