#include <algorithm>
#include <optional>
#include <random>

#include "stored_topic.hpp"

namespace mosaico::engine {
namespace {

using protocol::Interval;

const core::Locator kSequence{.sequence = "drive", .topic = {}, .session = {}};
const core::Locator kTopic{.sequence = "drive", .topic = "imu", .session = {}};

protocol::ReadDescriptor asking(const core::Locator& locator, const protocol::Window& window = {}) {
  protocol::ReadDescriptor descriptor;
  descriptor.locator = locator;
  descriptor.window = window;
  return descriptor;
}

protocol::TopicDescription describe(StoredTopic& topic, const protocol::Window& window = {}) {
  auto found = topic.engine().discover(asking(kTopic, window));
  EXPECT_THAT(found, IsOk());
  EXPECT_EQ(found->endpoints.size(), 1U);
  return found->endpoints.at(0).topic;
}

TEST(Discovery, RefusesWhatItCannotTell) {
  StoredTopic topic;
  const core::Locator session{
      .sequence = "drive", .topic = {}, .session = "01ARZ3NDEKTSV4RRFFQ69G5FAV"};
  Engine& engine = topic.engine();
  EXPECT_THAT(engine.discover(asking(session)), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(engine.discover(asking({.sequence = "other", .topic = {}, .session = {}})),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(engine.discover(asking({.sequence = "drive", .topic = "gps", .session = {}})),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(engine.discover(asking(kSequence, {.start_ns = 2, .end_ns = 1})),
              FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(engine.topic_schema(kSequence), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(engine.topic_schema({.sequence = "drive", .topic = "gps", .session = {}}),
              FailsAs(ErrorKind::NotFound));
}

TEST(Discovery, TellsAllAboutATopic) {
  StoredTopic topic;
  const auto found = describe(topic);
  EXPECT_EQ(found.locator.to_string(), "drive/imu");
  EXPECT_EQ(found.created_at_ns, 3);
  EXPECT_EQ(found.ontology_tag, "IMU");
  EXPECT_EQ(found.serialization_format, "default");
  EXPECT_EQ(found.user_metadata, (nlohmann::json{{"vendor", "inertix"}}));
  EXPECT_EQ(found.rows, 0);
  EXPECT_EQ(found.bytes, 0);
  EXPECT_EQ(found.chunks, 0);
  EXPECT_EQ(found.interval, std::nullopt);
  EXPECT_FALSE(found.window.has_value());
  ASSERT_OK_AND_ASSIGN(const auto schema, topic.engine().topic_schema(kTopic));
  EXPECT_TRUE(schema->Equals(*row_schema(), true));
}

TEST(Discovery, CountsRowsWhereverTheyLie) {
  StoredTopic topic;
  topic.add_live(numbered({5, 3}));
  auto found = describe(topic);
  EXPECT_EQ(found.rows, 2);
  EXPECT_EQ(found.bytes, 200);
  EXPECT_EQ(found.chunks, 1);
  EXPECT_EQ(found.interval, (Interval{3, 5}));

  topic.publish(numbered({5, 3}));
  found = describe(topic);
  EXPECT_EQ(found.rows, 2);
  EXPECT_EQ(found.bytes, 200);
  EXPECT_EQ(found.chunks, 1);

  topic.add_live(numbered({-9}, 2));
  found = describe(topic);
  EXPECT_EQ(found.rows, 3);
  EXPECT_EQ(found.chunks, 2);
  EXPECT_EQ(found.interval, (Interval{-9, 5}));
}

TEST(Discovery, TellsOfAWindowAsSoonAsABoundIsAsked) {
  StoredTopic topic;
  topic.publish(numbered({10, 20, 30, 40, 50}), 2);
  topic.add_live(numbered({45}, 5));
  auto found = describe(topic, {.start_ns = 20, .end_ns = 50});
  ASSERT_TRUE(found.window.has_value());
  EXPECT_EQ(found.window->rows, 4);
  EXPECT_EQ(found.window->interval, (Interval{20, 45}));
  EXPECT_EQ(found.rows, 6) << "the totals speak of the whole topic";
  EXPECT_EQ(found.interval, (Interval{10, 50}));

  found = describe(topic, {.start_ns = 31, .end_ns = 40});
  ASSERT_TRUE(found.window.has_value());
  EXPECT_EQ(found.window->rows, 0);
  EXPECT_EQ(found.window->interval, std::nullopt);

  found = describe(topic, {.start_ns = {}, .end_ns = 11});
  ASSERT_TRUE(found.window.has_value());
  EXPECT_EQ(found.window->interval, (Interval{10, 10}));
}

TEST(Discovery, WindowFiguresAreExactForRandomRows) {
  for (unsigned seed = 0; seed < 15; ++seed) {
    std::mt19937 random(seed);
    auto below = [&](int64_t n) {
      return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
    };
    StoredTopic topic;
    std::vector<Row> all;
    for (int chunk = 0; chunk < 6; ++chunk) {
      std::vector<int64_t> times(static_cast<size_t>(1 + below(200)));
      for (auto& time : times) time = 100 * chunk + below(300) - 300;
      const auto rows = numbered(times, std::ssize(all));
      all.insert(all.end(), rows.begin(), rows.end());
      if (chunk < 4) {
        topic.publish(rows, 1 + below(60));
      } else {
        topic.add_live(rows);
      }
    }
    for (int i = 0; i < 20; ++i) {
      const protocol::Window window{.start_ns = below(1200) - 400, .end_ns = std::nullopt};
      protocol::TopicDescription::WindowFigures expected;
      for (const Row& row : in_time_order(all)) {
        if (!window.contains(row.timestamp_ns)) continue;
        ++expected.rows;
        if (!expected.interval) expected.interval = Interval{row.timestamp_ns, row.timestamp_ns};
        expected.interval->end_ns = row.timestamp_ns;
      }
      const auto found = describe(topic, window);
      ASSERT_TRUE(found.window.has_value());
      ASSERT_EQ(found.window->rows, expected.rows) << "seed " << seed;
      ASSERT_EQ(found.window->interval, expected.interval) << "seed " << seed;
    }
  }
}

TEST(Discovery, TellsOfASequenceWithItsSessionsAndTopics) {
  StoredTopic stored;
  auto& catalog = *stored.context()->catalog;
  ASSERT_THAT(catalog.create_session("drive", "01BX5ZZKBKACTAV9WEVGEMMVRZ", "second", 7), IsOk());
  for (const char* name : {"zeta", "alpha"}) {
    catalog::Topic topic;
    topic.name = name;
    topic.uuid = name;
    topic.ontology_tag = "GPS";
    topic.serialization_format = "default";
    ASSERT_THAT(catalog.create_topic("drive", "second", topic), IsOk());
  }
  stored.publish(numbered({1, 2}));
  stored.finalize();
  ASSERT_THAT(catalog.finalize_session("session-uuid", 99), IsOk());

  ASSERT_OK_AND_ASSIGN(const auto found, stored.engine().discover(asking(kSequence)));
  EXPECT_TRUE(found.is_sequence);
  EXPECT_EQ(found.sequence.created_at_ns, 1);
  ASSERT_EQ(found.sequence.sessions.size(), 2U);
  EXPECT_EQ(found.sequence.sessions[0].completed_at_ns, 99);
  EXPECT_EQ(found.sequence.sessions[1].completed_at_ns, std::nullopt);
  EXPECT_EQ(found.sequence.sessions[1].locator.to_string(), "drive:01BX5ZZKBKACTAV9WEVGEMMVRZ");
  ASSERT_EQ(found.sequence.sessions[1].topics.size(), 2U);
  EXPECT_EQ(found.sequence.sessions[1].topics[0].to_string(), "drive/zeta");

  std::vector<std::string> names;
  for (const auto& endpoint : found.endpoints) names.push_back(endpoint.topic.locator.topic);
  EXPECT_EQ(names, (std::vector<std::string>{"imu", "zeta", "alpha"})) << "creation order";
  EXPECT_EQ(found.endpoints[0].topic.completed_at_ns, 99);
  EXPECT_EQ(found.endpoints[1].topic.completed_at_ns, std::nullopt);
}

TEST(Discovery, ItsTicketOpensTheScanOfItsWindow) {
  StoredTopic topic;
  topic.publish(numbered({10, 20, 30, 40}), 2);
  auto asked = asking(kTopic, {.start_ns = 15, .end_ns = 40});
  asked.batch_bytes = 1;
  ASSERT_OK_AND_ASSIGN(const auto found, topic.engine().discover(asked));
  ASSERT_OK_AND_ASSIGN(const auto ticket, protocol::Ticket::parse(found.endpoints[0].ticket));
  ASSERT_OK_AND_ASSIGN(auto opened, topic.engine().scan(ticket));
  EXPECT_EQ(opened.properties.message_count, 2);
  EXPECT_EQ(opened.properties.interval, (Interval{20, 30}));
  EXPECT_EQ(opened.properties.ontology_tag, "IMU");
  EXPECT_EQ(opened.user_metadata, (nlohmann::json{{"vendor", "inertix"}}));
  ASSERT_OK_AND_ASSIGN(const auto first, opened.scan->next());
  EXPECT_EQ(rows_of(*first), (std::vector<Row>{{20, 1}})) << "batch_bytes asks for small batches";
  ASSERT_OK_AND_ASSIGN(const auto second, opened.scan->next());
  EXPECT_EQ(rows_of(*second), (std::vector<Row>{{30, 2}}));
  ASSERT_OK_AND_ASSIGN(const auto end, opened.scan->next());
  EXPECT_EQ(end, nullptr);
}

TEST(Discovery, TheRowsOfATopicThatChangesNoMoreAreCountedOnce) {
  StoredTopic topic;
  topic.publish(numbered({10, 20, 30, 40}), 4);
  const auto asked = asking(kTopic, {.start_ns = 15, .end_ns = 40});
  ASSERT_OK_AND_ASSIGN(auto found, topic.engine().discover(asked));
  ASSERT_OK_AND_ASSIGN(auto ticket, protocol::Ticket::parse(found.endpoints[0].ticket));
  EXPECT_FALSE(ticket.counted.has_value()) << "there may be more";
  topic.finalize();
  ASSERT_OK_AND_ASSIGN(found, topic.engine().discover(asked));
  ASSERT_OK_AND_ASSIGN(ticket, protocol::Ticket::parse(found.endpoints[0].ticket));
  const int64_t read_before = topic.read_bytes();
  ASSERT_OK_AND_ASSIGN(const auto opened, topic.engine().scan(ticket));
  EXPECT_EQ(opened.properties.message_count, 2);
  EXPECT_EQ(opened.properties.interval, (Interval{20, 30}));
  EXPECT_EQ(topic.read_bytes(), read_before);
}

TEST(Discovery, AWindowThatNeedNotBeCountedReadsNoFile) {
  StoredTopic topic;
  topic.publish(numbered({10, 20, 30, 40}), 4);
  topic.add_live({{100, 4}, {120, 5}});
  const auto is_empty = [&](const protocol::Window& window) -> std::optional<bool> {
    auto asked = asking(kTopic, window);
    asked.uncounted = true;
    const auto found = topic.engine().discover(asked);
    EXPECT_THAT(found, IsOk());
    EXPECT_FALSE(found->endpoints[0].topic.window.has_value());
    return found->endpoints[0].topic.window_empty;
  };
  EXPECT_EQ(is_empty({}), false);
  EXPECT_EQ(is_empty({.start_ns = 15, .end_ns = 40}), false);
  EXPECT_EQ(is_empty({.start_ns = 21, .end_ns = 22}), false) << "only a look into the file tells";
  EXPECT_EQ(is_empty({.start_ns = 41, .end_ns = 100}), true);
  EXPECT_EQ(is_empty({.start_ns = 41, .end_ns = 101}), false) << "rows that are in no chunk yet";
  EXPECT_EQ(is_empty({.end_ns = 10}), true);
  EXPECT_EQ(is_empty({.start_ns = 121}), true);
  EXPECT_EQ(topic.read_bytes(), 0);
}

TEST(Discovery, AStreamOfAWindowThatWasNotCountedHasItsRowsAndNoFigures) {
  StoredTopic topic;
  topic.publish(numbered({10, 20, 30, 40}), 4);
  topic.finalize();
  const auto expect_rows = [&](const protocol::Window& window, const std::vector<Row>& rows) {
    auto asked = asking(kTopic, window);
    asked.uncounted = true;
    ASSERT_OK_AND_ASSIGN(const auto found, topic.engine().discover(asked));
    ASSERT_OK_AND_ASSIGN(const auto ticket, protocol::Ticket::parse(found.endpoints[0].ticket));
    ASSERT_OK_AND_ASSIGN(const auto opened, topic.engine().scan(ticket));
    EXPECT_EQ(opened.properties.message_count, std::nullopt);
    EXPECT_EQ(opened.properties.interval, std::nullopt);
    std::vector<Row> read;
    for (;;) {
      ASSERT_OK_AND_ASSIGN(const auto batch, opened.scan->next());
      if (batch == nullptr) break;
      const auto more = rows_of(*batch);
      read.insert(read.end(), more.begin(), more.end());
    }
    EXPECT_EQ(read, rows);
  };
  expect_rows({.start_ns = 15, .end_ns = 40}, {{20, 1}, {30, 2}});
  expect_rows({.start_ns = 21, .end_ns = 22}, {});
}

TEST(Discovery, ATopicThatNeverSawAnUploadHasNoFields) {
  StoredTopic stored;
  catalog::Topic topic;
  topic.name = "gps";
  topic.uuid = "gps";
  topic.ontology_tag = "GPS";
  topic.serialization_format = "default";
  ASSERT_THAT(stored.context()->catalog->create_topic("drive", "session-uuid", topic), IsOk());
  const core::Locator gps{.sequence = "drive", .topic = "gps", .session = {}};
  ASSERT_OK_AND_ASSIGN(const auto schema, stored.engine().topic_schema(gps));
  EXPECT_EQ(schema->num_fields(), 0);
  auto asked = asking(gps);
  ASSERT_OK_AND_ASSIGN(auto found, stored.engine().discover(asked));
  ASSERT_OK_AND_ASSIGN(auto ticket, protocol::Ticket::parse(found.endpoints[0].ticket));
  ASSERT_OK_AND_ASSIGN(auto opened, stored.engine().scan(ticket));
  EXPECT_EQ(opened.scan->schema()->num_fields(), 0);
  ASSERT_OK_AND_ASSIGN(const auto batch, opened.scan->next());
  EXPECT_EQ(batch, nullptr);
  ticket.follow = true;
  EXPECT_THAT(stored.engine().scan(ticket), FailsAs(ErrorKind::Locked));
}

TEST(Discovery, AClosedEngineSaysSo) {
  StoredTopic topic;
  ASSERT_THAT(topic.engine().close(), IsOk());
  EXPECT_THAT(topic.engine().discover(asking(kTopic)), FailsAs(ErrorKind::Unavailable));
  EXPECT_THAT(topic.engine().scan(topic.ticket()), FailsAs(ErrorKind::Unavailable));
  EXPECT_THAT(topic.engine().topic_schema(kTopic), FailsAs(ErrorKind::Unavailable));
}

}  // namespace
}  // namespace mosaico::engine
