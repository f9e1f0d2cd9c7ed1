#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client/lane.hpp"
#include "client/session.hpp"
#include "mosaico/config.hpp"
#include "mosaico/writer.hpp"

namespace mosaico::client {

// What a topic is made of, where no type of ours says it: the schema is kept exactly.
struct TopicColumns {
  std::string ontology_tag;
  std::string serialization_format;
  std::shared_ptr<arrow::Schema> schema;
};

// A sequence being recorded: its session and its lanes. Thread-safe.
class Recording {
 public:
  static Result<std::shared_ptr<Recording>> start(const std::shared_ptr<Session>& session,
                                                  const std::string& name,
                                                  const nlohmann::json& user_metadata,
                                                  const WriterConfig& config);
  // Takes over the open session of a sequence whose writer is gone.
  static Result<std::shared_ptr<Recording>> resume(const std::shared_ptr<Session>& session,
                                                   const std::string& name,
                                                   const WriterConfig& config);
  ~Recording();

  const std::string& name() const { return name_; }
  const WriterConfig& config() const { return config_; }

  // `lane_class` null: rows are JSON values of `type`'s schema.
  Result<std::shared_ptr<Lane>> create_topic(const std::string& topic,
                                             const nlohmann::json& user_metadata, OntologyType type,
                                             const detail::LaneClass* lane_class);
  // For Lane::push_columns() alone.
  Result<std::shared_ptr<Lane>> create_topic(const std::string& topic,
                                             const nlohmann::json& user_metadata,
                                             const TopicColumns& columns);
  std::shared_ptr<Lane> find_topic(const std::string& topic) const;
  std::vector<std::string> topics() const;
  SequenceStatus status() const;

  // Flushes and finalizes. On an error the policy is applied and the error returned. After the
  // end: OK when it was finalized, else the error it ended with.
  Status close();
  // As close(), but without the policy: what could not be finished stays pending, to be gone on
  // with.
  Status finish();
  // Leaves nothing behind. Does nothing after the end.
  Status abort(const std::string& reason);
  // Applies the policy. Does nothing after the end. The result tells whether that worked, and is
  // not `error`.
  Status fail(const std::string& error);

 private:
  Recording(std::shared_ptr<Session> session, std::string name, const WriterConfig& config)
      : session_(std::move(session)),
        name_(std::move(name)),
        config_(config),
        shares_(std::make_shared<LaneShares>(config.memory_budget_bytes)) {}

  static Result<std::shared_ptr<Recording>> make(const std::shared_ptr<Session>& session,
                                                 const std::string& name,
                                                 const WriterConfig& config);
  struct LaneType {
    OntologyType type;
    const detail::LaneClass* lane_class = nullptr;
  };
  Result<std::shared_ptr<Lane>> open_lane(const std::string& topic,
                                          const nlohmann::json& user_metadata,
                                          const TopicColumns& columns, const LaneType& type);
  Result<protocol::PutDescriptor> claim_or_create(const core::Locator& locator,
                                                  const TopicColumns& columns,
                                                  const nlohmann::json& user_metadata);
  Status remove_unanswered(const core::Locator& topic);
  // Sets `resume` when it took several attempts.
  Result<std::unique_ptr<UploadStream>> open_stream(protocol::PutDescriptor* descriptor,
                                                    const std::shared_ptr<arrow::Schema>& schema);
  LaneOptions lane_options(const std::string& topic) const;
  // Ends the topics that a former writer left and this one did not ask for.
  Status finalize_left();
  Status end_left(const core::Locator& topic, const std::string& uuid);
  // Whether a topic came to its proper end. Its rows are all there then, and it takes no more.
  static Result<bool> has_ended(Transport& transport, const core::Locator& topic);
  // True for the one caller that ends the recording.
  bool begin_ending();
  void finish_ending(SequenceStatus status, const Status& error);
  Status finalize_all();
  Status finalize_lanes();
  Status finalize_session();
  Result<bool> session_has(const core::Locator& topic) const;
  Result<protocol::SequenceDescription::Session> describe_session() const;
  void abandon_lanes(const Status& reason);
  Status apply_policy(const std::string& error);
  Status report(const std::string& error);
  Status remove(const std::string& reason);
  // The same on a server without sequence_abort.
  Status remove_step_by_step(const std::string& reason);
  Status report_gaps();
  Status notify_once(const core::Locator& locator, const std::string& message);
  void start_timer();
  void run_timer(const std::stop_token& stop);
  std::vector<std::shared_ptr<Lane>> lanes() const;

  // Constant after construction.
  const std::shared_ptr<Session> session_;
  const std::string name_;
  const WriterConfig config_;
  const std::shared_ptr<LaneShares> shares_;
  std::string session_uuid_;
  core::Locator session_locator_;
  size_t message_bytes_max_ = 0;
  // Whether the server has the additions to the published protocol. On another one, written rows
  // count as acknowledged, a stream that broke is not taken up again, and endings are those of the
  // published clients.
  bool has_additions_ = true;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_.
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::map<std::string, std::string> left_;  // UUIDs of topics to go on with, by name on the wire.
  SequenceStatus status_ = SequenceStatus::Pending;
  bool ending_ = false;
  Status end_error_;
  std::jthread timer_;
};

}  // namespace mosaico::client
