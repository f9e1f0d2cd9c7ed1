#include "limits/read_counter.hpp"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catalog/sqlite_catalog.hpp"
#include "core/error.hpp"
#include "engine/engine.hpp"
#include "store/local_store.hpp"

namespace mosaico::bench {

namespace fs = std::filesystem;
using arrow::Result;
using arrow::Status;
using core::value_or_throw;

namespace {

struct Read {
  std::string path;
  std::int64_t position = 0;
  std::int64_t bytes = 0;
};

// Thread-safe.
class ReadLog {
 public:
  void add(Read read) {
    const std::lock_guard lock(mutex_);
    reads_.push_back(std::move(read));
  }
  std::vector<Read> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(reads_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Read> reads_;  // Guarded by mutex_.
};

class LoggedFile : public arrow::io::RandomAccessFile {
 public:
  LoggedFile(std::shared_ptr<arrow::io::RandomAccessFile> file, std::string path, ReadLog* log)
      : file_(std::move(file)), path_(std::move(path)), log_(log) {}

  Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t bytes, void* out) override {
    log_->add({path_, position, bytes});
    return file_->ReadAt(position, bytes, out);
  }
  Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position,
                                                std::int64_t bytes) override {
    log_->add({path_, position, bytes});
    return file_->ReadAt(position, bytes);
  }
  Result<std::int64_t> Read(std::int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t position, file_->Tell());
    log_->add({path_, position, bytes});
    return file_->Read(bytes, out);
  }
  Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t bytes) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t position, file_->Tell());
    log_->add({path_, position, bytes});
    return file_->Read(bytes);
  }
  Result<std::int64_t> GetSize() override { return file_->GetSize(); }
  Status Seek(std::int64_t position) override { return file_->Seek(position); }
  Result<std::int64_t> Tell() const override { return file_->Tell(); }
  Status Close() override { return file_->Close(); }
  bool closed() const override { return file_->closed(); }

 private:
  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const std::string path_;
  ReadLog* const log_;
};

// Another store, with a log of what is read of it.
class LoggedStore final : public store::Store {
 public:
  LoggedStore(std::unique_ptr<store::Store> inner, ReadLog* log)
      : inner_(std::move(inner)), log_(log) {}

  Result<std::unique_ptr<store::ObjectWriter>> create(const std::string& path) override {
    return inner_->create(path);
  }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> open(const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(auto file, inner_->open(path));
    return std::make_shared<LoggedFile>(std::move(file), path, log_);
  }
  Result<std::vector<store::ObjectInfo>> list(const std::string& prefix) override {
    return inner_->list(prefix);
  }
  Status remove(const std::string& path) override { return inner_->remove(path); }
  Status remove_all(const std::string& prefix) override { return inner_->remove_all(prefix); }
  std::string describe() const override { return inner_->describe(); }

 private:
  const std::unique_ptr<store::Store> inner_;
  ReadLog* const log_;
};

// Where a row group lies in its file, and its times.
struct RowGroup {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
};

using RowGroups = std::map<std::string, std::vector<RowGroup>>;  // By path in the store.

RowGroup describe(const parquet::RowGroupMetaData& metadata) {
  RowGroup group{.begin = INT64_MAX};
  for (int column = 0; column < metadata.num_columns(); ++column) {
    const auto chunk = metadata.ColumnChunk(column);
    const std::int64_t begin =
        chunk->has_dictionary_page() ? chunk->dictionary_page_offset() : chunk->data_page_offset();
    group.begin = std::min(group.begin, begin);
    group.end = std::max(group.end, begin + chunk->total_compressed_size());
  }
  const auto times = metadata.ColumnChunk(0)->statistics();
  group.first_ns = static_cast<const parquet::Int64Statistics&>(*times).min();
  group.last_ns = static_cast<const parquet::Int64Statistics&>(*times).max();
  return group;
}

RowGroups row_groups_of(const fs::path& root) {
  RowGroups groups;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".parquet") continue;
    const auto file = parquet::ParquetFileReader::OpenFile(entry.path().string());
    auto& of_file = groups[fs::relative(entry.path(), root).string()];
    for (int i = 0; i < file->metadata()->num_row_groups(); ++i) {
      of_file.push_back(describe(*file->metadata()->RowGroup(i)));
    }
  }
  return groups;
}

std::int64_t groups_touched(const RowGroups& groups, const std::vector<Read>& reads) {
  std::set<const RowGroup*> touched;
  for (const Read& read : reads) {
    const auto of_file = groups.find(read.path);
    if (of_file == groups.end()) continue;
    for (const RowGroup& group : of_file->second) {
      if (read.position < group.end && read.position + read.bytes > group.begin) {
        touched.insert(&group);
      }
    }
  }
  return static_cast<std::int64_t>(touched.size());
}

std::int64_t groups_in(const RowGroups& groups, const protocol::Window& window) {
  std::int64_t count = 0;
  for (const auto& [path, of_file] : groups) {
    count += std::count_if(of_file.begin(), of_file.end(), [&](const RowGroup& group) {
      return group.last_ns >= *window.start_ns && group.first_ns < *window.end_ns;
    });
  }
  return count;
}

void scan_to_end(engine::Engine& engine, const core::Locator& topic,
                 const protocol::Window& window) {
  const auto found = value_or_throw(engine.discover({.locator = topic, .window = window}));
  const auto ticket = value_or_throw(protocol::Ticket::parse(found.endpoints.at(0).ticket));
  const auto open = value_or_throw(engine.scan(ticket));
  while (value_or_throw(open.scan->next()) != nullptr) {
  }
}

}  // namespace

WindowReads count_window_reads(const fs::path& root, const char* sequence, const char* topic,
                               int windows) {
  const RowGroups groups = row_groups_of(root);
  ReadLog log;
  engine::EngineOptions options;
  options.read_only = true;
  const auto engine = value_or_throw(engine::Engine::open(
      value_or_throw(
          catalog::open_sqlite_catalog((root / "catalog.sqlite").string(), {.read_only = true})),
      std::make_unique<LoggedStore>(
          value_or_throw(store::open_local_store(root.string(), /*read_only=*/true)), &log),
      (root / "journal").string(), options));
  const core::Locator locator{.sequence = sequence, .topic = topic};
  const auto whole = value_or_throw(engine->discover({.locator = locator}));
  const auto interval = whole.endpoints.at(0).topic.interval.value();
  const std::int64_t length =
      std::max<std::int64_t>(1, (interval.end_ns - interval.start_ns) / 100);
  std::mt19937_64 random(1);
  WindowReads result{.windows = windows};
  for (int i = 0; i < windows; ++i) {
    const auto places = static_cast<std::uint64_t>(interval.end_ns - interval.start_ns);
    const std::int64_t start =
        interval.start_ns +
        static_cast<std::int64_t>(random() % std::max<std::uint64_t>(1, places));
    const protocol::Window window{.start_ns = start, .end_ns = start + length};
    log.take();
    scan_to_end(*engine, locator, window);
    const std::int64_t needed = groups_in(groups, window);
    const std::int64_t read = groups_touched(groups, log.take());
    result.groups_needed += needed;
    result.groups_read += read;
    result.groups_extra_max = std::max(result.groups_extra_max, read - needed);
  }
  core::throw_if_error(engine->close());
  return result;
}

}  // namespace mosaico::bench
