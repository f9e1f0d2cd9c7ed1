#include "engine/read/row_merge.hpp"

#include <arrow/ipc/writer.h>
#include <arrow/json/from_string.h>
#include <arrow/util/byte_size.h>

#include <limits>
#include <random>

#include "engine/read/shared_nulls.hpp"
#include "read_rows.hpp"

namespace mosaico::engine {
namespace {

constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

class MemorySource final : public SortedSource {
 public:
  explicit MemorySource(arrow::RecordBatchVector batches) : batches_(std::move(batches)) {}

  Result<std::shared_ptr<arrow::RecordBatch>> next() override {
    return next_ < batches_.size() ? batches_[next_++] : nullptr;
  }

 private:
  arrow::RecordBatchVector batches_;
  size_t next_ = 0;
};

// A source of rows that were pushed one after another, in batches of `batch_rows`.
MergeInput input_of(const std::vector<Row>& pushed, int64_t batch_rows = 1000) {
  const auto rows = in_time_order(pushed);
  arrow::RecordBatchVector batches;
  for (int64_t i = 0; i < std::ssize(rows); i += batch_rows) {
    const auto end = std::min<int64_t>(i + batch_rows, std::ssize(rows));
    batches.push_back(batch_of({rows.begin() + i, rows.begin() + end}));
  }
  return {rows.front().timestamp_ns, pushed.front().number,
          [batches]() -> Result<std::unique_ptr<SortedSource>> {
            return std::make_unique<MemorySource>(batches);
          },
          nullptr};
}

std::vector<Row> drain(RowMerge& merge, int64_t* batches = nullptr) {
  std::vector<Row> rows;
  for (;;) {
    auto batch = merge.next();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok() || *batch == nullptr) return rows;
    EXPECT_GT((*batch)->num_rows(), 0);
    const auto more = rows_of(**batch);
    rows.insert(rows.end(), more.begin(), more.end());
    if (batches != nullptr) ++*batches;
  }
}

TEST(RowMerge, NoSourceIsTheEnd) {
  RowMerge merge(row_schema(), {}, {});
  EXPECT_TRUE(drain(merge).empty());
}

TEST(RowMerge, InterleavedSourcesComeInTimeOrder) {
  const auto a = numbered({1, 3, 5, 7});
  const auto b = numbered({2, 4, 6, 8}, 4);
  RowMerge merge(row_schema(), {input_of(b), input_of(a)}, {});
  EXPECT_EQ(drain(merge),
            (std::vector<Row>{{1, 0}, {2, 4}, {3, 1}, {4, 5}, {5, 2}, {6, 6}, {7, 3}, {8, 7}}));
}

TEST(RowMerge, EqualTimesComeInPushOrder) {
  const auto a = numbered({5, 5, 5});
  const auto b = numbered({5, 5}, 3);
  const auto c = numbered({4, 5}, 5);
  RowMerge merge(row_schema(), {input_of(c, 1), input_of(b, 1), input_of(a, 1)}, {});
  EXPECT_EQ(drain(merge),
            (std::vector<Row>{{4, 5}, {5, 0}, {5, 1}, {5, 2}, {5, 3}, {5, 4}, {5, 6}}));
}

TEST(RowMerge, TheEndsOfTimeAreOrdinaryTimes) {
  const auto a = numbered({kEarliest, 0, kLatest});
  const auto b = numbered({kEarliest, -1, kLatest}, 3);
  RowMerge merge(row_schema(), {input_of(a), input_of(b)}, {});
  EXPECT_EQ(drain(merge),
            (std::vector<Row>{
                {kEarliest, 0}, {kEarliest, 3}, {-1, 4}, {0, 1}, {kLatest, 2}, {kLatest, 5}}));
}

TEST(RowMerge, ALoneSourcePassesUncopied) {
  const auto batch = batch_of(numbered(std::vector<int64_t>(20'000, 7)));
  MergeInput input{7, 0,
                   [batch]() -> Result<std::unique_ptr<SortedSource>> {
                     return std::make_unique<MemorySource>(arrow::RecordBatchVector{batch});
                   },
                   nullptr};
  std::vector<MergeInput> inputs;
  inputs.push_back(std::move(input));
  RowMerge merge(row_schema(), std::move(inputs), {});
  ASSERT_OK_AND_ASSIGN(auto first, merge.next());
  EXPECT_EQ(first->num_rows(), 16 * 1024);
  EXPECT_EQ(first->column_data(0)->buffers[1].get(), batch->column_data(0)->buffers[1].get());
}

TEST(RowMerge, SmallBatchesAreJoined) {
  std::vector<int64_t> times(1000);
  for (size_t i = 0; i < times.size(); ++i) times[i] = static_cast<int64_t>(i);
  RowMerge merge(row_schema(), {input_of(numbered(times), 3)}, {});
  int64_t batches = 0;
  EXPECT_EQ(drain(merge, &batches), numbered(times));
  EXPECT_EQ(batches, 1);
}

TEST(RowMerge, TheFirstBatchIsSmallAndWaitsForNoSecondOfASource) {
  std::vector<int64_t> times(1000);
  for (size_t i = 0; i < times.size(); ++i) times[i] = static_cast<int64_t>(i);
  const auto sizes = [&](int64_t source_rows) {
    BatchLimits limits;
    limits.first_rows = 100;
    RowMerge merge(row_schema(), {input_of(numbered(times), source_rows)}, limits);
    std::vector<int64_t> found;
    std::vector<Row> rows;
    while (const auto batch = merge.next().ValueOrDie()) {
      found.push_back(batch->num_rows());
      for (const Row& row : rows_of(*batch)) rows.push_back(row);
    }
    EXPECT_EQ(rows, numbered(times));
    return found;
  };
  EXPECT_EQ(sizes(1000), (std::vector<int64_t>{100, 900}));
  EXPECT_EQ(sizes(30), (std::vector<int64_t>{30, 970}));
}

TEST(RowMerge, TheFirstBatchOfSourcesThatTakeTurnsIsSmall) {
  std::vector<int64_t> even(500);
  std::vector<int64_t> odd(500);
  for (size_t i = 0; i < even.size(); ++i) {
    even[i] = 2 * static_cast<int64_t>(i);
    odd[i] = even[i] + 1;
  }
  BatchLimits limits;
  limits.first_rows = 100;
  const std::vector<MergeInput> inputs = {input_of(numbered(even)), input_of(numbered(odd, 500))};
  RowMerge merge(row_schema(), inputs, limits);
  ASSERT_OK_AND_ASSIGN(const auto first, merge.next());
  EXPECT_EQ(first->num_rows(), 100);
  EXPECT_EQ(drain(merge).size(), 900U);
}

TEST(RowMerge, ASourceIsOpenedWhenItsTimeComes) {
  int opened = 0;
  std::vector<MergeInput> inputs;
  for (int64_t i = 0; i < 10; ++i) {
    MergeInput input = input_of(numbered({10 * i, 10 * i + 5}, 2 * i));
    input.open = [open = input.open, &opened] {
      ++opened;
      return open();
    };
    inputs.push_back(std::move(input));
  }
  RowMerge merge(row_schema(), std::move(inputs), {.max_rows = 2});
  ASSERT_OK_AND_ASSIGN(auto batch, merge.next());
  EXPECT_EQ(rows_of(*batch), (std::vector<Row>{{0, 0}, {5, 1}}));
  EXPECT_EQ(opened, 1);
}

TEST(RowMerge, AnErrorOfASourceIsTheErrorOfTheMerge) {
  std::vector<MergeInput> inputs;
  inputs.push_back(
      {0, 0,
       []() -> Result<std::unique_ptr<SortedSource>> { return core::error(ErrorKind::Io, "gone"); },
       nullptr});
  RowMerge merge(row_schema(), std::move(inputs), {});
  EXPECT_THAT(merge.next(), FailsAs(ErrorKind::Io));
}

TEST(RowMerge, AgreesWithASortForRandomSources) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    auto below = [&](int64_t n) {
      return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
    };
    const int64_t width = 1 + below(3) * 1000;
    std::vector<MergeInput> inputs;
    std::vector<Row> all;
    for (int64_t source = below(8); source >= 0; --source) {
      std::vector<int64_t> times(static_cast<size_t>(1 + below(300)));
      const int64_t start = below(2) * below(5000) - 1000;
      for (auto& time : times) time = start + below(width);
      const auto rows = numbered(times, std::ssize(all));
      all.insert(all.end(), rows.begin(), rows.end());
      inputs.push_back(input_of(rows, 1 + below(100)));
    }
    std::shuffle(inputs.begin(), inputs.end(), random);
    BatchLimits limits{.target_bytes = 64 << below(12), .max_rows = 1 + below(500)};
    if (below(2) == 0) limits.first_rows = 1 + below(100);
    RowMerge merge(row_schema(), std::move(inputs), limits);
    ASSERT_EQ(drain(merge), in_time_order(all)) << "seed " << seed;
  }
}

// A slice of a view array has all buffers of the array, and would take them all along.
TEST(RowMerge, BatchesOfViewsTravelWithTheirOwnBytesOnly) {
  constexpr int64_t kRows = 400;
  constexpr int64_t kTextBytes = 1000;
  const auto schema = arrow::schema({arrow::field("timestamp_ns", arrow::int64(), false),
                                     arrow::field("text", arrow::utf8_view())});
  // Two sources whose rows take turns, and rows of the second alone after the end of the first.
  const auto input_of_views = [&](int64_t first_time, int64_t step, int64_t first_row) {
    arrow::Int64Builder times;
    arrow::StringViewBuilder texts;
    for (int64_t i = 0; i < kRows; ++i) {
      EXPECT_THAT(times.Append(first_time + i * step), IsOk());
      EXPECT_THAT(texts.Append(std::string(kTextBytes, 'x') + std::to_string(first_row + i)),
                  IsOk());
    }
    const auto batch = arrow::RecordBatch::Make(
        schema, kRows, {times.Finish().ValueOrDie(), texts.Finish().ValueOrDie()});
    return MergeInput{first_time, first_row,
                      [batch]() -> Result<std::unique_ptr<SortedSource>> {
                        return std::make_unique<MemorySource>(arrow::RecordBatchVector{batch});
                      },
                      nullptr};
  };
  std::vector<MergeInput> inputs;
  inputs.push_back(input_of_views(0, 2, 0));
  inputs.push_back(input_of_views(1, 5, kRows));
  const BatchLimits limits{.target_bytes = 100'000, .max_bytes = 200'000, .join_bytes = 100'000};
  RowMerge merge(schema, std::move(inputs), limits);
  int64_t rows = 0;
  int64_t batches = 0;
  while (true) {
    ASSERT_OK_AND_ASSIGN(const auto batch, merge.next());
    if (batch == nullptr) break;
    EXPECT_THAT(batch->ValidateFull(), IsOk());
    int64_t bytes = 0;
    ASSERT_THAT(arrow::ipc::GetRecordBatchSize(*batch, &bytes), IsOk());
    EXPECT_LE(bytes, limits.max_bytes) << batch->num_rows();
    rows += batch->num_rows();
    ++batches;
  }
  EXPECT_EQ(rows, 2 * kRows);
  EXPECT_LE(batches, 30);
}

TEST(SplitBatch, KeepsSlicesBelowTheLimitByTheirOwnBytes) {
  arrow::Int64Builder times;
  arrow::BinaryBuilder blobs;
  const std::vector<size_t> sizes = {10, 10, 100'000, 10, 10, 10, 50'000, 40'000, 30'000, 10};
  for (const size_t size : sizes) {
    ASSERT_THAT(times.Append(0), IsOk());
    ASSERT_THAT(blobs.Append(std::string(size, 'x')), IsOk());
  }
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("data", arrow::binary())});
  const auto batch = arrow::RecordBatch::Make(
      schema, std::ssize(sizes), {times.Finish().ValueOrDie(), blobs.Finish().ValueOrDie()});
  const BatchLimits limits{.target_bytes = 64'000, .max_bytes = 90'000};
  ASSERT_OK_AND_ASSIGN(const auto slices, split_batch(batch, limits));
  int64_t rows = 0;
  for (const auto& slice : slices) {
    ASSERT_OK_AND_ASSIGN(const int64_t bytes, arrow::util::ReferencedBufferSize(*slice));
    EXPECT_GT(slice->num_rows(), 0);
    EXPECT_TRUE(slice->num_rows() == 1 || bytes <= limits.target_bytes) << bytes;
    rows += slice->num_rows();
  }
  EXPECT_EQ(rows, batch->num_rows());
  EXPECT_LE(slices.size(), 8U);
}

std::shared_ptr<arrow::RecordBatch> nested_batch() {
  const auto vector = arrow::struct_({arrow::field("x", arrow::float64(), false),
                                      arrow::field("covariance", arrow::list(arrow::float64())),
                                      arrow::field("frame", arrow::utf8())});
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ns", arrow::int64(), false), arrow::field("header", vector),
       arrow::field("position", vector), arrow::field("status", arrow::int32()),
       arrow::field("valid", arrow::boolean()), arrow::field("nothing", arrow::null())});
  const auto table = arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), R"([
      [1, null, {"x": 1, "covariance": null, "frame": null}, null, null, null],
      [2, null, null, 4, null, null],
      [3, null, {"x": 3, "covariance": null, "frame": null}, null, null, null],
      [4, null, {"x": 4, "covariance": null, "frame": "f"}, null, null, null],
      [5, {"x": 5, "covariance": [1], "frame": null}, null, null, null, null]])");
  return arrow::RecordBatch::FromStructArray(table.ValueOrDie()).ValueOrDie();
}

