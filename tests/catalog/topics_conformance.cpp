#include <limits>
#include <thread>

#include "catalog_conformance.hpp"

namespace mosaico::catalog {
namespace {

using Names = std::vector<std::string>;

constexpr int64_t kTimeMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();

// Writes down what it is shown, and fails at one step more than it takes.
struct CountingVisitor : TopicVisitor {
  Status visit_schema(const std::string& bytes) override {
    ++schemas;
    schema = bytes;
    return Status::OK();
  }
  Status visit_topic(TopicId topic, int64_t rows) override {
    ARROW_RETURN_NOT_OK(take(std::to_string(static_cast<int64_t>(topic))));
    Topic& shown = topics.emplace_back();
    shown.id = topic;
    shown.schema = schema;
    shown.rows = rows;
    return Status::OK();
  }
  Status visit_chunk(Chunk chunk) override {
    EXPECT_EQ(chunk.topic, topics.back().id);
    ARROW_RETURN_NOT_OK(take("chunk from " + std::to_string(chunk.first_row)));
    chunks.push_back(std::move(chunk));
    return Status::OK();
  }
  Status take(const std::string& step) {
    if (steps.size() == steps_max) return core::error(ErrorKind::Cancelled, "enough");
    steps.push_back(step);
    return Status::OK();
  }
  std::vector<int64_t> first_rows() const {
    std::vector<int64_t> rows;
    for (const Chunk& chunk : chunks) rows.push_back(chunk.first_row);
    return rows;
  }

