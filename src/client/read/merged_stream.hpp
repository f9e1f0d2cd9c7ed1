#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/read/loser_tree.hpp"
#include "client/read/topic_cursor.hpp"
#include "client/read/topic_loads.hpp"
#include "client/session.hpp"
#include "mosaico/streamer.hpp"

namespace mosaico::client {

// How long a `follow` waits for a topic that has nothing to say before rows of others go first.
struct FollowPatience {
  // For rows that were stored when the stream was opened, so that they come in order.
  std::chrono::milliseconds stored{5'000};
  // For rows that are still being recorded: how much their ways may differ in length.
  std::chrono::milliseconds live{20};
};

struct StreamRequest {
  core::Locator locator;  // Of a sequence or a topic.
  StreamOptions options = {};
  size_t topics_expected = 1;  // A guess that saves a question.
  OntologyType type = {};      // Of a topic.
  FollowPatience patience = {};
};

// The merge behind both streamers: rows of all topics ascending by time, ties by push order, then
// by topic. When a topic has gone first twice in turn, its rows that lie before the next row of all
// others are given out without a look at the others.
//
// With `follow` a topic without rows does not hold the others up for longer than FollowPatience
// says; what arrives later than that comes late.
//
// One thread steps. close() belongs to any.
class MergedStream {
 public:
  // Finds the topics and starts to load. Errors: NotFound for the locator or, listing the topics
  // there are, for a name in the filter; Invalid for start ≥ end; LimitExceeded for a `follow` of
  // too many topics.
  static Result<std::shared_ptr<MergedStream>> open(std::shared_ptr<Session> session,
                                                    const StreamRequest& request);
  ~MergedStream() { close(); }
  MergedStream(const MergedStream&) = delete;
  MergedStream& operator=(const MergedStream&) = delete;

  // The cursor at the next row; null at the end. The row's batch stays until the next step or
  // take_columns(), also when next_timestamp() has looked beyond it.
  Result<const TopicCursor*> step();
  // The same where it costs little: no batch is needed for it. Null when only step() can tell.
  const TopicCursor* step_in_hand() {
    if (peeked_ || closed_.load(std::memory_order_relaxed)) return nullptr;
    if (run_ != nullptr && run_->next_within(bound_ns_)) [[likely]]
      return run_;
    return select_in_hand() ? current_ : nullptr;
  }
  // The time of the next row; empty at the end.
  Result<std::optional<int64_t>> next_timestamp();
  // The rest of the batch in hand, or the next one. For a stream of one topic.
  Result<std::optional<Columns>> take_columns();
  void close();

  const std::vector<StreamTopic>& topics() const { return topics_; }
  const std::string& topic_name(const TopicCursor& cursor) const {
    return topics_[cursor.topic()].name;
  }
  // Of the only topic, by its name in the request.
  const std::string& name() const { return name_; }
  OntologyType ontology_type() const;

  const TopicLoads& loads() const { return *loads_; }

 private:
  MergedStream(std::shared_ptr<Session> session, const StreamRequest& request,
               std::vector<StreamTopic> topics, const LoadOptions& options);

  // What a selection may do with the batch of the row given out last.
  enum class LastBatch { Release, Keep };

  // Moves `current_` to the next row of the merge; null at the end.
  Status select(LastBatch last_batch);
  // False, and nothing has happened, where its topic has no further row in hand.
  bool select_in_hand();
  Status start();
  void take_winner();
  // The same for `follow`.
  Status select_following(LastBatch last_batch);
  Status take_arrivals();
  // When nothing more is waited for; empty when every topic has a row or has ended.
  std::optional<TopicLoads::TimePoint> patience_end() const;
  void rebuild_tree();
  // Whether the stream still goes on: not closed, no error before.
  Result<bool> enter();
  void end_peek();
  void drop_all();

  // Constant after construction.
  const std::shared_ptr<Session> session_;  // First, as tasks need it until loads_ is closed.
  const std::string name_;
  const OntologyType type_;
  const std::vector<StreamTopic> topics_;
  const bool follow_;
  const FollowPatience patience_;
  const std::shared_ptr<TopicLoads> loads_;

  // Of the thread that steps.
  std::vector<TopicCursor> cursors_;
  LoserTree tree_;
  bool started_ = false;
  TopicCursor* current_ = nullptr;  // At the row given out last, or at the next one when peeked_.
  TopicCursor* run_ = nullptr;      // current_ when it went first twice in turn, else null.
  int64_t bound_ns_ = 0;            // Rows of run_ up to here have no rival.
  bool peeked_ = false;
  TopicCursor* last_ = nullptr;  // When peeked_: the topic of the row given out last.
  // Follow, by topic: since when it has no row.
  std::vector<std::optional<TopicLoads::TimePoint>> waiting_since_;
  Status status_;  // Of a step that failed; all later ones do.

  std::atomic<bool> closed_ = false;
  std::atomic<std::thread::id> stepping_thread_ = {};
};

}  // namespace mosaico::client
