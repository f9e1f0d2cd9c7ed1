#include <set>

#include "catalog_conformance.hpp"

namespace mosaico::catalog {
namespace {

using Names = std::vector<std::string>;

TEST_P(CatalogConformance, GivesBackASessionAsItWasCreated) {
  const Sequence sequence = make_sequence("run1");
  ASSERT_OK_AND_ASSIGN(const Session session, catalog_->create_session("run1", "s1", "u1", 20));
  EXPECT_EQ(session.sequence, sequence.id);
  EXPECT_EQ(session.ulid, "s1");
  EXPECT_EQ(session.uuid, "u1");
  EXPECT_EQ(session.created_at_ns, 20);
  EXPECT_EQ(session.completed_at_ns, std::nullopt);
  reopen();
  ASSERT_OK_AND_ASSIGN(const SequenceTree tree, catalog_->find_sequence("run1"));
  ASSERT_EQ(tree.sessions.size(), 1U);
  EXPECT_EQ(tree.sessions[0].uuid, "u1");
}

TEST_P(CatalogConformance, ASessionNeedsItsSequence) {
  EXPECT_THAT(catalog_->create_session("run1", "s1", "u1", 0), FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, SequencesTakeFurtherSessionsInAnyState) {
  make_finalized_sequence("run1");
  make_session("run1", "s2");
  make_session("run1", "s3");
  ASSERT_OK_AND_ASSIGN(const SequenceTree tree, catalog_->find_sequence("run1"));
  ASSERT_EQ(tree.sessions.size(), 3U);
  EXPECT_EQ(tree.sessions[1].ulid, "s2") << "in creation order";
  EXPECT_EQ(tree.sessions[2].ulid, "s3");
}

TEST_P(CatalogConformance, FinalizesASessionWhoseTopicsAreFinalized) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_topic("run1", "s1", "imu");
  finish_upload("run1", "imu");
  ASSERT_OK_AND_ASSIGN(const std::string name, catalog_->finalize_session(uuid_of("s1"), 40));
  EXPECT_EQ(name, "run1");
  ASSERT_OK_AND_ASSIGN(const SequenceTree tree, catalog_->find_sequence("run1"));
  EXPECT_EQ(tree.sessions[0].completed_at_ns, 40);
  EXPECT_EQ(tree.state, SequenceState::Finalized);
}

TEST_P(CatalogConformance, FinalizesNothingThatIsIncomplete) {
  make_sequence("run1");
  make_session("run1", "s1");
  const auto finalize_s1 = [&] { return catalog_->finalize_session(uuid_of("s1"), 40); };
  EXPECT_THAT(finalize_s1(), FailsAs(ErrorKind::Locked)) << "no topic";

  make_topic("run1", "s1", "gps");
  finish_upload("run1", "gps");
  make_topic("run1", "s1", "imu");
  EXPECT_THAT(finalize_s1(), FailsAs(ErrorKind::Locked)) << "imu is empty";

  const Topic imu = start_upload("run1", "imu");
  EXPECT_THAT(finalize_s1(), FailsAs(ErrorKind::Locked)) << "imu is uploading";

  ASSERT_THAT(catalog_->end_upload(imu.id, TopicState::Interrupted), IsOk());
  EXPECT_THAT(finalize_s1(), FailsAs(ErrorKind::Locked)) << "imu is interrupted";

  ASSERT_THAT(catalog_->begin_upload("run1", "imu", imu.uuid, "schema", true), IsOk());
  ASSERT_THAT(catalog_->end_upload(imu.id, TopicState::Finalized), IsOk());
  EXPECT_THAT(finalize_s1(), IsOk());
  EXPECT_THAT(finalize_s1(), FailsAs(ErrorKind::Locked)) << "finalized already";
  EXPECT_THAT(catalog_->finalize_session("no-uuid", 40), FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, AFinalizedSessionTakesNoTopicAndNoUpload) {
  make_finalized_sequence("run1");
  EXPECT_THAT(catalog_->create_topic("run1", uuid_of("run1-s1"), new_topic("gps")),
              FailsAs(ErrorKind::Locked));
  EXPECT_THAT(catalog_->begin_upload("run1", "imu", "uuid-of-imu", "schema", true),
              FailsAs(ErrorKind::Locked));
}

TEST_P(CatalogConformance, DeletesAnOpenSessionAlsoWhileItIsUploaded) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_session("run1", "s2");
  const Topic imu = make_topic("run1", "s1", "imu");
  make_topic("run1", "s2", "imu/left");
  start_upload("run1", "imu");
  publish(imu.id, 0, 1, 2);

  ASSERT_OK_AND_ASSIGN(const Deleted deleted, catalog_->delete_session("run1", "s1", false));
  EXPECT_EQ(deleted.topics, std::vector<TopicId>{imu.id});
  EXPECT_EQ(deleted.tombstones, Names{"data/run1@1/imu@1"});
  ASSERT_OK_AND_ASSIGN(const auto tombstones, catalog_->tombstones());
  EXPECT_EQ(tombstones, deleted.tombstones);

  EXPECT_EQ(topic_names("run1"), Names{"imu/left"});
  EXPECT_THAT(catalog_->end_upload(imu.id, TopicState::Finalized), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->delete_session("run1", "s1", false), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->delete_session("run9", "s2", false), FailsAs(ErrorKind::NotFound));
}

TEST_P(CatalogConformance, DeletesAFinalizedSessionByTheRuleOfItsSequence) {
  make_finalized_sequence("run1");
  make_session("run1", "s2");
  EXPECT_THAT(catalog_->delete_session("run1", "s2", false), IsOk()) << "an open one may go";
  EXPECT_THAT(catalog_->delete_session("run1", "run1-s1", false), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(catalog_->delete_topic("run1", "imu", false), FailsAs(ErrorKind::Locked));
  EXPECT_EQ(topic_names("run1"), Names{"imu"});
  EXPECT_THAT(catalog_->delete_session("run1", "run1-s1", true), IsOk());
  EXPECT_EQ(state("run1"), SequenceState::Pending);
}

TEST_P(CatalogConformance, DeletesAFinalizedSessionOfAnUnlockedSequence) {
  make_sequence("run1");
  notify("run1");
  make_session("run1", "s1");
  make_topic("run1", "s1", "imu");
  finish_upload("run1", "imu");
  finalize("s1");
  EXPECT_THAT(catalog_->delete_session("run1", "s1", false), IsOk());
}

TEST_P(CatalogConformance, AClaimGivesASessionAndItsTopicsNewUuids) {
  make_sequence("run1");
  make_session("run1", "s1");
  make_topic("run1", "s1", "imu");
  make_topic("run1", "s1", "gps");
  make_session("run1", "s2");
  make_topic("run1", "s2", "other");
  int calls = 0;
  ASSERT_OK_AND_ASSIGN(const SequenceTree tree, catalog_->claim_session("run1", "s1", [&] {
    return "claimed-" + std::to_string(++calls);
  }));
  EXPECT_EQ(calls, 3);
  std::set<std::string> uuids = {tree.sessions[0].uuid, tree.topics[0].uuid, tree.topics[1].uuid};
  EXPECT_EQ(uuids, (std::set<std::string>{"claimed-1", "claimed-2", "claimed-3"}));
  EXPECT_EQ(tree.sessions[1].uuid, uuid_of("s2"));
  EXPECT_EQ(tree.topics[2].uuid, "uuid-of-other");

  EXPECT_THAT(catalog_->create_topic("run1", uuid_of("s1"), new_topic("lidar")),
              FailsAs(ErrorKind::NotFound))
      << "the former owner can no longer write";
  EXPECT_THAT(catalog_->begin_upload("run1", "imu", "uuid-of-imu", "schema", false),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->begin_upload("run1", "imu", tree.topics[0].uuid, "schema", false), IsOk());
}

TEST_P(CatalogConformance, ClaimsNothingThatIsFinalizedOrUploading) {
  const auto make_uuid = [] { return std::string("claimed"); };
  make_finalized_sequence("run1");
  EXPECT_THAT(catalog_->claim_session("run1", "run1-s1", make_uuid), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(catalog_->claim_session("run1", "s9", make_uuid), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(catalog_->claim_session("run9", "s1", make_uuid), FailsAs(ErrorKind::NotFound));

  make_session("run1", "s2");
  make_topic("run1", "s2", "gps");
  const Topic gps = start_upload("run1", "gps");
  EXPECT_THAT(catalog_->claim_session("run1", "s2", make_uuid), FailsAs(ErrorKind::Locked));
  ASSERT_THAT(catalog_->end_upload(gps.id, TopicState::Interrupted), IsOk());
  EXPECT_THAT(catalog_->claim_session("run1", "s2", make_uuid), IsOk());
}

}  // namespace
}  // namespace mosaico::catalog
