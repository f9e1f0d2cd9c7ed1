#include "ontology/record_batch.hpp"

#include <arrow/api.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/status_matchers.hpp"

namespace mosaico::ontology {
namespace {

using testing::HasSubstr;

template <typename V>
std::shared_ptr<arrow::Buffer> buffer_of(const std::vector<V>& values) {
  return arrow::Buffer::FromVector(values);
}

std::shared_ptr<arrow::RecordBatch> batch_of(const std::shared_ptr<arrow::ArrayData>& data) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("column", data->type)}), data->length,
                                  std::vector{data});
}

std::shared_ptr<arrow::ArrayData> numbers(int64_t length) {
  return arrow::ArrayData::Make(
      arrow::int32(), length,
      {nullptr, buffer_of(std::vector<int32_t>(static_cast<size_t>(length), 7))}, 0);
}

// A list column of ten numbers.
std::shared_ptr<arrow::ArrayData> lists(const std::vector<int32_t>& offsets, int64_t nulls = 0) {
  const auto validity = nulls == 0 ? nullptr : buffer_of(std::vector<uint8_t>(8, 0));
  return arrow::ArrayData::Make(arrow::list(arrow::int32()),
                                static_cast<int64_t>(offsets.size()) - 1,
                                {validity, buffer_of(offsets)}, {numbers(10)}, nulls);
}

std::shared_ptr<arrow::ArrayData> texts(const std::vector<int32_t>& offsets,
                                        const std::string& bytes, int64_t offset = 0) {
  return arrow::ArrayData::Make(arrow::utf8(), static_cast<int64_t>(offsets.size()) - 1 - offset,
                                {nullptr, buffer_of(offsets), arrow::Buffer::FromString(bytes)}, 0,
                                offset);
}

std::shared_ptr<arrow::ArrayData> inside_struct(const std::shared_ptr<arrow::ArrayData>& child) {
  return arrow::ArrayData::Make(arrow::struct_({arrow::field("child", child->type)}), child->length,
                                {nullptr}, {child}, 0);
}

// Both ways must be of one mind, alone and inside a struct.
void expect(bool valid, const std::shared_ptr<arrow::ArrayData>& data) {
  for (const auto& batch : {batch_of(data), batch_of(inside_struct(data))}) {
    EXPECT_EQ(batch->ValidateFull().ok(), valid);
    const auto status = check_arrays(*batch);
    EXPECT_EQ(status.ok(), valid) << status;
    if (!valid) {
      EXPECT_THAT(status.message(), HasSubstr("In column 0"));
    }
  }
}

TEST(ArrayCheck, ListsNeedAscendingOffsets) {
  expect(true, lists({0, 3, 3, 10}));
  expect(true, lists({2, 3, 4, 5}));
  expect(false, lists({0, 4, 3, 10}));
  expect(false, lists({0, 11, 10, 10}));
  expect(false, lists({0, -1, 3, 10}));
  expect(false, lists({-1, 0, 3, 10}));
  expect(false, lists({0, 3, 3, 11}));
}

TEST(ArrayCheck, ListsThatAreAllNullNeedThemToo) {
  expect(true, lists({0, 0, 0, 0}, 3));
  expect(false, lists({0, 1'000'000'000, 0, 0}, 3));
}

TEST(ArrayCheck, OneBadOffsetAmongManyIsFound) {
  for (const size_t at : {1U, 63U, 500U, 999U}) {
    std::vector<int32_t> offsets(1001, 5);
    offsets[0] = 0;
    offsets[1000] = 10;
    expect(true, lists(offsets));
    offsets[at] = -7;
    expect(false, lists(offsets));
  }
}

TEST(ArrayCheck, TextsMustBeUtf8) {
  expect(true, texts({0, 2, 4}, "abcd"));
  expect(true, texts({0, 2, 4}, "\xc3\xa4\xc3\xb6"));
  expect(false, texts({0, 1, 4}, "\xc3\xa4\xc3\xb6"));
  expect(false, texts({0, 2, 4}, "ab\xff\xff"));
  expect(true, texts({0, 0, 0}, ""));
  expect(false, texts({0, 5, 0}, ""));
}

TEST(ArrayCheck, OnlyTheRowsOfASliceCount) {
  expect(true, texts({9, 2, 2, 4}, "abcd", 1));
  expect(false, texts({0, 0, 4, 3}, "abcd", 1));
}

TEST(ArrayCheck, TheNullCountMustBeThatOfTheBitmap) {
  const auto bits = buffer_of(std::vector<uint8_t>{0b0000'0101});
  const auto values = buffer_of(std::vector<int64_t>(3));
  for (int64_t nulls = 1; nulls <= 3; ++nulls) {
    expect(nulls == 1, arrow::ArrayData::Make(arrow::int64(), 3, {bits, values}, nulls));
  }
  expect(true, arrow::ArrayData::Make(arrow::int64(), 3, {bits, values}, arrow::kUnknownNullCount));
}

TEST(ArrayCheck, OtherTypesAreLeftToArrow) {
  const auto day = [](int64_t milliseconds) {
    return arrow::ArrayData::Make(arrow::date64(), 1,
                                  {nullptr, buffer_of(std::vector{milliseconds})}, 0);
  };
  expect(true, day(86'400'000));
  expect(false, day(86'400'001));
}

TEST(ArrayCheck, AnEmptyBatchIsValid) {
  expect(true, arrow::MakeEmptyArray(arrow::utf8()).ValueOrDie()->data());
  expect(true, arrow::MakeEmptyArray(arrow::list(arrow::int32())).ValueOrDie()->data());
}

}  // namespace
}  // namespace mosaico::ontology
