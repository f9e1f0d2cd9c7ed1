#include "catalog_conformance.hpp"

namespace mosaico::catalog {
namespace {

using Names = std::vector<std::string>;

Names stale(Catalog& catalog) { return core::value_or_throw(catalog.stale_manifests()); }

void write_manifest(Catalog& catalog, const std::string& sequence) {
  const auto tree = core::value_or_throw(catalog.find_sequence(sequence));
  core::throw_if_error(catalog.manifest_written(tree));
}

TEST_P(CatalogConformance, EveryChangeOfWhatAManifestTellsMakesItStale) {
  make_sequence("run1");
  make_sequence("other");
  EXPECT_EQ(stale(*catalog_), (Names{"other", "run1"}));
  write_manifest(*catalog_, "other");
  const auto expect_stale_after = [&](const char* what) {
    EXPECT_EQ(stale(*catalog_), Names{"run1"}) << what;
    EXPECT_TRUE(core::value_or_throw(catalog_->find_sequence("run1")).manifest_is_stale) << what;
    write_manifest(*catalog_, "run1");
    EXPECT_EQ(stale(*catalog_), Names{}) << what;
    EXPECT_FALSE(core::value_or_throw(catalog_->find_sequence("run1")).manifest_is_stale) << what;
  };
  expect_stale_after("a sequence");
  make_session("run1", "s1");
  make_session("run1", "s2");
  expect_stale_after("sessions");
  make_topic("run1", "s1", "imu");
  make_topic("run1", "s2", "gps");
  expect_stale_after("topics");
  const Topic imu = start_upload("run1", "imu");
  expect_stale_after("an upload");
  publish(imu.id, 0, 1, 2);
  expect_stale_after("rows");
  ASSERT_THAT(catalog_->end_upload(imu.id, TopicState::Finalized), IsOk());
  expect_stale_after("the end of an upload");
  finalize("s1");
  expect_stale_after("a finalization");
  notify("run1");
  notify("run1", "imu");
  expect_stale_after("notifications");
  ASSERT_THAT(catalog_->purge_notifications("run1", "imu"), IsOk());
  expect_stale_after("a purge");
  ASSERT_THAT(catalog_->delete_topic("run1", "gps", true), IsOk());
  expect_stale_after("a deleted topic");
  ASSERT_THAT(catalog_->delete_session("run1", "s2", true), IsOk());
  expect_stale_after("a deleted session");
  ASSERT_THAT(catalog_->find_topic("run1", "imu"), IsOk());
  EXPECT_EQ(stale(*catalog_), Names{}) << "looking is no change";
}

TEST_P(CatalogConformance, AManifestThatWasOvertakenStaysStale) {
  make_sequence("run1");
  ASSERT_OK_AND_ASSIGN(const SequenceTree before, catalog_->find_sequence("run1"));
  make_session("run1", "s1");
  ASSERT_OK_AND_ASSIGN(const SequenceTree after, catalog_->find_sequence("run1"));
  ASSERT_THAT(catalog_->manifest_written(before), IsOk());
  EXPECT_EQ(stale(*catalog_), Names{"run1"});
  ASSERT_THAT(catalog_->manifest_written(after), IsOk());
  ASSERT_THAT(catalog_->manifest_written(before), IsOk());
  EXPECT_EQ(stale(*catalog_), Names{});
  reopen();
  EXPECT_EQ(stale(*catalog_), Names{});
}

TEST_P(CatalogConformance, ADeletedSequenceHasNoManifest) {
  make_finalized_sequence("run1");
  notify("run1", "imu");
  ASSERT_OK_AND_ASSIGN(const SequenceTree tree, catalog_->find_sequence("run1"));
  ASSERT_THAT(catalog_->delete_sequence("run1", true), IsOk());
  EXPECT_EQ(stale(*catalog_), Names{});
  EXPECT_THAT(catalog_->manifest_written(tree), IsOk());
}

TEST_P(CatalogConformance, AFinalizedSessionKnowsTheNotificationsBefore) {
  make_sequence("run1");
  for (const char* ulid : {"s1", "s2"}) {
    make_session("run1", ulid);
    make_topic("run1", ulid, ulid);
    finish_upload("run1", ulid);
  }
  notify("run1", "s1");
  finalize("s1");
  notify("run1");
  notify("run1");
  finalize("s2");
  notify("run1");
  const auto before = [&] {
    std::vector<std::optional<int64_t>> counts;
    for (const Session& session : core::value_or_throw(catalog_->find_sequence("run1")).sessions) {
      counts.push_back(session.notifications_before);
    }
    return counts;
  };
  EXPECT_EQ(before(), (std::vector<std::optional<int64_t>>{0, 2}));
  make_session("run1", "s3");
  EXPECT_EQ(before().back(), std::nullopt);
  ASSERT_THAT(catalog_->purge_notifications("run1", ""), IsOk());
  notify("run1");
  EXPECT_EQ(before()[1], 0);
}

}  // namespace
}  // namespace mosaico::catalog
