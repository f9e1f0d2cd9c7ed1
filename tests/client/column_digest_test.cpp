#include "client/copy/column_digest.hpp"

#include <arrow/array.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::client {
namespace {

std::shared_ptr<arrow::DataType> deep_type() {
  const auto point =
      arrow::struct_({arrow::field("x", arrow::float64()), arrow::field("name", arrow::utf8()),
                      arrow::field("ok", arrow::boolean())});
  return arrow::struct_({arrow::field("points", arrow::list(point)),
                         arrow::field("triple", arrow::fixed_size_list(arrow::int32(), 3)),
                         arrow::field("view", arrow::utf8_view()),
                         arrow::field("nothing", arrow::null())});
}

constexpr const char* kRows = R"([
  {"points":[{"x":1.5,"name":"a","ok":true},{"x":null,"name":"","ok":false}],"triple":[1,2,3],"view":"v"},
  null,
  {"points":[],"triple":null,"view":null},
  {"points":null,"triple":[4,null,6],"view":"a text longer than what a view holds inside"},
  {"points":[null,{"x":-0.0,"name":null,"ok":null}],"triple":[7,8,9],"view":""}])";

std::shared_ptr<arrow::RecordBatch> batch_of(const char* rows) {
  const auto array = core::value_or_throw(arrow::json::ArrayFromJSONString(deep_type(), rows));
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("deep", deep_type())}),
                                  array->length(), {array});
}

std::string digest_of(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  ColumnDigest digest;
  for (const auto& batch : batches) core::throw_if_error(digest.update(*batch));
  return digest.text();
}

TEST(ColumnDigest, IsTheSameHoweverTheRowsAreCut) {
  const auto batch = batch_of(kRows);
  const std::string whole = digest_of({batch});
  for (int64_t i = 0; i <= 5; ++i) {
    for (int64_t j = i; j <= 5; ++j) {
      EXPECT_EQ(digest_of({batch->Slice(0, i), batch->Slice(i, j - i), batch->Slice(j)}), whole)
          << i << " " << j;
    }
  }
}

TEST(ColumnDigest, DoesNotSeeWhatLiesUnderNulls) {
  const auto make = [](const char* values) {
    auto data = core::value_or_throw(arrow::json::ArrayFromJSONString(arrow::int64(), values))
                    ->data()
                    ->Copy();
    const auto validity =
        core::value_or_throw(arrow::json::ArrayFromJSONString(arrow::int64(), "[1,null,3]"));
    data->buffers[0] = validity->data()->buffers[0];
    data->null_count = 1;
    return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}), 3,
                                    std::vector{std::move(data)});
  };
  EXPECT_EQ(digest_of({make("[1,2,3]")}), digest_of({make("[1,99,3]")}));
  EXPECT_NE(digest_of({make("[1,2,3]")}), digest_of({make("[1,2,4]")}));
}

// One change each: a value, a null, a length, an order, a row less.
TEST(ColumnDigest, DiffersWithEachChange) {
  const std::string text(kRows);
  const std::string whole = digest_of({batch_of(kRows)});
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"1.5", "1.25"},
      {"-0.0", "0.0"},
      {"\"ok\":true", "\"ok\":false"},
      {"\"a\"", "\"b\""},
      {"\"\"", "null"},
      {"[4,null,6]", "[4,0,6]"},
      {"\"points\":[]", "\"points\":null"},
      {"[7,8,9]", "[9,8,7]"},
      {"\"view\":\"v\"", "\"view\":\"w\""},
      {"  null,\n", ""},
      {"than what a", "then what a"}};
  for (const auto& [from, to] : changes) {
    std::string changed = text;
    ASSERT_NE(changed.find(from), std::string::npos) << from;
    changed.replace(changed.find(from), from.size(), to);
    EXPECT_NE(digest_of({batch_of(changed.c_str())}), whole) << from;
  }
}

TEST(ColumnDigest, RefusesWhatNoStoreTakes) {
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const auto array = core::value_or_throw(arrow::MakeArrayOfNull(type, 0));
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("d", type)}), 0, {array});
  ColumnDigest digest;
  EXPECT_THAT(digest.update(*batch), FailsAs(ErrorKind::Unsupported));
}

}  // namespace
}  // namespace mosaico::client
