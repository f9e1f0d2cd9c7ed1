// An upload: an Arrow IPC stream, as the messages of a DoPut are. What the engine takes comes back
// exactly, sorted by time.
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/util/align_util.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "engine/engine.hpp"
#include "fuzz/input.hpp"

namespace {

namespace engine = mosaico::engine;
using mosaico::core::Result;
using mosaico::core::Status;
using mosaico::core::throw_if_error;
using mosaico::core::value_or_throw;
using mosaico::fuzz::require;
using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

constexpr std::int64_t kReadBytesMax = 64 << 20;
constexpr std::int64_t kRowsComparedMax = 2'000;
const mosaico::core::Locator kSequence{.sequence = "run", .topic = {}, .session = {}};
const mosaico::core::Locator kTopic{.sequence = "run", .topic = "topic", .session = {}};

// As the server reads them: what Arrow refuses never comes to the engine.
Result<std::shared_ptr<arrow::ipc::RecordBatchStreamReader>> open_stream(std::string_view bytes,
                                                                         arrow::MemoryPool* pool) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.memory_pool = pool;
  options.use_threads = false;
  // A copy of exactly that size, so that a read past its end is seen.
  return arrow::ipc::RecordBatchStreamReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::string(bytes))),
      options);
}

class OneTopic {
 public:
  explicit OneTopic(const std::filesystem::path& directory)
      : engine_(value_or_throw(engine::open_directory(directory, options()))) {}
  ~OneTopic() { static_cast<void>(engine_->close()); }

  Result<std::unique_ptr<engine::Upload>> upload(const std::shared_ptr<arrow::Schema>& schema) {
    throw_if_error(engine_->sequence_create({.sequence = "run"}));
    const auto session = value_or_throw(engine_->session_create(kSequence));
    const auto topic = value_or_throw(engine_->topic_create(
        {.session_uuid = session.uuid, .locator = kTopic, .ontology_tag = "Fuzz"}));
    return engine_->upload({.topic = kTopic, .topic_uuid = topic.uuid}, schema);
  }

  Batches read() {
    const auto found = value_or_throw(engine_->discover({.locator = kTopic}));
    const auto ticket =
        value_or_throw(mosaico::protocol::Ticket::parse(found.endpoints.at(0).ticket));
    const auto open = value_or_throw(engine_->scan(ticket));
    Batches batches;
    while (auto batch = value_or_throw(open.scan->next())) batches.push_back(std::move(batch));
    return batches;
  }

  void remove() { throw_if_error(engine_->sequence_delete(kSequence)); }

 private:
  static engine::EngineOptions options() {
    engine::EngineOptions options;
    options.group_commit = std::chrono::milliseconds(1);
    options.allow_delete_finalized = true;
    return options;
  }

  const std::shared_ptr<engine::Engine> engine_;
};

// Each row as a batch of one, the way it must come back.
Batches rows_in_time_order(const Batches& batches) {
  Batches rows;
  std::vector<std::int64_t> times;
  for (const auto& batch : batches) {
    const auto& column =
        static_cast<const arrow::Int64Array&>(*batch->GetColumnByName("timestamp_ns"));
    for (std::int64_t i = 0; i < batch->num_rows(); ++i) {
      rows.push_back(batch->Slice(i, 1));
      times.push_back(column.Value(i));
    }
  }
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(times[a], a) < std::pair(times[b], b);
  });
  Batches sorted;
  for (const std::size_t i : order) sorted.push_back(rows[i]);
  return sorted;
}

void compare(const Batches& taken, const Batches& read) {
  std::int64_t rows = 0;
  for (const auto& batch : taken) rows += batch->num_rows();
  std::int64_t rows_read = 0;
  for (const auto& batch : read) {
    require(batch->ValidateFull().ok(), "what comes back is whole");
    rows_read += batch->num_rows();
  }
  require(rows_read == rows, "as many rows come back as were taken");
  if (rows > kRowsComparedMax) return;
  const Batches expected = rows_in_time_order(taken);
  auto next = expected.begin();
  for (const auto& batch : read) {
    for (std::int64_t i = 0; i < batch->num_rows(); ++i) {
      require(batch->Slice(i, 1)->Equals(**next++, /*check_metadata=*/false,
                                         arrow::EqualOptions::Defaults().nans_equal(true)),
              "a row comes back as it was taken");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  arrow::CappedMemoryPool pool(arrow::default_memory_pool(), kReadBytesMax);
  const auto stream = open_stream(mosaico::fuzz::Input(data, size).rest(), &pool);
  if (!stream.ok()) return 0;
  static const mosaico::TemporaryDirectory kDirectory;
  static OneTopic topic(kDirectory.path());
  auto upload = topic.upload((*stream)->schema());
  if (upload.ok()) {
    Batches taken;
    Status status;
    std::shared_ptr<arrow::RecordBatch> batch;
    while (status.ok() && (*stream)->ReadNext(&batch).ok() && batch != nullptr) {
      batch = value_or_throw(arrow::util::EnsureAlignment(
          std::move(batch), arrow::util::kValueAlignment, arrow::default_memory_pool()));
      status = (*upload)->append(batch);
      if (status.ok()) taken.push_back(batch);
    }
    if (status.ok()) {
      require((*upload)->finish().ok(), "what was taken can be stored");
      compare(taken, topic.read());
    } else {
      (*upload)->interrupt();
    }
  }
  topic.remove();
  return 0;
}
