#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/tables/import_request.hpp"
#include "cli/tables/table_reader.hpp"
#include "cli/tables/topic_plan.hpp"
#include "mosaico/writer.hpp"

namespace mosaico::cli {

// A file on its way into a topic. One thread works on it; the figures belong to any.
struct TableJob {
  TopicPlan plan;
  std::unique_ptr<TableReader> table;
  std::int64_t file_bytes = 0;
  std::atomic<std::int64_t> rows = 0;
  std::atomic<double> fraction = 0;
};

// Opens the file and plans its topic. Throws what is wrong with the request or the file.
std::unique_ptr<TableJob> open_table_job(const ImportRequest& request);

// Copies several files into their topics at once, a thread a file up to a bound.
class TableImport {
 public:
  // Borrows the jobs.
  explicit TableImport(const std::vector<std::unique_ptr<TableJob>>& jobs);
  TableImport(const TableImport&) = delete;
  TableImport& operator=(const TableImport&) = delete;
  // Stops and joins.
  ~TableImport();

  // Makes the topics and starts to work.
  void start(SequenceWriter& sequence);
  // Waits a while for the end; true when all is done. Throws the first error of any file.
  bool wait_a_while();

  double fraction() const;
  std::int64_t rows() const;

 private:
  void work();
  void copy(TableJob& job, TopicWriter& topic);

  const std::vector<std::unique_ptr<TableJob>>& jobs_;
  std::vector<TopicWriter> topics_;  // As jobs_.
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stop_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::exception_ptr error_;
  std::size_t working_ = 0;

  std::vector<std::thread> threads_;
};

}  // namespace mosaico::cli
