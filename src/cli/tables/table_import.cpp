#include "cli/tables/table_import.hpp"

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

namespace mosaico::cli {

namespace {

constexpr std::size_t kThreadsMax = 4;
constexpr std::int64_t kPushBytes = std::int64_t{4} << 20;
constexpr std::chrono::milliseconds kBetweenLooks{100};

Columns to_columns(const arrow::RecordBatch& batch) {
  ArrowArray array = {};
  ArrowSchema schema = {};
  core::throw_if_error(arrow::ExportRecordBatch(batch, &array, &schema));
  return {array, schema};
}

}  // namespace

std::unique_ptr<TableJob> open_table_job(const ImportRequest& request) {
  auto job = std::make_unique<TableJob>();
  job->table = core::value_or_throw(open_table(request.file));
  job->plan = core::value_or_throw(plan_topic(request, *job->table));
  std::error_code unknown;
  job->file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(request.file, unknown));
  return job;
}

TableImport::TableImport(const std::vector<std::unique_ptr<TableJob>>& jobs) : jobs_(jobs) {}

TableImport::~TableImport() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

void TableImport::start(SequenceWriter& sequence) {
  for (const auto& job : jobs_) {
    topics_.push_back(
        sequence.topic_create(job->plan.topic, nlohmann::json::object(), job->plan.schema));
  }
  working_ = std::min(jobs_.size(), kThreadsMax);
  for (std::size_t i = working_; i > 0; --i) threads_.emplace_back([this] { work(); });
}

bool TableImport::wait_a_while() {
  std::unique_lock lock(mutex_);
  const bool done =
      changed_.wait_for(lock, kBetweenLooks, [&] { return working_ == 0 || error_ != nullptr; });
  if (error_ != nullptr) std::rethrow_exception(error_);
  return done;
}

double TableImport::fraction() const {
  double done = 0;
  double all = 0;
  for (const auto& job : jobs_) {
    done += job->fraction * static_cast<double>(job->file_bytes);
    all += static_cast<double>(job->file_bytes);
  }
  return all == 0 ? 1 : done / all;
}

std::int64_t TableImport::rows() const {
  std::int64_t rows = 0;
  for (const auto& job : jobs_) rows += job->rows;
  return rows;
}

void TableImport::work() {
  try {
    for (std::size_t i = next_++; i < jobs_.size() && !stop_; i = next_++)
      copy(*jobs_[i], topics_[i]);
  } catch (...) {
    stop_ = true;
    const std::lock_guard lock(mutex_);
    if (error_ == nullptr) error_ = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  --working_;
  changed_.notify_all();
}

void TableImport::copy(TableJob& job, TopicWriter& topic) {
  while (!stop_) {
    const auto batch = core::value_or_throw(job.table->next());
    if (batch == nullptr) break;
    const auto messages = core::value_or_throw(job.plan.assemble(*batch, job.rows + 1));
    // Files may have batches of any size; what travels is small.
    const std::int64_t bytes = arrow::util::TotalBufferSize(*messages);
    const std::int64_t pieces = std::max<std::int64_t>(1, (bytes + kPushBytes - 1) / kPushBytes);
    const std::int64_t rows_a_piece = (messages->num_rows() + pieces - 1) / pieces;
    for (std::int64_t row = 0; row < messages->num_rows() && !stop_; row += rows_a_piece) {
      const auto piece = messages->Slice(row, rows_a_piece);
      topic.push_columns(to_columns(*piece));
      job.rows += piece->num_rows();
    }
    job.fraction = job.table->fraction();
  }
  if (stop_) return;
  topic.finalize();
  job.fraction = 1;
}

}  // namespace mosaico::cli