const uint8_t* values_of(const arrow::ArrayData& data) { return data.buffers[1]->data(); }

TEST(ShareNulls, LeavesEveryRowAsItIs) {
  const auto batch = nested_batch();
  for (int64_t begin = 0; begin <= batch->num_rows(); ++begin) {
    for (int64_t end = begin; end <= batch->num_rows(); ++end) {
      const auto slice = batch->Slice(begin, end - begin);
      ASSERT_OK_AND_ASSIGN(const auto shared, share_nulls(slice));
      EXPECT_THAT(shared->ValidateFull(), IsOk());
      EXPECT_TRUE(shared->Equals(*slice, true)) << begin << " to " << end;
    }
  }
}

TEST(ShareNulls, WhatIsNullInTheRowsOfASliceSharesItsMemory) {
  ASSERT_OK_AND_ASSIGN(const auto shared, share_nulls(nested_batch()->Slice(2, 2)));
  const auto& valid = *shared->column_data(4);
  const auto& position = *shared->column_data(2);
  EXPECT_EQ(values_of(*shared->column_data(3)), values_of(valid)) << "null in these rows alone";
  EXPECT_EQ(values_of(*shared->column_data(1)->child_data[0]), values_of(valid));
  EXPECT_EQ(values_of(*position.child_data[1]), values_of(valid));
  EXPECT_NE(values_of(*position.child_data[0]), values_of(valid));
  EXPECT_NE(values_of(*position.child_data[2]), values_of(valid));
}

