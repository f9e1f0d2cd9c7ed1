#include "mosaico/detail/record_buffer.hpp"

#include <arrow/record_batch.h>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <bit>

#include "mosaico/ontology.hpp"
#include "ontology/arrow_schema.hpp"
#include "ontology/random_object.hpp"
#include "ontology/record_batch.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::detail {
namespace {

template <typename T>
using Buffer = std::shared_ptr<TypedRecordBuffer<T>>;

template <typename T>
void append(TypedRecordBuffer<T>& buffer, int64_t number, const T& object) {
  buffer.append(number, object, TypedRecordBuffer<T>::bytes_of(object));
}

template <typename T>
std::shared_ptr<arrow::RecordBatch> finished(const Buffer<T>& buffer) {
  buffer->finish();
  const auto schema = ontology::to_arrow_schema(schema_of<T>()).ValueOrDie();
  auto batch = ontology::to_record_batch(schema, buffer).ValueOrDie();
  EXPECT_THAT(batch->ValidateFull(), IsOk());
  return batch;
}

// Fills the buffer as a lane does, and tells how many rows came as steady ones.
template <typename T>
int64_t fill(TypedRecordBuffer<T>& buffer, const std::vector<T>& objects) {
  int64_t steady_rows = 0;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (buffer.append_steady(static_cast<int64_t>(i), objects[i])) {
      ++steady_rows;
      continue;
    }
    append(buffer, static_cast<int64_t>(i), objects[i]);
    if (std::has_single_bit(i + 1)) buffer.begin_steady(2 * (i + 1) - 1);
  }
  return steady_rows;
}

// Whether steady or not, the rows are the same columns; also in a buffer that is filled again, and
// in a copy.
template <typename T>
int64_t check_rows(const std::vector<T>& objects) {
  const auto plain = std::make_shared<TypedRecordBuffer<T>>();
  for (size_t i = 0; i < objects.size(); ++i) append(*plain, static_cast<int64_t>(i), objects[i]);
  const auto expected = finished<T>(plain);
  const auto steady = std::make_shared<TypedRecordBuffer<T>>();
  fill(*steady, objects);
  steady->clear();
  const int64_t steady_rows = fill(*steady, objects);
  EXPECT_EQ(steady->rows(), plain->rows());
  EXPECT_EQ(steady->bytes(), plain->bytes());
  const auto expect_rows_of = [&](const Buffer<T>& buffer) {
    EXPECT_TRUE(finished<T>(buffer)->Equals(*expected, false,
                                            arrow::EqualOptions::Defaults().nans_equal(true)));
  };
  expect_rows_of(steady);
  const Buffer<T> copy(static_cast<TypedRecordBuffer<T>*>(steady->copy().release()));
  steady->clear();
  expect_rows_of(copy);
  copy->clear();
  EXPECT_EQ(fill(*copy, objects), steady_rows);
  expect_rows_of(copy);
  return steady_rows;
}

IMU plain_imu(int number) {
  return IMU{.acceleration = {.x = 1.0 * number, .y = 2.0 * number, .z = 3.0 * number},
             .angular_velocity = {.x = -1.0 * number, .y = -2.0 * number, .z = -3.0 * number}};
}

using Change = void (*)(IMU&);

// Ways in which a row may differ from a plain one.
const std::vector<Change> kChanges = {
    [](IMU& imu) { imu.acceleration.x = kUnset; },
    [](IMU& imu) { imu.angular_velocity = Vector3d{}; },
    [](IMU& imu) { imu.acceleration.covariance_type = std::int16_t{2}; },
    [](IMU& imu) { imu.acceleration.covariance = std::vector<double>(9, 0.5); },
    [](IMU& imu) { imu.orientation = Quaternion{.x = 0, .y = 0, .z = 0, .w = 1}; },
    [](IMU& imu) { imu.orientation = Quaternion{}; },
    [](IMU& imu) { imu.header = Header{.timestamp = Time{.seconds = 1, .nanoseconds = 2}}; },
    [](IMU& imu) { imu.header = Header{.frame_id = "imu"}; },
    [](IMU& imu) { imu.header = Header{}; },
};

