#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mosaico::catalog {

// Row identities; never shown to users, never reused.
enum class SequenceId : int64_t {};
enum class SessionId : int64_t {};
enum class TopicId : int64_t {};
enum class ChunkId : int64_t {};

struct Sequence {
  SequenceId id{};
  std::string name;
  nlohmann::json user_metadata = nlohmann::json::object();
  int64_t created_at_ns = 0;
  std::string data_path;  // Folder of its files in the store: data/<name>@<id>.
};

struct Session {
  SessionId id{};
  SequenceId sequence{};
  std::string ulid;
  std::string uuid;  // Proof of authorship.
  int64_t created_at_ns = 0;
  std::optional<int64_t> completed_at_ns;  // Set exactly when finalized.
  // Of the notifications on the sequence itself, those that were there when this was finalized.
  std::optional<int64_t> notifications_before;  // Set exactly when finalized.
};

enum class TopicState { Empty, Uploading, Interrupted, Finalized };

struct Topic {
  TopicId id{};
  SequenceId sequence{};
  SessionId session{};
  std::string name;  // Without leading slash.
  std::string uuid;  // Proof of authorship.
  std::string ontology_tag;
  std::string serialization_format;  // default, ragged or image.
  nlohmann::json user_metadata = nlohmann::json::object();
  int64_t created_at_ns = 0;
  TopicState state = TopicState::Empty;
  std::string schema;  // The exact Arrow schema as an IPC message; empty before the first DoPut.
  // Sums over its chunks, kept by publish_chunk().
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t chunks = 0;
  std::optional<int64_t> timestamp_ns_min;
  std::optional<int64_t> timestamp_ns_max;
};

// A topic that a query found.
struct FoundTopic {
  std::string sequence;
  TopicId id{};
  std::string name;  // Without leading slash.
  std::string ontology_tag;
};

// Least and greatest value and null count of a leaf column of one chunk.
struct ColumnStatistics {
  std::string path;    // Dotted, e.g. "acceleration.x".
  nlohmann::json min;  // Null when unknown.
  nlohmann::json max;
  int64_t nulls = 0;
  bool operator==(const ColumnStatistics&) const = default;
};

struct Chunk {
  ChunkId id{};
  TopicId topic{};
  std::string path;       // In the store.
  int64_t first_row = 0;  // Its rows are [first_row, first_row + rows) in push order.
  int64_t rows = 0;
  int64_t bytes = 0;             // Of its Arrow data; what total_size_bytes counts.
  int64_t file_bytes = 0;        // Of the file.
  uint32_t checksum = 0;         // CRC-32C of the file.
  int64_t timestamp_ns_min = 0;  // Both inclusive.
  int64_t timestamp_ns_max = 0;
  std::vector<ColumnStatistics> columns;
};

// What a search wants to see of topics: chunks that hold a time in [start_ns, end_ns), as
// Catalog::find_chunks() has it, with the statistics of the columns at these paths alone.
struct ChunkFilter {
  int64_t start_ns = std::numeric_limits<int64_t>::min();
  int64_t end_ns = std::numeric_limits<int64_t>::max();
  std::vector<std::string> columns;
};

struct ChunkLimits {
  int64_t bytes = 0;  // Of Arrow data.
  int64_t rows = 0;
};

struct Notification {
  std::string sequence;
  std::string topic;  // Empty: of the sequence itself.
  std::string type;   // Always "error" today.
  std::string message;
  int64_t created_at_ns = 0;
};

// What a key allows (docs/security.md).
struct Rights {
  bool read = false;
  bool write = false;
  bool erase = false;  // "delete" for users.
  bool operator==(const Rights&) const = default;
};

// An API key as the server keeps it. The token itself is kept nowhere.
struct ApiKey {
  std::string fingerprint;  // Names the key; part of its token, and no secret.
  std::string token_hash;   // SHA-256 of the token, 32 bytes.
  std::string description;
  Rights rights;
  int64_t created_at_ns = 0;
  std::optional<int64_t> expires_at_ns;  // Valid before this time.
};

enum class SequenceState { Pending, Finalized, Unlocked };

// One line of a listing.
struct SequenceSummary {
  std::string name;
  SequenceState state = SequenceState::Pending;
  int64_t created_at_ns = 0;
  int64_t topics = 0;
  int64_t rows = 0;
  int64_t bytes = 0;
  std::optional<int64_t> timestamp_ns_min;
  std::optional<int64_t> timestamp_ns_max;
};

struct SequencePage {
  std::vector<SequenceSummary> sequences;  // In ascending order of name.
  std::string cursor;                      // Empty on the last page.
};

// A consistent look at everything below one sequence.
struct SequenceTree {
  Sequence sequence;
  SequenceState state = SequenceState::Pending;
  std::vector<Session> sessions;  // In creation order.
  std::vector<Topic> topics;      // In creation order.
  // Grows with every change of what a manifest tells: all of this, and the notifications.
  int64_t changes = 0;
  bool manifest_is_stale = false;  // It was not written since the last change.

  // Null when there is none.
  const Session* session(SessionId id) const {
    return first_session([id](const Session& one) { return one.id == id; });
  }
  const Session* session(std::string_view ulid) const {
    return first_session([ulid](const Session& one) { return one.ulid == ulid; });
  }

 private:
  template <typename Wanted>
  const Session* first_session(const Wanted& wanted) const {
    const auto found = std::find_if(sessions.begin(), sessions.end(), wanted);
    return found == sessions.end() ? nullptr : &*found;
  }
};

// What a deletion took out of the catalog. The caller removes each tombstone from the store
// afterwards (Store::remove_all()) and then calls forget_tombstones(): the folder of a sequence, or
// of a topic.
struct Deleted {
  std::vector<TopicId> topics;
  std::vector<std::string> tombstones;
};

}  // namespace mosaico::catalog
