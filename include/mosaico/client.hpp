#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mosaico/config.hpp"
#include "mosaico/handler.hpp"
#include "mosaico/query.hpp"
#include "mosaico/writer.hpp"

namespace mosaico {

namespace client {
struct ClientAccess;
class ClientSession;
class Session;
}  // namespace client

/// A page of a listing.
struct ListOptions {
  std::string prefix = {};   ///< Of the name.
  std::int64_t limit = 100;  ///< 1 to 1000.
  std::string cursor = {};   ///< SequenceList::cursor of the page before.
};

struct SequenceSummary {
  std::string name = {};
  SequenceState state = SequenceState::Pending;
  std::int64_t created_at_ns = 0;
  std::int64_t topics = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::optional<std::int64_t> timestamp_ns_min = {};
  std::optional<std::int64_t> timestamp_ns_max = {};
};

struct SequenceList {
  std::vector<SequenceSummary> sequences = {};  ///< In order of name.
  std::string cursor = {};                      ///< Empty on the last page.
};

/// An error that a recorder reported.
struct Notification {
  std::string sequence = {};
  std::string topic = {};  ///< With leading slash; empty: of the sequence itself.
  std::string type = {};   ///< "error".
  std::string message = {};
  std::string created_datetime = {};
};

struct ServerInfo {
  std::string version = {};  ///< Of the protocol.
  std::string server = {};   ///< "mosaico-cpp"; empty for others.
  std::int64_t uptime_s = 0;
  std::int64_t max_message_bytes = 0;
};

/// A connection to a Mosaico server, or the same engine over a directory in this process. A light
/// handle to shared state; thread-safe. Writers, handlers and streamers outlive it.
///
///     auto client = MosaicoClient::connect("localhost", 6726);
///     client.record("drive_7", {{"robot", "rover"}}, [&](SequenceWriter& sequence) {
///       auto imu = sequence.topic_create<IMU>("imu");
///       imu.push(IMU{.acceleration = {.x = 0, .y = 0, .z = 9.81}}, now_ns);
///     });
///
/// Every member may throw UnavailableError, UnauthenticatedError and PermissionDeniedError.
class MosaicoClient {
 public:
  /// UnavailableError when no server answers within `config.connect_timeout`, with the reason where
  /// it lies in TLS; UnauthenticatedError without a valid API key where the server asks for one;
  /// NotFoundError, IoError and InvalidError for the file of root certificates; InvalidError for a
  /// `config` out of its bounds.
  static MosaicoClient connect(const std::string& host, int port = 6726,
                               const ClientConfig& config = {});
  /// The same with what the environment says where `config` leaves it open: MOSAICO_API_KEY, and
  /// MOSAICO_TLS_CERT_FILE, a file of root certificates that turns TLS on.
  static MosaicoClient from_env(const std::string& host, int port = 6726, ClientConfig config = {});
  /// Makes the directory when it is absent. LockedError when another process writes to it.
  static MosaicoClient open(const std::string& directory, const ClientConfig& config = {});

  /// Starts a recording. AlreadyExistsError, InvalidError (name, metadata).
  SequenceWriter sequence_create(const std::string& name,
                                 const nlohmann::json& user_metadata = nlohmann::json::object(),
                                 const WriterConfig& config = {});

  /// Goes on with a recording whose writer is gone, and takes it over: the former writer can write
  /// no more. topic_create() goes on with the topics that are there (TopicWriterStats::resumed_rows
  /// tells where); those not asked for are closed with the sequence, as they are. NotFoundError;
  /// LockedError when the sequence is finalized, or while its writer is at work.
  SequenceWriter sequence_resume(const std::string& name, const WriterConfig& config = {});

  /// Calls `function(SequenceWriter&)` and closes the sequence; when it throws, the policy is
  /// applied with the exception's text, and the exception goes on. Its meaning never depends on
  /// where a destructor runs. A function that ended the sequence itself is left alone.
  template <typename Function>
  void record(const std::string& name, const nlohmann::json& user_metadata, Function&& function,
              const WriterConfig& config = {}) {
    SequenceWriter sequence = sequence_create(name, user_metadata, config);
    try {
      std::forward<Function>(function)(sequence);
    } catch (const std::exception& error) {
      fail_quietly(sequence, error.what());
      throw;
    } catch (...) {
      fail_quietly(sequence, "an exception that is no std::exception");
      throw;
    }
    if (sequence.sequence_status() == SequenceStatus::Pending) sequence.close();
  }

  /// Empty when there is no such sequence or topic.
  std::optional<SequenceHandler> sequence_handler(const std::string& name);
  std::optional<TopicHandler> topic_handler(const std::string& sequence, const std::string& topic);

  SequenceList list_sequences(const ListOptions& options = {});

  /// Sequences and topics that fulfil all conditions, on their names and metadata and on their
  /// rows; with none, nothing. InvalidError, with the place, for a condition that makes no sense;
  /// also for one on a column that no topic of the type has, with the columns there are, and for
  /// one whose value does not suit that column.
  QueryResult query(const Query& query);

  /// NotFoundError; LockedError when it is finalized and healthy, unless the server allows it.
  void sequence_delete(const std::string& name);

  std::vector<Notification> sequence_notifications(const std::string& sequence);
  std::vector<Notification> topic_notifications(const std::string& sequence,
                                                const std::string& topic);
  void clear_sequence_notifications(const std::string& sequence);
  void clear_topic_notifications(const std::string& sequence, const std::string& topic);

  ServerInfo info();

  /// Takes no further call: members of this client and its copies throw UnavailableError. What was
  /// made by it goes on: writers record and finalize, handlers and streamers read. The last of them
  /// to go lets go of the connections; for open() it is what releases the directory. The same
  /// happens without close() when the last copy of the client goes. A second call does nothing.
  void close();

 private:
  friend struct client::ClientAccess;
  explicit MosaicoClient(std::shared_ptr<client::Session> session);
  std::shared_ptr<client::Session> session() const;
  static void fail_quietly(SequenceWriter& sequence, const char* error) noexcept;

  std::shared_ptr<client::ClientSession> session_;
};

}  // namespace mosaico
