#include <limits>

#include "catalog_conformance.hpp"

namespace mosaico::catalog {
namespace {

using Names = std::vector<std::string>;

constexpr int64_t kTimeMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();

// A chunk in the place of others, with all that they have.
Chunk merged_of(const std::vector<Chunk>& chunks) {
  Chunk merged = chunks.front();
  merged.path = "chunks/merged.parquet";
  for (size_t i = 1; i < chunks.size(); ++i) {
    merged.rows += chunks[i].rows;
    merged.bytes += chunks[i].bytes;
    merged.timestamp_ns_min = std::min(merged.timestamp_ns_min, chunks[i].timestamp_ns_min);
    merged.timestamp_ns_max = std::max(merged.timestamp_ns_max, chunks[i].timestamp_ns_max);
  }
  merged.columns = {{.path = "x", .min = 1, .max = 2, .nulls = 3}};
  return merged;
}

std::vector<ChunkId> ids_of(const std::vector<Chunk>& chunks) {
  std::vector<ChunkId> ids;
  for (const Chunk& chunk : chunks) ids.push_back(chunk.id);
  return ids;
}

TEST_P(CatalogConformance, OneChunkTakesThePlaceOfOthers) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  publish(imu.id, 0, 100, 200);
  const std::vector<Chunk> old = {publish(imu.id, 10, 50, 90), publish(imu.id, 20, 40, 60)};
  publish(imu.id, 30, 300, 400);
  ASSERT_OK_AND_ASSIGN(const Topic before, catalog_->find_topic("run1", "imu"));
  const Chunk merged = merged_of(old);
  ASSERT_THAT(catalog_->add_tombstone(merged.path), IsOk());

  ASSERT_OK_AND_ASSIGN(const auto tombstones, catalog_->replace_chunks(ids_of(old), merged));
  EXPECT_EQ(tombstones, (Names{old[0].path, old[1].path}));
  reopen();
  EXPECT_EQ(core::value_or_throw(catalog_->tombstones()), tombstones);
  ASSERT_OK_AND_ASSIGN(const auto chunks, catalog_->find_chunks(imu.id, kTimeMin, kTimeMax));
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[1].path, merged.path);
  EXPECT_EQ(chunks[1].first_row, 10);
  EXPECT_EQ(chunks[1].rows, 20);
  EXPECT_EQ(chunks[1].timestamp_ns_min, 40);
  EXPECT_EQ(chunks[1].timestamp_ns_max, 90);
  EXPECT_NE(chunks[1].id, old[0].id) << "what is cached of a chunk is known by its id";
  EXPECT_EQ(core::value_or_throw(catalog_->find_chunk(chunks[1].id)).columns, merged.columns);
  ASSERT_OK_AND_ASSIGN(const Topic after, catalog_->find_topic("run1", "imu"));
  EXPECT_EQ(after.rows, before.rows);
  EXPECT_EQ(after.bytes, before.bytes);
  EXPECT_EQ(after.timestamp_ns_min, before.timestamp_ns_min);
  EXPECT_EQ(after.timestamp_ns_max, before.timestamp_ns_max);
  EXPECT_EQ(after.chunks, 3);
  EXPECT_THAT(catalog_->publish_chunk(new_chunk(imu.id, 40, 1, 2)), IsOk());
}

TEST_P(CatalogConformance, AChunkTakesThePlaceOfNothingElse) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  const Topic gps = make_topic("run1", "s1", "gps");
  const Chunk a = publish(imu.id, 0, 1, 2);
  const Chunk b = publish(imu.id, 10, 3, 4);
  const Chunk c = publish(imu.id, 20, 5, 6);
  const Chunk other = publish(gps.id, 0, 1, 2);
  const auto replace = [&](const std::vector<Chunk>& old, const auto& change) {
    Chunk merged = merged_of(old);
    change(merged);
    return catalog_->replace_chunks(ids_of(old), merged).status();
  };
  const auto as_is = [](Chunk&) {};
  EXPECT_THAT(replace({a, c}, as_is), FailsAs(ErrorKind::Invalid)) << "not adjacent";
  EXPECT_THAT(replace({b, a}, as_is), FailsAs(ErrorKind::Invalid)) << "not in push order";
  EXPECT_THAT(replace({a, other}, as_is), FailsAs(ErrorKind::Invalid)) << "of two topics";
  EXPECT_THAT(replace({a, b}, [](Chunk& m) { --m.rows; }), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(replace({a, b}, [](Chunk& m) { ++m.bytes; }), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(replace({a, b}, [](Chunk& m) { --m.first_row; }), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(replace({a, b}, [](Chunk& m) { --m.timestamp_ns_min; }), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(replace({a, b}, [](Chunk& m) { ++m.timestamp_ns_max; }), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(replace({a, b}, [&](Chunk& m) { m.topic = gps.id; }), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(replace({a, b}, [&](Chunk& m) { m.path = c.path; }),
              FailsAs(ErrorKind::AlreadyExists));
  EXPECT_THAT(catalog_->replace_chunks({}, a), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(catalog_->replace_chunks({a.id, ChunkId{999}}, merged_of({a, b})),
              FailsAs(ErrorKind::NotFound));
  EXPECT_TRUE(core::value_or_throw(catalog_->tombstones()).empty());
  EXPECT_EQ(core::value_or_throw(catalog_->chunk_paths()).size(), 4U) << "nothing happened";
  ASSERT_THAT(catalog_->delete_topic("run1", "imu", true), IsOk());
  EXPECT_THAT(replace({a, b}, as_is), FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, FindsTopicsWithSmallChunks) {
  make_sequence("run1");
  make_session("run1", "s1");
  const auto make = [&](const std::string& name, const std::vector<int64_t>& bytes) {
    const Topic topic = make_topic("run1", "s1", name);
    int64_t first_row = 0;
    for (const int64_t size : bytes) {
      Chunk chunk = new_chunk(topic.id, first_row, 1, 2);
      chunk.bytes = size;
      core::throw_if_error(catalog_->publish_chunk(chunk).status());
      first_row += chunk.rows;
    }
    return topic.id;
  };
  make("none", {});
  make("one", {10, 1000, 1000});
  const TopicId two = make("two", {1000, 10, 1000, 99});
  make("large", {1000, 100});
  const TopicId many = make("many", {1, 1, 1, 1});
  start_upload("run1", "many");
  const auto names = [&](const ChunkLimits& limits, TopicId after, int64_t limit) {
    Names found;
    for (const auto& [sequence, topic] :
         core::value_or_throw(catalog_->topics_with_small_chunks(limits, after, limit))) {
      EXPECT_EQ(sequence, "run1");
      EXPECT_EQ(topic.schema, "");
      found.push_back(topic.name);
    }
    return found;
  };
  EXPECT_EQ(names({.bytes = 100, .rows = 11}, TopicId{0}, 9), (Names{"two", "many"}));
  EXPECT_EQ(names({.bytes = 100, .rows = 11}, TopicId{0}, 1), Names{"two"});
  EXPECT_EQ(names({.bytes = 100, .rows = 11}, two, 1), Names{"many"});
  EXPECT_EQ(names({.bytes = 100, .rows = 11}, many, 1), Names{});
  EXPECT_EQ(names({.bytes = 100, .rows = 10}, TopicId{0}, 9), Names{});
}

}  // namespace
}  // namespace mosaico::catalog