TEST(ShareNulls, WhatIsSharedIsNotMadeAgain) {
  ASSERT_OK_AND_ASSIGN(const auto shared, share_nulls(nested_batch()->Slice(2, 2)));
  ASSERT_OK_AND_ASSIGN(const auto again, share_nulls(shared));
  EXPECT_EQ(again->column_data(1), shared->column_data(1));
  EXPECT_EQ(again->column_data(3), shared->column_data(3));
  ASSERT_OK_AND_ASSIGN(const auto many, shared_nulls(arrow::int32(), 100));
  const auto rows = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("status", arrow::int32())}), 100, {many});
  ASSERT_OK_AND_ASSIGN(const auto few, share_nulls(rows->Slice(0, 10)));
  EXPECT_EQ(few->column_data(0)->buffers[1]->size(), 11 * 4) << "no more than its rows need";
}

TEST(BesideNulls, HasTheBytesOfAllOtherColumns) {
  const auto beside = beside_nulls(nested_batch()->Slice(2, 1));
  EXPECT_EQ(beside.batch->num_rows(), 1);
  EXPECT_EQ(beside.batch->schema()->field_names(),
            (std::vector<std::string>{"timestamp_ns", "position", "nothing"}));
  EXPECT_EQ(beside.batch->schema()->field(1)->type()->num_fields(), 1);
  ASSERT_OK_AND_ASSIGN(const int64_t bytes, arrow::util::ReferencedBufferSize(*beside.batch));
  EXPECT_GE(bytes, 8 + 8) << "a time and x";
  EXPECT_LE(bytes, 8 + 8 + 2) << "and at most their validity";
  EXPECT_GE(beside.null_row_bytes, 8);
}

}  // namespace
}  // namespace mosaico::engine
