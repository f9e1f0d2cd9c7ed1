#include "golden_store.hpp"

#include <arrow/api.h>
#include <arrow/json/from_string.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "recording.hpp"

namespace mosaico::engine {

using arrow::field;
using nlohmann::json;

namespace {

std::shared_ptr<arrow::DataType> point_type() {
  return arrow::struct_(
      {field("x", arrow::float64()), field("y", arrow::float64()), field("z", arrow::float64())});
}

arrow::FieldVector columns_of(const std::string& tag) {
  if (tag == "IMU") return {field("acceleration", point_type()), field("frame", arrow::utf8())};
  if (tag == "LaserScan") {
    const auto sample =
        arrow::struct_({field("x", arrow::float64()), field("label", arrow::utf8())});
    return {field("ranges", arrow::list(arrow::float64())), field("samples", arrow::list(sample)),
            field("grid", arrow::list(arrow::list(arrow::int64()))),
            field("corner", arrow::fixed_size_list(arrow::int32(), 3))};
  }
  EXPECT_EQ(tag, "Values");
  return {
      field("small", arrow::int8()),
      field("large", arrow::uint64()),
      field("whole", arrow::int64()),
      field("single", arrow::float32()),
      field("half", arrow::float16()),
      field("flag", arrow::boolean()),
      field("text", arrow::utf8()),
      field("at", arrow::timestamp(arrow::TimeUnit::MILLI)),
      field("day", arrow::date32()),
      field("clock", arrow::time32(arrow::TimeUnit::SECOND)),
      field("blob", arrow::binary()),
      field("price", arrow::decimal128(10, 2)),
      field("nested",
            arrow::struct_({field("inner", arrow::struct_({field("v", arrow::int32(), false)}))}))};
}

std::shared_ptr<arrow::RecordBatch> batch_of(const std::shared_ptr<arrow::Schema>& schema,
                                             const json& rows) {
  const auto array =
      arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), rows.dump()).ValueOrDie();
  return arrow::RecordBatch::FromStructArray(array).ValueOrDie();
}

}  // namespace

json read_golden_queries(const std::string& file) {
  const char* root = std::getenv("MOSAICO_TEST_SOURCE_DIR");
  const auto source =
      root != nullptr ? std::filesystem::path(root)
                      : std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  std::ifstream stream(source / "tests/golden/query" / file);
  EXPECT_TRUE(stream) << file;
  return json::parse(stream);
}

GoldenStore::GoldenStore(const GoldenBackend& backend) {
  EngineOptions options;
  options.chunk_rows = 3;
  options.row_group_rows = 2;
  options.clock = [now = now_] { return *now; };
  engine_ = Engine::open(backend.open(directory_.path()).ValueOrDie(),
                         store::open_local_store(directory_.path()).ValueOrDie(),
                         directory_.path() / "journal", options)
                .ValueOrDie();
  for (const json& sequence : read_golden_queries("recordings.json")) record(sequence);
}

GoldenStore::~GoldenStore() {
  for (const auto& upload : open_) upload->interrupt();
  EXPECT_THAT(engine_->close(), IsOk());
}

void GoldenStore::record(const json& sequence) {
  *now_ = sequence["created_at_ns"];
  ASSERT_THAT(engine_->sequence_create(
                  {.sequence = sequence["name"], .user_metadata = sequence["user_metadata"]}),
              IsOk());
  const core::Locator locator{.sequence = sequence["name"], .topic = {}, .session = {}};
  ASSERT_OK_AND_ASSIGN(const auto session, engine_->session_create(locator));
  for (const json& topic : sequence["topics"]) record_topic(sequence, session.uuid, topic);
}

void GoldenStore::record_topic(const json& sequence, const std::string& session_uuid,
                               const json& topic) {
  protocol::TopicCreate request;
  request.session_uuid = session_uuid;
  request.locator = {.sequence = sequence["name"], .topic = topic["name"], .session = {}};
  request.serialization_format = topic.value("serialization_format", "default");
  request.ontology_tag = topic["ontology_tag"];
  request.user_metadata = topic["user_metadata"];
  ASSERT_OK_AND_ASSIGN(const auto created, engine_->topic_create(request));
  if (topic["ontology_tag"] == "Image") return;  // Never saw an upload.

  auto fields = columns_of(topic.value("columns", topic["ontology_tag"].get<std::string>()));
  fields.insert(fields.begin(), field("timestamp_ns", arrow::int64(), false));
  const auto schema = arrow::schema(std::move(fields));
  protocol::PutDescriptor descriptor;
  descriptor.topic = request.locator;
  descriptor.topic_uuid = created.uuid;
  ASSERT_OK_AND_ASSIGN(auto upload, engine_->upload(descriptor, schema));
  DurableRows durable(*upload);
  for (const json& row : topic["rows"]) {
    ASSERT_THAT(upload->append(batch_of(schema, json::array({row}))), IsOk());
  }
  if (!sequence.value("open", false)) {
    ASSERT_THAT(upload->finish(), IsOk());
    return;
  }
  if (!topic["rows"].empty()) {
    ASSERT_TRUE(durable.wait_for(static_cast<int64_t>(topic["rows"].size())));
  }
  open_.push_back(std::move(upload));
}

}  // namespace mosaico::engine
