// Writes the inputs of the corpus that are not text, each into the folder of its target:
// fuzz_seeds tests/fuzz/corpus. The others were written by hand.
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/writer.h>
#include <arrow/json/from_string.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>

#include <filesystem>
#include <iostream>
#include <vector>

#include "engine/ingest/chunk_writer.hpp"
#include "engine/ingest/time_column.hpp"
#include "fuzz/input.hpp"
#include "fuzz/stored_topic.hpp"
#include "store/local_store.hpp"

namespace {

using arrow::field;
using mosaico::core::throw_if_error;
using mosaico::core::value_or_throw;
using mosaico::fuzz::require;

std::filesystem::path corpus;

void write(const std::string& name, std::string_view bytes) {
  const auto path = corpus / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  require(file.good(), "the corpus can be written");
}

struct Sample {
  std::string name;
  std::shared_ptr<arrow::RecordBatch> batch;
};

Sample sample(const std::string& name, arrow::FieldVector fields, const std::string& rows) {
  fields.insert(fields.begin(), field("timestamp_ns", arrow::int64(), false));
  const auto parsed =
      value_or_throw(arrow::json::ArrayFromJSONString(arrow::struct_(fields), rows));
  const auto table = value_or_throw(arrow::RecordBatch::FromStructArray(parsed));
  return {name,
          arrow::RecordBatch::Make(arrow::schema(fields), table->num_rows(), table->columns())};
}

std::vector<Sample> samples() {
  const auto vector3 =
      arrow::struct_({field("x", arrow::float64(), false), field("y", arrow::float64(), false),
                      field("z", arrow::float64(), false)});
  const auto header =
      arrow::struct_({field("frame_id", arrow::utf8()), field("sequence", arrow::uint32())});
  const auto described = arrow::key_value_metadata({"description"}, {"m/s^2"});
  return {
      sample("times", {}, "[[3], [1], [2], [1]]"),
      sample("imu",
             {field("acceleration", vector3)->WithMetadata(described), field("header", header),
              field("covariance", arrow::list(arrow::float64()))},
             R"([[2, {"x": 1, "y": 2, "z": 9.81}, {"frame_id": "base", "sequence": 1}, [1, 2]],
                 [1, null, null, null], [3, {"x": 0, "y": 0, "z": 0}, null, []]])"),
      sample("numbers",
             {field("a", arrow::int8()), field("b", arrow::uint64()), field("c", arrow::float16()),
              field("d", arrow::boolean()), field("e", arrow::decimal128(20, 3)),
              field("f", arrow::timestamp(arrow::TimeUnit::SECOND, "UTC")),
              field("g", arrow::time32(arrow::TimeUnit::MILLI)),
              field("h", arrow::duration(arrow::TimeUnit::NANO)), field("i", arrow::date64()),
              field("j", arrow::null())},
             R"([[1, -1, 18446744073709551615, 1.5, true, "1.250", 7, 7, 7, 86400000, null],
                 [0, null, null, null, null, null, null, null, null, null, null]])"),
      sample("texts",
             {field("a", arrow::utf8()), field("b", arrow::large_utf8()),
              field("c", arrow::utf8_view()), field("d", arrow::binary()),
              field("e", arrow::binary_view()), field("f", arrow::fixed_size_binary(3))},
             R"([[1, "è", "b", "a long text beyond the inline size", "d", "e", "abc"],
                 [1, null, null, null, null, null, null]])"),
      sample("nested",
             {field("a", arrow::list(field("zz", arrow::list(arrow::int8()), false))),
              field("b", arrow::map(arrow::utf8(), arrow::int32())),
              field("c", arrow::fixed_size_list(field("x", arrow::int8(), false), 2)),
              field("d", arrow::large_list(header))},
             R"([[1, [[1, null], []], [["k", 1]], [1, 2], [{"frame_id": "f", "sequence": 1}]],
                 [2, null, null, null, null]])"),
  };
}

