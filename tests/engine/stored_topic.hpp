#pragma once

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/writer.h>

#include <memory>
#include <string>
#include <vector>

#include "catalog/sqlite_catalog.hpp"
#include "engine/engine_impl.hpp"
#include "engine/stored_schema.hpp"
#include "read_rows.hpp"
#include "store/local_store.hpp"
#include "support/counting_store.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {

// One topic whose chunks and live rows a test lays out by hand, so that the read path is tested
// without the write path.
class StoredTopic {
 public:
  explicit StoredTopic(const EngineOptions& options = {},
                       std::shared_ptr<arrow::Schema> schema = row_schema())
      : schema_(std::move(schema)) {
    auto catalog = catalog::open_sqlite_catalog(directory_.path() / "catalog.sqlite");
    auto store = std::make_unique<CountingStore>(
        store::open_local_store(directory_.path() / "store").ValueOrDie());
    counting_store_ = store.get();
    context_ = std::make_shared<EngineContext>(std::move(catalog).ValueOrDie(), std::move(store),
                                               directory_.path() / "journal", options);
    engine_ = EngineImpl::open(context_, nullptr).ValueOrDie();
    auto& made = *context_->catalog;
    EXPECT_THAT(made.create_sequence("drive", nlohmann::json::object(), 1), IsOk());
    EXPECT_THAT(made.create_session("drive", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "session-uuid", 2),
                IsOk());
    catalog::Topic topic;
    topic.name = "imu";
    topic.uuid = "topic-uuid";
    topic.ontology_tag = "IMU";
    topic.serialization_format = "default";
    topic.user_metadata = {{"vendor", "inertix"}};
    topic.created_at_ns = 3;
    EXPECT_THAT(made.create_topic("drive", "session-uuid", topic), IsOk());
    begin_upload();
  }

  void begin_upload() {
    topic_ = context_->catalog
                 ->begin_upload("drive", "imu", "topic-uuid",
                                serialize_schema(*schema_).ValueOrDie(), false)
                 .ValueOrDie();
    live_ = context_->live.find_or_make(topic_.id);
  }

  const std::shared_ptr<EngineContext>& context() const { return context_; }
  Engine& engine() { return *engine_; }
  catalog::TopicId id() const { return topic_.id; }
  LiveTopic& live() { return *live_; }
  int64_t published() const { return published_; }
  // What was read of the files of chunks so far, and how large they are.
  int64_t read_bytes() const { return counting_store_->read_bytes(); }
  int64_t file_bytes() const { return file_bytes_; }

  protocol::Ticket ticket(protocol::Window window = {}, bool follow = false) const {
    protocol::Ticket ticket;
    ticket.topic = {.sequence = "drive", .topic = "imu", .session = {}};
    ticket.topic_id = static_cast<int64_t>(topic_.id);
    ticket.window = window;
    ticket.follow = follow;
    return ticket;
  }

  // The next chunk: `batch` sorted by time must be given.
  void publish(const arrow::RecordBatch& batch, int64_t row_group_rows = 100) {
    const auto& times = static_cast<const arrow::Int64Array&>(*batch.column(0));
    catalog::Chunk chunk;
    chunk.topic = topic_.id;
    chunk.path = "data/drive/imu/" + std::to_string(published_) + ".parquet";
    chunk.first_row = published_;
    chunk.rows = batch.num_rows();
    chunk.bytes = 100 * batch.num_rows();
    chunk.timestamp_ns_min = times.Value(0);
    chunk.timestamp_ns_max = times.Value(batch.num_rows() - 1);
    chunk.file_bytes = write_file(chunk.path, batch, row_group_rows);
    file_bytes_ += chunk.file_bytes;
    ASSERT_THAT(context_->catalog->publish_chunk(chunk), IsOk());
    published_ += batch.num_rows();
    live_->drop_before(published_);
  }

  // Rows given in push order, numbered from published() on.
  void publish(const std::vector<Row>& rows, int64_t row_group_rows = 100) {
    publish(*batch_of(in_time_order(rows)), row_group_rows);
  }

  // Rows that are durable but in no chunk, given in push order.
  void add_live(const std::vector<Row>& rows) {
    TailBatch tail;
    tail.batch = batch_of(rows);
    tail.first_row = rows.front().number;
    tail.bytes = 100 * std::ssize(rows);
    const auto sorted = in_time_order(rows);
    tail.timestamp_ns_min = sorted.front().timestamp_ns;
    tail.timestamp_ns_max = sorted.back().timestamp_ns;
    live_->add(std::move(tail));
  }

  void finalize() {
    ASSERT_THAT(context_->catalog->end_upload(topic_.id, catalog::TopicState::Finalized), IsOk());
    live_->end(Status::OK());
    live_ = context_->live.find_or_make(topic_.id);
  }

 private:
  int64_t write_file(const std::string& path, const arrow::RecordBatch& batch,
                     int64_t row_group_rows) {
    auto object = context_->store->create(path).ValueOrDie();
    const auto table =
        arrow::Table::FromRecordBatches({batch.Slice(0, batch.num_rows())}).ValueOrDie();
    // The stream is borrowed from the object.
    const std::shared_ptr<arrow::io::OutputStream> sink(std::shared_ptr<void>(), &object->stream());
    // Pages of a few hundred rows, so that the row groups of tests have several.
    const auto properties = parquet::WriterProperties::Builder()
                                .disable_dictionary()
                                ->write_batch_size(64)
                                ->data_pagesize(4 << 10)
                                ->build();
    EXPECT_THAT(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink,
                                           row_group_rows, properties),
                IsOk());
    const int64_t bytes = object->stream().Tell().ValueOrDie();
    EXPECT_THAT(object->close(), IsOk());
    return bytes;
  }

  const TemporaryDirectory directory_;
  const std::shared_ptr<arrow::Schema> schema_;
  CountingStore* counting_store_ = nullptr;  // Of the context.
  std::shared_ptr<EngineContext> context_;
  std::shared_ptr<Engine> engine_;
  catalog::Topic topic_;
  std::shared_ptr<LiveTopic> live_;
  int64_t published_ = 0;
  int64_t file_bytes_ = 0;
};

}  // namespace mosaico::engine
