#include <vector>

#include "bench.hpp"
#include "workloads/families.hpp"

namespace mosaico::bench {

namespace {

Goal at_least(const char* key, double number, const char* variant = "") {
  return {.key = key, .bound = Goal::Bound::AtLeast, .number = number, .variant = variant};
}
Goal at_most(const char* key, double number, const char* variant = "") {
  return {.key = key, .bound = Goal::Bound::AtMost, .number = number, .variant = variant};
}

constexpr const char* kIngestLimit =
    "the slowest of Flight DoPut of the same batches, one core encoding them as Parquet, writing "
    "and syncing what is stored";
constexpr const char* kDiskLimit = "writing and syncing the same bytes to a fresh file";
constexpr const char* kGiveLimit = "Flight DoGet of the same batches from memory";
constexpr const char* kLookLimit =
    "a row group of 32 k rows read and decoded, and a Flight round trip";

std::vector<Workload> writing() {
  return {
      {"push_imu",
       "one thread pushes typed IMU, sealed batches are discarded",
       "the same members of the same messages appended to plain vectors",
       {at_least("ratio", 0.7), at_least("value", 5e6), at_most("allocations_per_message", 0.001),
        at_most("waits_per_million_messages", 1)},
       5'000'000,
       50'000,
       "messages",
       push_imu},
      {"push_columns",
       "the same rows handed over as arrays that were made before",
       "memcpy of the bytes",
       {at_least("ratio", 0.8)},
       5'000'000,
       50'000,
       "messages",
       push_columns},
      {"ingest_imu",
       "first push to last durable acknowledgement, one topic",
       kIngestLimit,
       {at_least("ratio", 0.7), at_least("value", 1.5e6)},
       5'000'000,
       50'000,
       "messages",
       ingest_imu},
      {"ingest_imu_8",
       "the same over 8 topics in turn",
       kIngestLimit,
       {at_least("ratio", 0.7), at_least("value", 1.5e6)},
       5'000'000,
       50'000,
       "messages",
       ingest_imu_8},
      {"doput_raw",
       "prebuilt batches of 16 k IMU rows by a bare Flight client, durable",
       kIngestLimit,
       {at_least("ratio", 0.8), at_least("value", 3e6)},
       5'000'000,
       50'000,
       "rows",
       doput_raw},
  };
}

std::vector<Workload> reading() {
  return {
      {"scan_2m",
       "a bare Flight client drains DoGet of IMU rows",
       kGiveLimit,
       {at_least("ratio", 0.5)},
       2'000'000,
       20'000,
       "rows",
       scan_2m},
      {"scan_20m",
       "the same of ten times as many rows",
       kGiveLimit,
       {at_least("ratio", 0.5), at_least("of_shorter", 0.9)},
       20'000'000,
       20'000,
       "rows",
       scan_20m},
      {"read_imu",
       "typed iteration, get_data<IMU>() on every message",
       "a scan of the same rows",
       {at_least("ratio", 0.8), at_least("value", 4e6)},
       2'000'000,
       20'000,
       "messages",
       read_imu},
      {"merge_8",
       "merged typed iteration of 8 topics",
       "read_imu of as many rows",
       {at_least("ratio", 0.7)},
       2'000'000,
       20'000,
       "messages",
       merge_8},
      {"merge_200",
       "merged typed iteration of 200 topics",
       "read_imu of as many rows",
       {at_least("ratio", 0.5)},
       2'000'000,
       20'000,
       "messages",
       merge_200},
      {"window",
       "first message of a 1 % window; topics of a hundredth, a tenth and all of the rows",
       kLookLimit,
       {at_most("ratio", 2), at_most("value", 5), at_most("of_smallest", 1.3)},
       20'000'000,
       20'000,
       "rows",
       window},
      {"first_message",
       "first message of a full read, the same topics",
       kLookLimit,
       {at_most("ratio", 2), at_most("value", 5), at_most("of_smallest", 1.3)},
       20'000'000,
       20'000,
       "rows",
       first_message},
  };
}

std::vector<Workload> pictures() {
  return {
      {"ingest_images",
       "raw 640×480 RGB from 1 and 4 cameras, noise and photograph-like, durable",
       kDiskLimit,
       {at_least("ratio", 0.8)},
       300,
       8,
       "frames",
       ingest_images},
      {"ingest_4k",
       "raw 3840×2160 RGB from one camera, noise and photograph-like, durable",
       kDiskLimit,
       {at_least("ratio", 0.8)},
       24,
       2,
       "frames",
       ingest_4k},
      {"read_images",
       "spans of the pixels of raw 640×480 RGB, no copy",
       kGiveLimit,
       {at_least("ratio", 0.6)},
       300,
       8,
       "frames",
       read_images},
  };
}

std::vector<Workload> catalog_and_queries() {
  return {
      {"create_1",
       "sequences with one topic created and finalized by one writer",
       "single SQLite commits with sync",
       {at_least("ratio", 0.15)},
       200,
       8,
       "sequences",
       create_1},
      {"create_8",
       "the same by 8 writers at once",
       "single SQLite commits with sync",
       {at_least("ratio", 0.5)},
       800,
       8,
       "sequences",
       create_8},
      {"query_metadata",
       "1 hit, 100 hits and a range among many sequences",
       "the bare SQL and an empty action's round trip",
       {at_most("ratio", 2), at_most("value", 2, "1 hit"), at_most("value", 5, "100 hits"),
        at_most("value", 20, "range")},
       100'000,
       500,
       "sequences",
       query_metadata},
      {"query_data",
       "conditions on acceleration.x over up to 1,000 topics, prunable and not",
       "Arrow's own filtered scan of the same files, on two threads",
       {at_least("ratio", 50, "prunable"), at_least("ratio", 0.8, "not prunable")},
       100'000'000,
       20'000,
       "rows",
       query_data},
  };
}

std::vector<Workload> the_rest() {
  return {
      {"stored",
       "bytes a row: real flights where MOSAICO_FLIGHT_DATA has them, simulated IMU, GPS, lidar",
       "the same rows in Parquet with Arrow's defaults and zstd",
       {at_most("ratio", 0.7), at_least("write_speed", 1), at_most("row_groups_extra_max", 2)},
       200'000,
       5'000,
       "rows",
       stored},
      {"grow",
       "ingest_imu and read_imu with a hundredth, a tenth and all of the rows",
       "the smallest of them",
       {at_least("ratio", 0.87), at_most("client_memory_of_smallest", 1.1),
        at_most("server_memory_of_smallest", 1.1)},
       20'000'000,
       20'000,
       "rows",
       grow},
      {"stall",
       "the server stands still, for 5 s at 100,000 messages a second: p99.99 of a dropping "
       "writer's push, memory of a blocking writer",
       "the same without a stall; the writer's budget",
       {at_most("ratio", 2, "dropping writer"), at_most("ratio", 1, "blocking writer")},
       500'000,
       5'000,
       "messages",
       stall},
  };
}

}  // namespace

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> kAll = [] {
    std::vector<Workload> joined;
    for (auto family : {writing(), reading(), pictures(), catalog_and_queries(), the_rest()}) {
      joined.insert(joined.end(), family.begin(), family.end());
    }
    return joined;
  }();
  return kAll;
}

}  // namespace mosaico::bench
