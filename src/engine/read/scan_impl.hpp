#pragma once

#include <arrow/type_fwd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/memory_budget.hpp"
#include "engine/engine_impl.hpp"
#include "engine/read/row_merge.hpp"
#include "engine/read/scan_plan.hpp"
#include "engine/scan.hpp"

namespace mosaico::engine {

class ScanImpl final : public Scan {
 public:
  struct Opened {
    std::unique_ptr<ScanImpl> scan;
    ScanPlan plan;
    bool follows = false;  // False on a Finalized topic, whatever the ticket says.
  };

  // Invalid (window), NotFound, Locked (follow on a topic that never saw an upload), LimitExceeded
  // (no scan memory left).
  static Result<Opened> open(std::shared_ptr<EngineContext> context,
                             const protocol::Ticket& ticket);

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  Result<std::shared_ptr<arrow::RecordBatch>> next() override;
  bool at_end() override;
  void cancel() override;

 private:
  ScanImpl(std::shared_ptr<EngineContext> context, const protocol::Ticket& ticket,
           std::shared_ptr<LiveTopic> live);

  Status check_running() const;
  // Reserves the least memory of the plan and makes a merge of its sources.
  Status start(const ScanPlan& plan);
  MergeInput chunk_input(const ScanPlan& plan, const catalog::Chunk& chunk) const;
  // The times of rows of a chunk that were given out of the tail before it was published.
  std::vector<int64_t> given_of(const ScanPlan& plan, const catalog::Chunk& chunk) const;
  // Unavailable when a chunk begins before the rows whose times are remembered.
  Status check_known(const ScanPlan& plan) const;
  Status remember_tail(const ScanPlan& plan);
  // Waits for rows from next_row_ on and starts on them; false at the end of the topic.
  Result<bool> follow();
  Result<ScanPlan> plan_new_rows(const LiveTopic::Snapshot& snapshot);
  // What a missing file or topic means while the scan runs.
  Status explained(const Status& status) const;

  const std::shared_ptr<EngineContext> context_;
  const protocol::Ticket ticket_;
  const std::shared_ptr<LiveTopic> live_;  // Set when the scan follows.
  std::atomic<bool> cancelled_ = false;

  catalog::Topic topic_;
  std::shared_ptr<arrow::Schema> schema_;
  core::MemoryBudget::Reservation least_memory_;
  ReadingPlaces::Place place_;    // Of the plan that merge_ reads.
  LiveTopic::Followed followed_;  // Set when the scan follows.
  std::unique_ptr<RowMerge> merge_;

  // While following: rows below next_row_ were given or lie outside the window.
  int64_t next_row_ = 0;
  bool last_rows_ = false;
  // The times of rows [given_base_, next_row_), which were in no chunk when they were given.
  int64_t given_base_ = 0;
  std::vector<int64_t> given_;
};

}  // namespace mosaico::engine