  size_t steps_max = 1000;
  std::vector<std::string> steps;
  int schemas = 0;
  std::string schema;
  std::vector<Topic> topics;  // With what is shown of them.
  std::vector<Chunk> chunks;
};

TEST_P(CatalogConformance, GivesBackATopicAsItWasCreated) {
  const Sequence sequence = make_sequence("run1");
  const Session session = make_session("run1", "s1");
  Topic topic = new_topic("sensors/imu", "any 'tag'");
  topic.serialization_format = "ragged";
  topic.user_metadata = {{"_ros_", {{"definition", std::string(100'000, 'x')}}}};
  ASSERT_THAT(catalog_->create_topic("run1", uuid_of("s1"), topic), IsOk());
  reopen();
  ASSERT_OK_AND_ASSIGN(const Topic found, catalog_->find_topic("run1", "sensors/imu"));
  EXPECT_EQ(found.sequence, sequence.id);
  EXPECT_EQ(found.session, session.id);
  EXPECT_EQ(found.name, "sensors/imu");
  EXPECT_EQ(found.uuid, "uuid-of-sensors/imu");
  EXPECT_EQ(found.ontology_tag, "any 'tag'");
  EXPECT_EQ(found.serialization_format, "ragged");
  EXPECT_EQ(found.user_metadata, topic.user_metadata);
  EXPECT_EQ(found.created_at_ns, 30);
  EXPECT_EQ(found.state, TopicState::Empty);
  EXPECT_EQ(found.schema, "");
  EXPECT_EQ(found.rows, 0);
  EXPECT_EQ(found.timestamp_ns_min, std::nullopt);
  ASSERT_OK_AND_ASSIGN(const auto by_id, catalog_->find_topic(found.id));
  EXPECT_EQ(by_id.first, "run1");
  EXPECT_EQ(by_id.second.uuid, found.uuid);
  EXPECT_THAT(catalog_->find_topic(TopicId{999}), FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, TakesATopicNameOnceInASequence) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_session("run1", "s2");
  make_topic("run1", "s1", "imu");
  EXPECT_THAT(catalog_->create_topic("run1", uuid_of("s1"), new_topic("imu")),
              FailsAs(ErrorKind::AlreadyExists));
  EXPECT_THAT(catalog_->create_topic("run1", uuid_of("s2"), new_topic("imu")),
              FailsAs(ErrorKind::AlreadyExists));
  make_sequence("run2");
  make_session("run2", "s3");
  EXPECT_THAT(catalog_->create_topic("run2", uuid_of("s3"), new_topic("imu")), IsOk());
}

TEST_P(CatalogConformance, ATopicNeedsAnOpenSessionOfItsSequence) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_sequence("run2");
  EXPECT_THAT(catalog_->create_topic("run2", uuid_of("s1"), new_topic("imu")),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->create_topic("run1", "no-uuid", new_topic("imu")),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->create_topic("run9", uuid_of("s1"), new_topic("imu")),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->create_topic("run1", uuid_of("s1"), new_topic("imu", {"a\0b", 3})),
              FailsAs(ErrorKind::Invalid));
}

TEST_P(CatalogConformance, FindsNoTopicThatIsNotThere) {
  EXPECT_THAT(catalog_->find_topic("run1", "imu"), FailsAs(ErrorKind::NotFound));
  make_sequence("run1");
  EXPECT_THAT(catalog_->find_topic("run1", "imu"), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->delete_topic("run1", "imu", true), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->begin_upload("run1", "imu", "u", "schema", false),
              FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, DeletesATopicWhoseNameIsFreeAfterwards) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "sensors/imu");
  publish(imu.id, 0, 1, 2);
  ASSERT_OK_AND_ASSIGN(const Deleted deleted, catalog_->delete_topic("run1", "sensors/imu", false));
  EXPECT_EQ(deleted.topics, std::vector<TopicId>{imu.id});
  EXPECT_EQ(deleted.tombstones, Names{"data/run1@1/sensors.imu@1"});
  EXPECT_EQ(core::value_or_throw(catalog_->tombstones()), deleted.tombstones);
  EXPECT_NE(make_topic("run1", "s1", "sensors/imu").id, imu.id);
}

TEST_P(CatalogConformance, AnUploadBeginsOnceOnAnEmptyTopic) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  const std::string schema("sch\0ema\xff", 8);
  EXPECT_THAT(catalog_->begin_upload("run1", "imu", "another-uuid", schema, false),
              FailsAs(ErrorKind::NotFound));
  ASSERT_OK_AND_ASSIGN(const Topic uploading,
                       catalog_->begin_upload("run1", "imu", imu.uuid, schema, false));
  EXPECT_EQ(uploading.state, TopicState::Uploading);
  EXPECT_EQ(uploading.schema, schema);
  for (const bool resume : {false, true}) {
    EXPECT_THAT(catalog_->begin_upload("run1", "imu", imu.uuid, schema, resume),
                FailsAs(ErrorKind::Locked));
  }
  ASSERT_THAT(catalog_->end_upload(imu.id, TopicState::Finalized), IsOk());
  for (const bool resume : {false, true}) {
    EXPECT_THAT(catalog_->begin_upload("run1", "imu", imu.uuid, schema, resume),
                FailsAs(ErrorKind::Locked));
  }
}

TEST_P(CatalogConformance, AnInterruptedUploadIsResumedWithTheSameSchemaOnly) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_topic("run1", "s1", "imu");
  const Topic imu = start_upload("run1", "imu");
  ASSERT_THAT(catalog_->end_upload(imu.id, TopicState::Interrupted), IsOk());
  EXPECT_THAT(catalog_->begin_upload("run1", "imu", imu.uuid, "schema", false),
              FailsAs(ErrorKind::Locked));
  EXPECT_THAT(catalog_->begin_upload("run1", "imu", imu.uuid, "another", true),
              FailsAs(ErrorKind::Invalid));
  ASSERT_OK_AND_ASSIGN(const Topic resumed,
                       catalog_->begin_upload("run1", "imu", imu.uuid, "schema", true));
  EXPECT_EQ(resumed.state, TopicState::Uploading);
}

TEST_P(CatalogConformance, ResumeAlsoBeginsAnEmptyTopic) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  EXPECT_THAT(catalog_->begin_upload("run1", "imu", imu.uuid, "schema", true), IsOk());
}

TEST_P(CatalogConformance, AnUploadEndsOnce) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  EXPECT_THAT(catalog_->end_upload(imu.id, TopicState::Finalized), FailsAs(ErrorKind::Locked));
  start_upload("run1", "imu");
  EXPECT_THAT(catalog_->end_upload(imu.id, TopicState::Empty), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(catalog_->end_upload(imu.id, TopicState::Uploading), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(catalog_->end_upload(imu.id, TopicState::Finalized), IsOk());
  EXPECT_THAT(catalog_->end_upload(imu.id, TopicState::Interrupted), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(catalog_->end_upload(TopicId{999}, TopicState::Finalized),
              FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, OneOfTwoUploadersWins) {
  make_sequence("run1");
  make_session("run1", "s1");
  for (int round = 0; round < 10; ++round) {
    const Topic topic = make_topic("run1", "s1", "imu" + std::to_string(round));
    const auto begin = [&] {
      return catalog_->begin_upload("run1", topic.name, topic.uuid, "schema", false).status();
    };
    Status statuses[2];
    std::thread other([&] { statuses[0] = begin(); });
    statuses[1] = begin();
    other.join();
    EXPECT_NE(statuses[0].ok(), statuses[1].ok());
    EXPECT_THAT(statuses[0].ok() ? statuses[1] : statuses[0], FailsAs(ErrorKind::Locked));
  }
}

TEST_P(CatalogConformance, FindsTheTopicsInAState) {
  make_sequence("run1");
  make_session("run1", "s1");
  for (const char* name : {"a", "b", "c"}) make_topic("run1", "s1", name);
  start_upload("run1", "b");
  reopen();
  ASSERT_OK_AND_ASSIGN(const auto uploading, catalog_->topics_in_state(TopicState::Uploading));
  ASSERT_EQ(uploading.size(), 1U);
  EXPECT_EQ(uploading[0].first, "run1");
  EXPECT_EQ(uploading[0].second.name, "b");
  EXPECT_EQ(uploading[0].second.schema, "schema");
  ASSERT_OK_AND_ASSIGN(const auto empty, catalog_->topics_in_state(TopicState::Empty));
  EXPECT_EQ(empty.size(), 2U);
}

TEST_P(CatalogConformance, GivesBackAChunkAsItWasPublished) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  Chunk chunk = new_chunk(imu.id, 0, kTimeMin, kTimeMax);
  chunk.columns = {
      {.path = "acceleration.x", .min = -1.25, .max = 1e300, .nulls = 3},
      {.path = "id", .min = kTimeMin, .max = std::numeric_limits<uint64_t>::max(), .nulls = 0},
      {.path = "blob", .min = nullptr, .max = nullptr, .nulls = 10}};
  ASSERT_OK_AND_ASSIGN(const Chunk published, catalog_->publish_chunk(chunk));
  reopen();
  ASSERT_OK_AND_ASSIGN(const Chunk found, catalog_->find_chunk(published.id));
  EXPECT_EQ(found.id, published.id);
  EXPECT_EQ(found.topic, imu.id);
  EXPECT_EQ(found.path, chunk.path);
  EXPECT_EQ(found.first_row, 0);
  EXPECT_EQ(found.rows, 10);
  EXPECT_EQ(found.bytes, 1000);
  EXPECT_EQ(found.file_bytes, 700);
  EXPECT_EQ(found.checksum, 0xfedcba98U);
  EXPECT_EQ(found.timestamp_ns_min, kTimeMin);
  EXPECT_EQ(found.timestamp_ns_max, kTimeMax);
  EXPECT_EQ(found.columns, chunk.columns);
  EXPECT_THAT(catalog_->find_chunk(ChunkId{999}), FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, ForgetsABoundThatItCannotKeepExactly) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  Chunk chunk = new_chunk(imu.id, 0, 1, 2);
  chunk.columns = {{.path = "name", .min = "a", .max = "\xff", .nulls = 0}};
  ASSERT_OK_AND_ASSIGN(const Chunk published, catalog_->publish_chunk(chunk));
  ASSERT_OK_AND_ASSIGN(const Chunk found, catalog_->find_chunk(published.id));
  EXPECT_EQ(found.columns[0].min, "a");
  EXPECT_EQ(found.columns[0].max, nullptr);
}

TEST_P(CatalogConformance, AChunkAddsToTheSumsOfItsTopic) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  publish(imu.id, 0, 100, 200);
  publish(imu.id, 10, 50, 120);
  ASSERT_OK_AND_ASSIGN(const Topic found, catalog_->find_topic("run1", "imu"));
  EXPECT_EQ(found.rows, 20);
  EXPECT_EQ(found.bytes, 2000);
  EXPECT_EQ(found.chunks, 2);
  EXPECT_EQ(found.timestamp_ns_min, 50);
  EXPECT_EQ(found.timestamp_ns_max, 200);
}

TEST_P(CatalogConformance, ChunksFollowEachOtherWithoutAGap) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  EXPECT_THAT(catalog_->publish_chunk(new_chunk(imu.id, 1, 1, 2)), FailsAs(ErrorKind::Invalid));
  publish(imu.id, 0, 1, 2);
  for (const int64_t first_row : {0, 9, 11}) {
    EXPECT_THAT(catalog_->publish_chunk(new_chunk(imu.id, first_row, 1, 2)),
                FailsAs(ErrorKind::Invalid));
  }
  Chunk empty = new_chunk(imu.id, 10, 1, 2);
  empty.rows = 0;
  EXPECT_THAT(catalog_->publish_chunk(empty), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(catalog_->publish_chunk(new_chunk(imu.id, 10, 2, 1)), FailsAs(ErrorKind::Invalid));
  ASSERT_OK_AND_ASSIGN(const Topic found, catalog_->find_topic("run1", "imu"));
  EXPECT_EQ(found.rows, 10) << "what was refused left nothing";
  EXPECT_THAT(catalog_->publish_chunk(new_chunk(TopicId{999}, 0, 1, 2)),
              FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, TakesAChunkPathOnce) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  const Chunk first = publish(imu.id, 0, 1, 2);
  Chunk second = new_chunk(imu.id, 10, 1, 2);
  second.path = first.path;
  EXPECT_THAT(catalog_->publish_chunk(second), FailsAs(ErrorKind::AlreadyExists));
}

TEST_P(CatalogConformance, FindsTheChunksOfAWindowInPushOrder) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  const Topic gps = make_topic("run1", "s1", "gps");
  publish(imu.id, 0, 200, 300);
  publish(imu.id, 10, 100, 250);
  publish(imu.id, 20, 400, 400);
  publish(gps.id, 0, 0, 1000);
  const auto first_rows = [&](int64_t start_ns, int64_t end_ns) {
    std::vector<int64_t> rows;
    for (const Chunk& c : core::value_or_throw(catalog_->find_chunks(imu.id, start_ns, end_ns))) {
      rows.push_back(c.first_row);
    }
    CountingVisitor visited;
    const ChunkFilter filter{.start_ns = start_ns, .end_ns = end_ns, .columns = {}};
    EXPECT_THAT(catalog_->visit_topics({imu.id}, filter, visited), IsOk());
    EXPECT_EQ(visited.first_rows(), rows);
    return rows;
  };
  using Rows = std::vector<int64_t>;
  EXPECT_EQ(first_rows(kTimeMin, kTimeMax), (Rows{0, 10, 20}));
  EXPECT_EQ(first_rows(250, 251), (Rows{0, 10}));
  EXPECT_EQ(first_rows(300, 400), Rows{0}) << "the start is inclusive, the end is not";
  EXPECT_EQ(first_rows(301, 400), Rows{});
  EXPECT_EQ(first_rows(400, 401), Rows{20});
  EXPECT_EQ(first_rows(0, 101), Rows{10});
  EXPECT_TRUE(core::value_or_throw(catalog_->find_chunks(TopicId{999}, 0, 9)).empty());
}

TEST_P(CatalogConformance, GivesColumnStatisticsToVisitorsOnly) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  for (const int64_t first_row : {0, 10, 20}) {
    Chunk chunk = new_chunk(imu.id, first_row, 1, 2);
    chunk.columns = {{.path = "y", .min = "a", .max = nullptr, .nulls = 0},
                     {.path = "x", .min = 1, .max = 2, .nulls = first_row},
                     {.path = "z", .min = 0.5, .max = 1.5, .nulls = 0},
                     {.path = "x", .min = true, .max = true, .nulls = 7}};
    ASSERT_THAT(catalog_->publish_chunk(chunk), IsOk());
  }
  for (const Chunk& chunk : core::value_or_throw(catalog_->find_chunks(imu.id, 0, 9))) {
    EXPECT_TRUE(chunk.columns.empty());
  }
  CountingVisitor all;
  ASSERT_THAT(catalog_->visit_topics({imu.id}, {.columns = {"y", "absent", "x"}}, all), IsOk());
  ASSERT_EQ(all.chunks.size(), 3U);
  const std::vector<ColumnStatistics> expected = {
      {.path = "x", .min = 1, .max = 2, .nulls = 20},
      {.path = "x", .min = true, .max = true, .nulls = 7},
      {.path = "y", .min = "a", .max = nullptr, .nulls = 0}};
  EXPECT_EQ(all.chunks[2].columns, expected) << "those asked for, in the order of their paths";
  CountingVisitor none;
  ASSERT_THAT(catalog_->visit_topics({imu.id}, {}, none), IsOk());
  EXPECT_TRUE(none.chunks[2].columns.empty());
}

TEST_P(CatalogConformance, ShowsManyTopicsWithTheirChunks) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  const Topic gone = make_topic("run1", "s1", "gone");
  const Topic gps = make_topic("run1", "s1", "gps");
  start_upload("run1", "imu");
  publish(imu.id, 0, 1, 2);
  publish(gone.id, 0, 1, 2);
  publish(gps.id, 0, 1, 2);
  publish(gps.id, 10, 3, 4);
  ASSERT_THAT(catalog_->delete_topic("run1", "gone", true), IsOk());
  CountingVisitor visitor;
  ASSERT_THAT(catalog_->visit_topics({gps.id, gone.id, imu.id, TopicId{999}}, {}, visitor), IsOk());
  const auto shown = [](const Topic& topic) {
    return std::to_string(static_cast<int64_t>(topic.id));
  };
  EXPECT_EQ(visitor.steps,
            (Names{shown(gps), "chunk from 0", "chunk from 10", shown(imu), "chunk from 0"}));
  EXPECT_EQ(visitor.schemas, 2) << "also the empty one";
  EXPECT_EQ(visitor.topics[1].schema, "schema");
  EXPECT_EQ(visitor.topics[0].rows, 20);
  visitor = {};
  visitor.steps_max = 2;
  EXPECT_THAT(catalog_->visit_topics({gps.id, imu.id}, {}, visitor), FailsAs(ErrorKind::Cancelled));
  EXPECT_EQ(visitor.steps, (Names{shown(gps), "chunk from 0"}));
}

