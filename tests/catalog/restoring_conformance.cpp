#include "catalog_conformance.hpp"

namespace mosaico::catalog {
namespace {

using Names = std::vector<std::string>;

Sequence lost_sequence(int64_t id, const std::string& name) {
  Sequence sequence;
  sequence.id = SequenceId{id};
  sequence.name = name;
  sequence.user_metadata = {{"vehicle", {{"name", "gamma"}}}};
  sequence.created_at_ns = 77;
  sequence.data_path = "data/" + name + "@" + std::to_string(id);
  return sequence;
}

Session lost_session(SequenceId sequence, const std::string& ulid) {
  Session session;
  session.sequence = sequence;
  session.ulid = ulid;
  session.uuid = uuid_of(ulid);
  session.created_at_ns = 78;
  return session;
}

Topic lost_topic(int64_t id, SequenceId sequence, SessionId session, const std::string& name) {
  Topic topic = new_topic(name);
  topic.id = TopicId{id};
  topic.sequence = sequence;
  topic.session = session;
  return topic;
}

TEST_P(CatalogConformance, RestoresASequenceAsItWas) {
  const Sequence lost = lost_sequence(7, "run1");
  ASSERT_THAT(catalog_->restore_sequence(lost), IsOk());
  notify("run1");
  notify("run1");
  Session finalized = lost_session(lost.id, "s1");
  finalized.completed_at_ns = 90;
  finalized.notifications_before = 1;
  ASSERT_OK_AND_ASSIGN(const SessionId first, catalog_->restore_session(finalized));
  ASSERT_OK_AND_ASSIGN(const SessionId second,
                       catalog_->restore_session(lost_session(lost.id, "s2")));
  Topic topic = lost_topic(30, lost.id, second, "gps");
  topic.state = TopicState::Interrupted;
  topic.schema = std::string("sch\0ema", 7);
  topic.user_metadata = {{"vendor", "x"}};
  ASSERT_THAT(catalog_->restore_topic(topic), IsOk());
  ASSERT_THAT(catalog_->restore_topic(lost_topic(20, lost.id, first, "imu")), IsOk());
  publish(TopicId{30}, 0, 5, 9);
  reopen();

  ASSERT_OK_AND_ASSIGN(const SequenceTree tree, catalog_->find_sequence("run1"));
  EXPECT_EQ(tree.sequence.id, lost.id);
  EXPECT_EQ(tree.sequence.user_metadata, lost.user_metadata);
  EXPECT_EQ(tree.sequence.created_at_ns, 77);
  EXPECT_EQ(tree.sequence.data_path, "data/run1@7");
  EXPECT_EQ(tree.state, SequenceState::Unlocked);
  ASSERT_EQ(tree.sessions.size(), 2U);
  EXPECT_EQ(tree.sessions[0].ulid, "s1");
  EXPECT_EQ(tree.sessions[0].completed_at_ns, 90);
  EXPECT_EQ(tree.sessions[0].notifications_before, 1);
  EXPECT_EQ(tree.sessions[1].uuid, uuid_of("s2"));
  EXPECT_EQ(tree.sessions[1].created_at_ns, 78);
  EXPECT_EQ(tree.sessions[1].completed_at_ns, std::nullopt);
  EXPECT_EQ(topic_names("run1"), (Names{"imu", "gps"})) << "in the order of their ids";
  const Topic& gps = tree.topics[1];
  EXPECT_EQ(gps.id, TopicId{30});
  EXPECT_EQ(gps.session, second);
  EXPECT_EQ(gps.uuid, topic.uuid);
  EXPECT_EQ(gps.state, TopicState::Interrupted);
  EXPECT_EQ(gps.schema, topic.schema);
  EXPECT_EQ(gps.user_metadata, topic.user_metadata);
  EXPECT_EQ(gps.rows, 10);
  EXPECT_EQ(gps.timestamp_ns_max, 9);
}

TEST_P(CatalogConformance, AFinalizationWithoutNotificationsBeforeItIsHealthy) {
  ASSERT_THAT(catalog_->restore_sequence(lost_sequence(1, "run1")), IsOk());
  notify("run1");
  Session session = lost_session(SequenceId{1}, "s1");
  session.completed_at_ns = 90;
  session.notifications_before = 0;
  ASSERT_THAT(catalog_->restore_session(session), IsOk());
  EXPECT_EQ(state("run1"), SequenceState::Finalized);
}

TEST_P(CatalogConformance, RestoresNothingTwiceAndNothingWithoutItsParent) {
  ASSERT_THAT(catalog_->restore_sequence(lost_sequence(1, "run1")), IsOk());
  EXPECT_THAT(catalog_->restore_sequence(lost_sequence(2, "run1")),
              FailsAs(ErrorKind::AlreadyExists));
  EXPECT_THAT(catalog_->restore_sequence(lost_sequence(1, "run2")),
              FailsAs(ErrorKind::AlreadyExists));
  ASSERT_THAT(catalog_->restore_sequence(lost_sequence(2, "run2")), IsOk());
  EXPECT_THAT(catalog_->restore_session(lost_session(SequenceId{9}, "s1")),
              FailsAs(ErrorKind::NotFound));
  ASSERT_OK_AND_ASSIGN(const SessionId session,
                       catalog_->restore_session(lost_session(SequenceId{1}, "s1")));
  Session again = lost_session(SequenceId{1}, "s1");
  again.uuid = "another";
  EXPECT_THAT(catalog_->restore_session(again), FailsAs(ErrorKind::AlreadyExists));
  EXPECT_THAT(catalog_->restore_topic(lost_topic(5, SequenceId{2}, session, "imu")),
              FailsAs(ErrorKind::NotFound));
  ASSERT_THAT(catalog_->restore_topic(lost_topic(5, SequenceId{1}, session, "imu")), IsOk());
  EXPECT_THAT(catalog_->restore_topic(lost_topic(6, SequenceId{1}, session, "imu")),
              FailsAs(ErrorKind::AlreadyExists));
  EXPECT_THAT(catalog_->restore_topic(lost_topic(5, SequenceId{1}, session, "gps")),
              FailsAs(ErrorKind::AlreadyExists));
}

TEST_P(CatalogConformance, GivesNoIdThatAFileMayName) {
  ASSERT_THAT(catalog_->restore_ids(SequenceId{40}, TopicId{50}), IsOk());
  EXPECT_EQ(make_sequence("run1").id, SequenceId{41});
  make_session("run1", "s1");
  EXPECT_EQ(make_topic("run1", "s1", "imu").id, TopicId{51});
  ASSERT_THAT(catalog_->restore_ids(SequenceId{3}, TopicId{3}), IsOk());
  EXPECT_EQ(make_sequence("run2").id, SequenceId{42}) << "never back";
  ASSERT_THAT(catalog_->restore_sequence(lost_sequence(60, "run3")), IsOk());
  EXPECT_EQ(make_sequence("run4").id, SequenceId{61});
}

TEST_P(CatalogConformance, NotesATombstoneOnce) {
  ASSERT_THAT(catalog_->add_tombstone("data/a"), IsOk());
  ASSERT_THAT(catalog_->add_tombstone("data/a"), IsOk());
  EXPECT_EQ(core::value_or_throw(catalog_->tombstones()), Names{"data/a"});
  EXPECT_THAT(catalog_->add_tombstone(std::string("a\0b", 3)), FailsAs(ErrorKind::Invalid));
}

}  // namespace
}  // namespace mosaico::catalog
