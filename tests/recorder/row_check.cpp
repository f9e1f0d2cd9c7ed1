#include "recorder/row_check.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace mosaico {

namespace {

bool has_payload(const LoadRow& row, const LoadTopic& topic) {
  const auto bytes = row.payload.span();
  const auto expected = load_payload_byte(row.number);
  // Every byte of a large one would take long in a build with sanitizers.
  const std::size_t step = std::max<std::size_t>(1, bytes.size() / 1'000);
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    if (bytes[i] != expected) return false;
  }
  return bytes.size() == load_payload_bytes(topic, row.number);
}

int failures() {
  return testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
}

std::vector<std::int64_t> read_numbers(TopicHandler& handler, const LoadTopic& topic) {
  std::vector<std::int64_t> numbers;
  const auto former_failures = failures();
  auto last_timestamp_ns = std::numeric_limits<std::int64_t>::min();
  for (const auto& message : handler.get_data_streamer()) {
    const LoadRow row = message.get_data<LoadRow>().value();
    EXPECT_TRUE(has_payload(row, topic)) << topic.name << " row " << row.number;
    EXPECT_EQ(message.timestamp_ns(), load_timestamp_ns(topic, row.number)) << topic.name;
    EXPECT_LT(last_timestamp_ns, message.timestamp_ns()) << topic.name;
    last_timestamp_ns = message.timestamp_ns();
    numbers.push_back(row.number);
    if (failures() > former_failures) break;  // One of many is enough.
  }
  return numbers;
}

}  // namespace

Acknowledged read_account(const std::filesystem::path& account) {
  Acknowledged acknowledged;
  std::ifstream file(account);
  std::string topic;
  std::int64_t rows = 0;
  while (file >> topic >> rows) acknowledged[topic] = std::max(acknowledged[topic], rows);
  return acknowledged;
}

std::int64_t sum_of(const Acknowledged& acknowledged) {
  std::int64_t sum = 0;
  for (const auto& [topic, rows] : acknowledged) sum += rows;
  return sum;
}

std::int64_t check_rows(MosaicoClient& client, const std::string& sequence,
                        std::span<const LoadTopic> topics, const Acknowledged& acknowledged,
                        Extent extent) {
  std::int64_t compared = 0;
  for (const LoadTopic& topic : topics) {
    const auto found = acknowledged.find(topic.name);
    const std::int64_t least = found == acknowledged.end() ? 0 : found->second;
    auto handler = client.topic_handler(sequence, topic.name);
    EXPECT_TRUE(handler.has_value() || least == 0) << sequence << "/" << topic.name << " is lost";
    if (!handler) continue;
    auto numbers = read_numbers(*handler, topic);
    const auto rows = static_cast<std::int64_t>(numbers.size());
    EXPECT_GE(rows, least) << sequence << "/" << topic.name << " lost acknowledged rows";
    EXPECT_TRUE(extent == Extent::AtLeast || rows == least) << rows << " rows, not " << least;
    std::sort(numbers.begin(), numbers.end());
    std::vector<std::int64_t> expected(numbers.size());
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_TRUE(numbers == expected) << sequence << "/" << topic.name << ": a row is there twice, "
                                     << "or missing before later ones";
    compared += rows;
  }
  return compared;
}

}  // namespace mosaico