TEST_P(CatalogConformance, ShowsASchemaOnceToTopicsThatShareIt) {
  make_sequence("run1");
  make_session("run1", "s1");
  std::vector<TopicId> ids;
  for (const std::string name : {"a", "b", "c", "d"}) {
    ids.push_back(make_topic("run1", "s1", name).id);
    const std::string schema = name == "c" ? std::string("s\0c", 3) : "shared";
    ASSERT_THAT(catalog_->begin_upload("run1", name, "uuid-of-" + name, schema, false), IsOk());
  }
  CountingVisitor visitor;
  ASSERT_THAT(catalog_->visit_topics(ids, {}, visitor), IsOk());
  EXPECT_EQ(visitor.schemas, 3);
  ASSERT_EQ(visitor.topics.size(), 4U);
  EXPECT_EQ(visitor.topics[1].schema, "shared");
  EXPECT_EQ(visitor.topics[2].schema, std::string("s\0c", 3));
  EXPECT_EQ(visitor.topics[3].schema, "shared");
  ASSERT_THAT(catalog_->delete_topic("run1", "a", true), IsOk());
  ASSERT_THAT(catalog_->delete_topic("run1", "b", true), IsOk());
  EXPECT_EQ(core::value_or_throw(catalog_->find_topic("run1", "d")).schema, "shared");
}

