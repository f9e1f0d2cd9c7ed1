#include <set>
#include <thread>

#include "catalog_conformance.hpp"

namespace mosaico::catalog {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

TEST_P(CatalogConformance, GivesBackASequenceAsItWasCreated) {
  const json metadata = {{"driver", {{"name", "é😀"}, {"id", 9223372036854775807}}},
                         {"zero byte", std::string("a\0b", 3)},
                         {"list", {1, 2.5, nullptr}}};
  ASSERT_OK_AND_ASSIGN(const Sequence created, catalog_->create_sequence("run1", metadata, -5));
  EXPECT_EQ(created.name, "run1");
  EXPECT_EQ(created.user_metadata, metadata);
  EXPECT_EQ(created.created_at_ns, -5);
  EXPECT_EQ(created.data_path, "data/run1@" + std::to_string(static_cast<int64_t>(created.id)));

  reopen();
  ASSERT_OK_AND_ASSIGN(const SequenceTree tree, catalog_->find_sequence("run1"));
  EXPECT_EQ(tree.sequence.id, created.id);
  EXPECT_EQ(tree.sequence.user_metadata, metadata);
  EXPECT_EQ(tree.sequence.data_path, created.data_path);
  EXPECT_EQ(tree.state, SequenceState::Pending);
  EXPECT_TRUE(tree.sessions.empty());
  EXPECT_TRUE(tree.topics.empty());
}

TEST_P(CatalogConformance, TakesASequenceNameOnce) {
  make_sequence("run1");
  EXPECT_THAT(catalog_->create_sequence("run1", json::object(), 0),
              FailsAs(ErrorKind::AlreadyExists));
  EXPECT_THAT(catalog_->create_sequence("Run1", json::object(), 0), IsOk()) << "case counts";
}

TEST_P(CatalogConformance, RefusesAZeroByteInAName) {
  EXPECT_THAT(catalog_->create_sequence(std::string("a\0b", 3), json::object(), 0),
              FailsAs(ErrorKind::Invalid));
}

TEST_P(CatalogConformance, KeepsTheDataPathOfALongNameWithinAFileName) {
  const Sequence sequence = make_sequence(std::string(255, 'x'));
  EXPECT_LE(sequence.data_path.size(), std::string("data/").size() + 255);
}

TEST_P(CatalogConformance, FindsNoSequenceThatIsNotThere) {
  EXPECT_THAT(catalog_->find_sequence("run1"), FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, OneOfTwoCreatorsOfASequenceWins) {
  for (int round = 0; round < 10; ++round) {
    const std::string name = "run" + std::to_string(round);
    Status statuses[2];
    std::thread other([&] { statuses[0] = catalog_->create_sequence(name, {}, 0).status(); });
    statuses[1] = catalog_->create_sequence(name, {}, 0).status();
    other.join();
    EXPECT_NE(statuses[0].ok(), statuses[1].ok());
    EXPECT_THAT(statuses[0].ok() ? statuses[1] : statuses[0], FailsAs(ErrorKind::AlreadyExists));
  }
}

TEST_P(CatalogConformance, ListsSequencesInPages) {
  for (const char* name : {"b2", "a", "b1", "b10", "c", "B", "b"}) make_sequence(name);
  Names seen;
  std::string cursor;
  int pages = 0;
  do {
    ASSERT_OK_AND_ASSIGN(const SequencePage page, catalog_->list_sequences("b", cursor, 2));
    for (const SequenceSummary& summary : page.sequences) seen.push_back(summary.name);
    cursor = page.cursor;
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(seen, (Names{"b", "b1", "b10", "b2"}));
  EXPECT_EQ(pages, 2) << "the last page, though full, says that it is the last";
}

TEST_P(CatalogConformance, ListsAllWithoutAPrefix) {
  for (const char* name : {"b", "Z", "0"}) make_sequence(name);
  ASSERT_OK_AND_ASSIGN(const SequencePage page, catalog_->list_sequences("", "", 100));
  ASSERT_EQ(page.sequences.size(), 3U);
  EXPECT_EQ(page.sequences[0].name, "0");
  EXPECT_EQ(page.sequences[1].name, "Z");
  EXPECT_EQ(page.cursor, "");
  for (const char* prefix : {"bb", "x", "%", "\x7f", "\xff"}) {
    ASSERT_OK_AND_ASSIGN(const SequencePage none, catalog_->list_sequences(prefix, "", 100));
    EXPECT_TRUE(none.sequences.empty()) << prefix;
  }
  EXPECT_THAT(catalog_->list_sequences("", "", 0), FailsAs(ErrorKind::Invalid));
}

TEST_P(CatalogConformance, SumsUpASequenceInAListing) {
  make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  const Topic gps = make_topic("run1", "s1", "gps");
  make_topic("run1", "s1", "empty");
  publish(imu.id, 0, 100, 200);
  publish(gps.id, 0, -7, 150);
  make_sequence("run2");

  ASSERT_OK_AND_ASSIGN(const SequencePage page, catalog_->list_sequences("", "", 100));
  ASSERT_EQ(page.sequences.size(), 2U);
  const SequenceSummary& full = page.sequences[0];
  EXPECT_EQ(full.name, "run1");
  EXPECT_EQ(full.state, SequenceState::Pending);
  EXPECT_EQ(full.created_at_ns, 10);
  EXPECT_EQ(full.topics, 3);
  EXPECT_EQ(full.rows, 20);
  EXPECT_EQ(full.bytes, 2000);
  EXPECT_EQ(full.timestamp_ns_min, -7);
  EXPECT_EQ(full.timestamp_ns_max, 200);
  const SequenceSummary& empty = page.sequences[1];
  EXPECT_EQ(empty.topics, 0);
  EXPECT_EQ(empty.rows, 0);
  EXPECT_EQ(empty.timestamp_ns_min, std::nullopt);
}

TEST_P(CatalogConformance, ListsTheStateOfEachSequence) {
  make_sequence("pending");
  make_finalized_sequence("finalized");
  make_sequence("unlocked");
  notify("unlocked");
  ASSERT_OK_AND_ASSIGN(const SequencePage page, catalog_->list_sequences("", "", 100));
  ASSERT_EQ(page.sequences.size(), 3U);
  EXPECT_EQ(page.sequences[0].state, SequenceState::Finalized);
  EXPECT_EQ(page.sequences[1].state, SequenceState::Pending);
  EXPECT_EQ(page.sequences[2].state, SequenceState::Unlocked);
}

TEST_P(CatalogConformance, DeletesAPendingSequenceWithAllBelow) {
  const Sequence sequence = make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  publish(imu.id, 0, 1, 2);
  notify("run1");
  notify("run1", "imu");

  ASSERT_OK_AND_ASSIGN(const Deleted deleted, catalog_->delete_sequence("run1", false));
  EXPECT_EQ(deleted.topics, std::vector<TopicId>{imu.id});
  EXPECT_EQ(deleted.tombstones, Names{sequence.data_path});

  reopen();
  EXPECT_THAT(catalog_->find_sequence("run1"), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->delete_sequence("run1", true), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->end_upload(imu.id, TopicState::Finalized), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->publish_chunk(new_chunk(imu.id, 10, 1, 2)), FailsAs(ErrorKind::NotFound));
  ASSERT_OK_AND_ASSIGN(const auto chunks, catalog_->chunk_paths());
  EXPECT_TRUE(chunks.empty());
  ASSERT_OK_AND_ASSIGN(const auto tombstones, catalog_->tombstones());
  EXPECT_EQ(tombstones, Names{sequence.data_path});
}

TEST_P(CatalogConformance, ForgetsATombstone) {
  const Sequence sequence = make_sequence("run1");
  ASSERT_THAT(catalog_->delete_sequence("run1", false), IsOk());
  EXPECT_THAT(catalog_->forget_tombstones({sequence.data_path, "never there"}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto tombstones, catalog_->tombstones());
  EXPECT_TRUE(tombstones.empty());
}

TEST_P(CatalogConformance, NeverGivesAnIdAgain) {
  const Sequence first = make_sequence("run1");
  make_session("run1", "s1");
  const Topic first_topic = make_topic("run1", "s1", "imu");
  ASSERT_THAT(catalog_->delete_sequence("run1", false), IsOk());
  reopen();
  const Sequence second = make_sequence("run1");
  make_session("run1", "s1");
  const Topic second_topic = make_topic("run1", "s1", "imu");
  EXPECT_GT(second.id, first.id);
  EXPECT_NE(second.data_path, first.data_path);
  EXPECT_GT(second_topic.id, first_topic.id);
}

TEST_P(CatalogConformance, DeletesAFinalizedSequenceOnlyWhenAllowed) {
  make_finalized_sequence("run1");
  EXPECT_EQ(state("run1"), SequenceState::Finalized);
  EXPECT_THAT(catalog_->delete_sequence("run1", false), FailsAs(ErrorKind::Locked));
  EXPECT_EQ(topic_names("run1"), Names{"imu"});
  EXPECT_THAT(catalog_->delete_sequence("run1", true), IsOk());
}

TEST_P(CatalogConformance, AFurtherOpenSessionUnlocksNothing) {
  make_finalized_sequence("run1");
  make_session("run1", "s2");
  EXPECT_EQ(state("run1"), SequenceState::Finalized);
  EXPECT_THAT(catalog_->delete_sequence("run1", false), FailsAs(ErrorKind::Locked));
}

TEST_P(CatalogConformance, DeletesAnUnlockedSequence) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_topic("run1", "s1", "imu");
  finish_upload("run1", "imu");
  notify("run1");
  finalize("s1");
  EXPECT_EQ(state("run1"), SequenceState::Unlocked);
  EXPECT_THAT(catalog_->delete_sequence("run1", false), IsOk());
}

TEST_P(CatalogConformance, ANotificationAfterTheLastFinalizationDoesNotUnlock) {
  make_finalized_sequence("run1");
  notify("run1");
  EXPECT_EQ(state("run1"), SequenceState::Finalized);
  make_session("run1", "s2");
  make_topic("run1", "s2", "gps");
  finish_upload("run1", "gps");
  EXPECT_EQ(state("run1"), SequenceState::Finalized);
  finalize("s2");
  EXPECT_EQ(state("run1"), SequenceState::Unlocked) << "now it was made before the last one";
}

TEST_P(CatalogConformance, ANotificationOfAnotherSequenceOrATopicDoesNotUnlock) {
  make_sequence("other");
  notify("other");
  make_sequence("run1");
  make_session("run1", "s1");
  make_topic("run1", "s1", "imu");
  notify("run1", "imu");
  EXPECT_EQ(state("run1"), SequenceState::Pending);
  finish_upload("run1", "imu");
  finalize("s1");
  EXPECT_EQ(state("run1"), SequenceState::Finalized);
}

TEST_P(CatalogConformance, PurgingTheNotificationsMakesASequenceHealthyAgain) {
  make_sequence("run1");
  notify("run1");
  EXPECT_EQ(state("run1"), SequenceState::Unlocked);
  ASSERT_THAT(catalog_->purge_notifications("run1", ""), IsOk());
  EXPECT_EQ(state("run1"), SequenceState::Pending);
}

TEST_P(CatalogConformance, AnAuthorAbortsAnUnfinishedSequence) {
  const Sequence sequence = make_sequence("run1");
  make_session("run1", "s1");
  const Topic imu = make_topic("run1", "s1", "imu");
  start_upload("run1", "imu");
  ASSERT_OK_AND_ASSIGN(const Deleted deleted, catalog_->abort_sequence("run1", uuid_of("s1")));
  EXPECT_EQ(deleted.topics, std::vector<TopicId>{imu.id});
  EXPECT_EQ(deleted.tombstones, Names{sequence.data_path});
  EXPECT_THAT(catalog_->find_sequence("run1"), FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, NobodyElseAbortsASequence) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_sequence("other");
  make_session("other", "s2");
  EXPECT_THAT(catalog_->abort_sequence("run1", uuid_of("s2")), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->abort_sequence("run1", "no-uuid"), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->abort_sequence("run9", uuid_of("s1")), FailsAs(ErrorKind::NotFound));
  EXPECT_EQ(state("run1"), SequenceState::Pending);
}

TEST_P(CatalogConformance, AbortsNoSequenceWithAFinalizedSession) {
  make_finalized_sequence("run1");
  make_session("run1", "s2");
  EXPECT_THAT(catalog_->abort_sequence("run1", uuid_of("s2")), FailsAs(ErrorKind::Locked));
  notify("run1");
  EXPECT_THAT(catalog_->abort_sequence("run1", uuid_of("s2")), FailsAs(ErrorKind::Locked));
  EXPECT_EQ(topic_names("run1"), Names{"imu"});
}

TEST_P(CatalogConformance, ReadersSeeWhatIsCommittedWhileAWriterWorks) {
  constexpr int kRounds = 40;
  make_sequence("run1");
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; ++i) {
    readers.emplace_back([this] {
      for (int round = 0; round < kRounds; ++round) {
        const auto tree = catalog_->find_sequence("run1");
        ASSERT_THAT(tree, IsOk());
        // Sessions and topics come from one look: a topic never lacks its session.
        std::set<SessionId> sessions;
        for (const Session& session : tree->sessions) sessions.insert(session.id);
        for (const Topic& topic : tree->topics) EXPECT_TRUE(sessions.contains(topic.session));
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    const std::string ulid = "s" + std::to_string(round);
    make_session("run1", ulid);
    make_topic("run1", ulid, "imu");
    EXPECT_EQ(topic_names("run1"), Names{"imu"}) << "a writer sees its own work at once";
    EXPECT_THAT(catalog_->delete_session("run1", ulid, false), IsOk());
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace mosaico::catalog