TEST(TypedRecordBuffer, RowsOfOneShapeAreSteady) {
  std::vector<IMU> objects;
  for (int i = 0; i < 200; ++i) objects.push_back(plain_imu(i));
  // All but those that begin: the first, the second, the fourth …
  EXPECT_EQ(check_rows(objects), 200 - 8);
}

TEST(TypedRecordBuffer, OptionalNumbersCanBeSteadyAndTextsAndListsCannot) {
  for (size_t change = 0; change < kChanges.size(); ++change) {
    SCOPED_TRACE(change);
    std::vector<IMU> objects;
    for (int i = 0; i < 200; ++i) {
      objects.push_back(plain_imu(i));
      kChanges[change](objects.back());
    }
    const bool has_text_or_list = change == 3 || change == 7;
    EXPECT_EQ(check_rows(objects), has_text_or_list ? 0 : 200 - 8);
  }
}

TEST(TypedRecordBuffer, ARowOfAnotherShapeEndsSteadiness) {
  for (size_t change = 0; change < kChanges.size(); ++change) {
    for (const size_t at : {0U, 1U, 2U, 3U, 7U, 8U, 9U, 100U, 199U}) {
      SCOPED_TRACE(testing::Message() << "change " << change << " of row " << at);
      std::vector<IMU> objects;
      for (int i = 0; i < 200; ++i) objects.push_back(plain_imu(i));
      kChanges[change](objects[at]);
      check_rows(objects);
    }
  }
}

template <typename... Types>
void check_types(TypeList<Types...>) {
  const auto check = []<typename T>(const T*) {
    SCOPED_TRACE(schema_of<T>().ontology_tag);
    RandomObjects random(11);
    for (const size_t alike : {1U, 3U, 40U}) {
      std::vector<T> objects;
      while (objects.size() < 100) objects.insert(objects.end(), alike, random.make<T>());
      check_rows(objects);
    }
  };
  (check(static_cast<const Types*>(nullptr)), ...);
}

TEST(TypedRecordBuffer, AnyTypeKeepsItsRows) {
  check_types(TypeList<Boolean, Floating16, Image, GPS, Pose, RobotJoint, BatteryState>());
}

int64_t page_faults_of_this_thread() {
  rusage usage{};
  EXPECT_EQ(::getrusage(RUSAGE_THREAD, &usage), 0);
  return usage.ru_minflt;
}

TEST(TypedRecordBuffer, ACopyHasItsPages) {
  constexpr int64_t kRows = 100'000;
  constexpr int64_t kPages = 7 * kRows * 8 / 4096;
  const auto page_faults_of_filling = [](TypedRecordBuffer<IMU>& buffer) {
    const IMU imu = plain_imu(1);
    const int64_t before = page_faults_of_this_thread();
    append(buffer, 0, imu);
    EXPECT_TRUE(buffer.begin_steady(kRows));
    for (int64_t row = 1; row < kRows; ++row) EXPECT_TRUE(buffer.append_steady(row, imu));
    return page_faults_of_this_thread() - before;
  };
  TypedRecordBuffer<IMU> buffer;
  EXPECT_GT(page_faults_of_filling(buffer), kPages / 2);
  buffer.finish();
  const auto copy = buffer.copy();
  copy->clear();
  EXPECT_LT(page_faults_of_filling(static_cast<TypedRecordBuffer<IMU>&>(*copy)), kPages / 20);
}

TEST(TypedRecordBuffer, TakesNoMoreSteadyRowsThanItWasGiven) {
  TypedRecordBuffer<IMU> buffer;
  EXPECT_FALSE(buffer.append_steady(0, plain_imu(0)));
  append(buffer, 0, plain_imu(0));
  EXPECT_FALSE(buffer.append_steady(1, plain_imu(1)));
  ASSERT_TRUE(buffer.begin_steady(3));
  EXPECT_EQ(buffer.steady_rows_left(), 2U);
  EXPECT_TRUE(buffer.append_steady(1, plain_imu(1)));
  EXPECT_TRUE(buffer.append_steady(2, plain_imu(2)));
  EXPECT_FALSE(buffer.append_steady(3, plain_imu(3)));
  EXPECT_EQ(buffer.rows(), 3);
}

}  // namespace
}  // namespace mosaico::detail