TEST_P(CatalogConformance, ListsAllChunkPaths) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  const Topic gps = make_topic("run1", "s1", "gps");
  const Chunk a = publish(imu.id, 0, 1, 2);
  const Chunk b = publish(gps.id, 0, 1, 2);
  ASSERT_OK_AND_ASSIGN(auto paths, catalog_->chunk_paths());
  EXPECT_THAT(paths, testing::UnorderedElementsAre(a.path, b.path));
}

TEST_P(CatalogConformance, GivesBackNotificationsInTheirOrder) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_topic("run1", "s1", "imu");
  const std::string message("line 1\nzero \0 byte, é", 22);
  const Notification on_sequence{"run1", "", "error", message, 5};
  const Notification on_topic{"run1", "imu", "error", "gap", 6};
  ASSERT_THAT(catalog_->add_notification(on_sequence), IsOk());
  ASSERT_THAT(catalog_->add_notification(on_topic), IsOk());
  notify("run1");
  reopen();

  ASSERT_OK_AND_ASSIGN(const auto of_sequence, catalog_->list_notifications("run1", ""));
  ASSERT_EQ(of_sequence.size(), 2U);
  EXPECT_EQ(of_sequence[0].sequence, "run1");
  EXPECT_EQ(of_sequence[0].topic, "");
  EXPECT_EQ(of_sequence[0].type, "error");
  EXPECT_EQ(of_sequence[0].message, message);
  EXPECT_EQ(of_sequence[0].created_at_ns, 5);
  EXPECT_EQ(of_sequence[1].message, "m");
  ASSERT_OK_AND_ASSIGN(const auto of_topic, catalog_->list_notifications("run1", "imu"));
  ASSERT_EQ(of_topic.size(), 1U);
  EXPECT_EQ(of_topic[0].topic, "imu");
  EXPECT_EQ(of_topic[0].message, "gap");
}