std::string stream_of(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                      const arrow::ipc::IpcWriteOptions& options) {
  const auto sink = value_or_throw(arrow::io::BufferOutputStream::Create());
  const auto writer =
      value_or_throw(arrow::ipc::MakeStreamWriter(sink, batches.front()->schema(), options));
  for (const auto& batch : batches) throw_if_error(writer->WriteRecordBatch(*batch));
  throw_if_error(writer->Close());
  return value_or_throw(sink->Finish())->ToString();
}

void write_streams(const Sample& sample) {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  write("incoming/" + sample.name, stream_of({sample.batch, sample.batch->Slice(1)}, options));
  options.codec = value_or_throw(arrow::util::Codec::Create(arrow::Compression::LZ4_FRAME));
  write("incoming/" + sample.name + "_lz4", stream_of({sample.batch}, options));
  write("schema/" + sample.name,
        value_or_throw(mosaico::engine::serialize_schema(*sample.batch->schema())));
}

void write_tables(const Sample& sample) {
  write("parquet/" + sample.name + "_stream",
        stream_of({sample.batch}, arrow::ipc::IpcWriteOptions::Defaults()));
  if (sample.name == "numbers") return;  // Parquet has no half floats below its version 2.11.
  const auto sink = value_or_throw(arrow::io::BufferOutputStream::Create());
  const auto table = value_or_throw(arrow::Table::FromRecordBatches({sample.batch}));
  throw_if_error(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 2));
  write("parquet/" + sample.name, std::string_view(*value_or_throw(sink->Finish())));
}

// Rows of the topic that journals and chunks of the corpus belong to.
std::shared_ptr<arrow::RecordBatch> topic_rows() {
  const auto schema = mosaico::fuzz::stored_topic().schema;
  const auto rows = value_or_throw(arrow::json::ArrayFromJSONString(
      arrow::struct_(schema->fields()),
      R"([[5, "a", [{"x": 1.5}]], [3, null, null], [4, "", []]])"));
  const auto columns = value_or_throw(arrow::RecordBatch::FromStructArray(rows))->columns();
  return arrow::RecordBatch::Make(schema, 3, columns);
}

std::vector<mosaico::engine::TailBatch> topic_batches() {
  std::vector<mosaico::engine::TailBatch> batches;
  for (const std::int64_t first_row : {100, 103}) {
    const auto batch = topic_rows();
    const auto times = mosaico::engine::time_range(*batch);
    batches.push_back({.batch = batch,
                       .first_row = first_row,
                       .bytes = 64,
                       .timestamp_ns_min = times.min,
                       .timestamp_ns_max = times.max});
  }
  return batches;
}

std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_journal() {
  for (const bool compress : {false, true}) {
    const mosaico::TemporaryDirectory directory;
    const auto segment = value_or_throw(mosaico::engine::JournalSegment::create(
        directory.path().string(), mosaico::fuzz::stored_topic(), /*first_row=*/100, compress));
    for (const auto& batch : topic_batches()) throw_if_error(segment->append(batch));
    const std::string bytes = file_bytes(segment->path());
    const std::string name = compress ? "journal/compressed" : "journal/plain";
    write(name, std::string(1, '\0') + bytes);
    write(name + "_checksums_made_right", '\1' + bytes);
  }
}

void write_chunks() {
  const mosaico::TemporaryDirectory directory;
  const auto store = value_or_throw(mosaico::store::open_local_store(directory.path()));
  mosaico::engine::ChunkOrigin origin;
  origin.sequence.data_path = "data";
  origin.schema = mosaico::fuzz::stored_topic().schema;
  for (const std::int64_t row_group_rows : {2, 100}) {
    mosaico::engine::EngineOptions options;
    options.row_group_rows = row_group_rows;
    const auto chunk =
        value_or_throw(mosaico::engine::write_chunk(*store, options, origin, topic_batches()));
    write("chunk/groups_of_" + std::to_string(row_group_rows),
          value_or_throw(mosaico::store::get(*store, chunk.path)));
  }
}

void write_corpus() {
  for (const Sample& sample : samples()) {
    write_streams(sample);
    write_tables(sample);
  }
  write_journal();
  write_chunks();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "fuzz_seeds FOLDER: writes the corpus that is not text\n";
    return 2;
  }
  try {
    corpus = argv[1];
    write_corpus();
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