TEST_P(CatalogConformance, PurgesTheNotificationsOfOneObject) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_topic("run1", "s1", "imu");
  notify("run1");
  notify("run1", "imu");
  ASSERT_THAT(catalog_->purge_notifications("run1", "imu"), IsOk());
  EXPECT_TRUE(core::value_or_throw(catalog_->list_notifications("run1", "imu")).empty());
  EXPECT_EQ(core::value_or_throw(catalog_->list_notifications("run1", "")).size(), 1U);
  ASSERT_THAT(catalog_->purge_notifications("run1", ""), IsOk());
  EXPECT_TRUE(core::value_or_throw(catalog_->list_notifications("run1", "")).empty());
}

TEST_P(CatalogConformance, ANotificationNeedsItsObject) {
  make_sequence("run1");
  for (const auto& [sequence, topic] : {std::pair("run9", ""), std::pair("run1", "imu")}) {
    EXPECT_THAT(catalog_->add_notification({sequence, topic, "error", "m", 0}),
                FailsAs(ErrorKind::NotFound));
    EXPECT_THAT(catalog_->list_notifications(sequence, topic), FailsAs(ErrorKind::NotFound));
    EXPECT_THAT(catalog_->purge_notifications(sequence, topic), FailsAs(ErrorKind::NotFound));
  }
}

}  // namespace
}  // namespace mosaico::catalog
