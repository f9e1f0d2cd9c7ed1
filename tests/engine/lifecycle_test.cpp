#include <arrow/util/base64.h>

#include "core/ids.hpp"
#include "engine/manifest.hpp"
#include "engine/stored_schema.hpp"
#include "recording.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {
namespace {

using nlohmann::json;

class LifecycleTest : public testing::Test {
 protected:
  LifecycleTest() { start({}); }

  void start(EngineOptions options) {
    recording_.reset();
    directory_ = std::make_unique<TemporaryDirectory>();
    options.clock = [this] { return now_ns_; };
    recording_.emplace(directory_->path(), options);
    recording_->create_sequence();
  }

  Engine& engine() { return recording_->engine(); }
  Recording& recording() { return *recording_; }

  void record(const std::string& topic) {
    auto upload = recording().upload(topic);
    ASSERT_THAT(upload->append(batch_of(numbered({3, 1, 2}))), IsOk());
    ASSERT_THAT(upload->finish(), IsOk());
  }
  void finalize() { ASSERT_THAT(engine().session_finalize({recording().session().uuid}), IsOk()); }
  Status notify(const core::Locator& locator) {
    return engine().notification_create({.locator = locator, .message = "it broke"});
  }
  json manifest() {
    const auto tree = recording().context().catalog->find_sequence("drive").ValueOrDie();
    return json::parse(
        store::get(*recording().context().store, tree.sequence.data_path + "/manifest.json")
            .ValueOrDie());
  }

  int64_t now_ns_ = 1'700'000'000'000'000'000;
  std::unique_ptr<TemporaryDirectory> directory_;
  std::optional<Recording> recording_;
};

TEST_F(LifecycleTest, tells_what_the_server_is) {
  now_ns_ += 12'500'000'000;
  const auto info = engine().info();
  EXPECT_EQ(info.version, "0.7.0");
  EXPECT_EQ(info.server, "mosaico-cpp");
  EXPECT_EQ(info.uptime_s, 12);
}

TEST_F(LifecycleTest, checks_what_a_sequence_is_called_and_carries) {
  EXPECT_THAT(engine().sequence_create({.sequence = "drive"}), FailsAs(ErrorKind::AlreadyExists));
  EXPECT_THAT(engine().sequence_create({.sequence = "../drive"}), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(engine().sequence_create({.sequence = "a", .user_metadata = json::array()}),
              FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(engine().sequence_create({.sequence = "a", .user_metadata = {{"a--b", 1}}}),
              FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(engine().sequence_create({.sequence = std::string(255, 'a')}), IsOk());
  EXPECT_THAT(engine().sequence_create({.sequence = std::string(256, 'a')}),
              FailsAs(ErrorKind::Invalid));
}

TEST_F(LifecycleTest, holds_the_limits_it_was_given) {
  EngineOptions options;
  options.name_bytes_max = 8;
  options.user_metadata_bytes_max = 20;
  start(options);
  EXPECT_THAT(engine().sequence_create({.sequence = "12345678"}), IsOk());
  const auto long_name = engine().sequence_create({.sequence = "123456789"});
  EXPECT_THAT(long_name, FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(long_name.message(), testing::HasSubstr("name_bytes_max"));
  const auto metadata = [](size_t bytes) { return json{{"a", std::string(bytes - 8, 'x')}}; };
  EXPECT_THAT(engine().sequence_create({.sequence = "fits", .user_metadata = metadata(20)}),
              IsOk());
  EXPECT_THAT(engine().sequence_create({.sequence = "long", .user_metadata = metadata(21)}),
              FailsAs(ErrorKind::LimitExceeded));

  protocol::TopicCreate good;
  good.session_uuid = recording().session().uuid;
  good.locator = Recording::topic("imu");
  good.ontology_tag = "IMU";
  auto request = good;
  request.locator.topic = "sensors/i";
  EXPECT_THAT(engine().topic_create(request), FailsAs(ErrorKind::LimitExceeded));
  request = good;
  request.ontology_tag = "Magnetometer";
  EXPECT_THAT(engine().topic_create(request), FailsAs(ErrorKind::LimitExceeded));
  request = good;
  request.user_metadata = metadata(21);
  EXPECT_THAT(engine().topic_create(request), FailsAs(ErrorKind::LimitExceeded));
  EXPECT_THAT(engine().topic_create(good), IsOk());
}

TEST_F(LifecycleTest, checks_what_a_topic_is_made_with) {
  protocol::TopicCreate good;
  good.session_uuid = recording().session().uuid;
  good.locator = Recording::topic("imu");
  good.ontology_tag = "IMU";
  auto request = good;
  request.locator.topic = "a/../b";
  EXPECT_THAT(engine().topic_create(request), FailsAs(ErrorKind::Invalid));
  request = good;
  request.locator = Recording::sequence();
  EXPECT_THAT(engine().topic_create(request), FailsAs(ErrorKind::Invalid));
  request = good;
  request.session_uuid = "no-uuid";
  EXPECT_THAT(engine().topic_create(request), FailsAs(ErrorKind::Invalid));
  request = good;
  request.session_uuid = core::make_uuid();
  EXPECT_THAT(engine().topic_create(request), FailsAs(ErrorKind::NotFound));
  request = good;
  request.serialization_format = "zip";
  EXPECT_THAT(engine().topic_create(request), FailsAs(ErrorKind::Invalid));
  request = good;
  request.ontology_tag = "";
  EXPECT_THAT(engine().topic_create(request), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(engine().topic_create(good), IsOk());
  EXPECT_THAT(engine().topic_create(good), FailsAs(ErrorKind::AlreadyExists));
}

TEST_F(LifecycleTest, finalizes_only_whole_sessions) {
  const auto finalize_again = [&] {
    return engine().session_finalize({recording().session().uuid});
  };
  EXPECT_THAT(engine().session_finalize({"x"}), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(engine().session_finalize({core::make_uuid()}), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(finalize_again(), FailsAs(ErrorKind::Locked));
  auto upload = recording().upload("imu");
  EXPECT_THAT(finalize_again(), FailsAs(ErrorKind::Locked));
  ASSERT_THAT(upload->finish(), IsOk());
  EXPECT_THAT(finalize_again(), IsOk());
  EXPECT_THAT(finalize_again(), FailsAs(ErrorKind::Locked));
}

TEST_F(LifecycleTest, protects_finalized_healthy_data) {
  record("imu");
  finalize();
  const core::Locator session = recording().session().locator;
  EXPECT_THAT(engine().sequence_delete(Recording::sequence()), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(engine().session_delete(session), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(engine().topic_delete(Recording::topic("imu")), FailsAs(ErrorKind::Locked));
  EXPECT_THAT(engine().sequence_abort({"drive", recording().session().uuid}),
              FailsAs(ErrorKind::Locked));
  EXPECT_EQ(recording().read("imu").size(), 3U);
}

TEST_F(LifecycleTest, lets_finalized_data_go_where_the_option_says_so) {
  EngineOptions options;
  options.allow_delete_finalized = true;
  start(options);
  record("imu");
  finalize();
  EXPECT_THAT(engine().sequence_delete(Recording::sequence()), IsOk());
  EXPECT_THAT(engine().sequence_delete(Recording::sequence()), FailsAs(ErrorKind::NotFound));
  EXPECT_TRUE(recording().files("").empty());
  EXPECT_THAT(engine().sequence_create({.sequence = "drive"}), IsOk());
}

TEST_F(LifecycleTest, lets_an_unlocked_sequence_go) {
  record("imu");
  ASSERT_THAT(notify(Recording::sequence()), IsOk());
  finalize();
  EXPECT_EQ(engine().sequence_list({}).ValueOrDie().sequences.at(0).state, "unlocked");
  EXPECT_THAT(engine().sequence_delete(Recording::sequence()), IsOk());
}

TEST_F(LifecycleTest, aborts_by_the_proof_of_a_session) {
  record("imu");
  EXPECT_THAT(engine().sequence_abort({"drive", core::make_uuid()}), FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(engine().sequence_abort({"drive", recording().session().uuid}), IsOk());
  EXPECT_TRUE(recording().files("").empty());
}

TEST_F(LifecycleTest, deletes_a_topic_without_touching_one_below_its_name) {
  record("sensors");
  record("sensors/imu");
  ASSERT_THAT(engine().topic_delete(Recording::topic("sensors")), IsOk());
  EXPECT_EQ(recording().read("sensors/imu").size(), 3U);
  EXPECT_EQ(recording().files(".parquet").size(), 1U);
}

TEST_F(LifecycleTest, deletes_one_session_and_keeps_the_other) {
  record("imu");
  finalize();
  ASSERT_OK_AND_ASSIGN(const auto second, engine().session_create(Recording::sequence()));
  EXPECT_THAT(engine().session_delete(second.locator), IsOk());
  EXPECT_EQ(recording().read("imu").size(), 3U);
}

TEST_F(LifecycleTest, claims_what_a_dead_recorder_left) {
  auto upload = recording().upload("imu");
  ASSERT_THAT(upload->append(batch_of(numbered({3, 1, 2}))), IsOk());
  const auto session = recording().session().locator;
  EXPECT_THAT(engine().session_claim(session), FailsAs(ErrorKind::Locked));
  upload->interrupt();
  ASSERT_OK_AND_ASSIGN(const auto claimed, engine().session_claim(session));
  ASSERT_EQ(claimed.topics.size(), 1U);
  EXPECT_EQ(claimed.topics[0].durable_rows, 3);
  EXPECT_THAT(recording().try_upload("imu", recording().uuid("imu"), true),
              FailsAs(ErrorKind::NotFound));
  ASSERT_OK_AND_ASSIGN(auto resumed, recording().try_upload("imu", claimed.topics[0].uuid, true));
  ASSERT_THAT(resumed->finish(), IsOk());
  EXPECT_THAT(engine().session_finalize({recording().session().uuid}),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(engine().session_finalize({claimed.uuid}), IsOk());
}

TEST_F(LifecycleTest, keeps_notifications) {
  record("imu");
  EXPECT_THAT(notify({.sequence = "none", .topic = {}, .session = {}}),
              FailsAs(ErrorKind::NotFound));
  EXPECT_THAT(engine().notification_create({.locator = Recording::sequence(), .type = "note"}),
              FailsAs(ErrorKind::Invalid));
  ASSERT_THAT(notify(Recording::topic("imu")), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto list, engine().notification_list(Recording::topic("imu")));
  ASSERT_EQ(list.notifications.size(), 1U);
  EXPECT_EQ(list.notifications[0].message, "it broke");
  EXPECT_EQ(list.notifications[0].created_datetime, "2023-11-14 22:13:20.000000 UTC");
  EXPECT_TRUE(engine().notification_list(Recording::sequence()).ValueOrDie().notifications.empty());
  ASSERT_THAT(engine().notification_purge(Recording::topic("imu")), IsOk());
  EXPECT_TRUE(
      engine().notification_list(Recording::topic("imu")).ValueOrDie().notifications.empty());
}

TEST_F(LifecycleTest, lists_within_limits) {
  EXPECT_THAT(engine().sequence_list({.limit = 0}), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(engine().sequence_list({.limit = 1001}), FailsAs(ErrorKind::Invalid));
  record("imu");
  const auto entry = engine().sequence_list({}).ValueOrDie().sequences.at(0);
  EXPECT_EQ(entry.name, "drive");
  EXPECT_EQ(entry.state, "pending");
  EXPECT_EQ(entry.rows, 3);
  EXPECT_EQ(entry.timestamp_ns_max, 3);
}

TEST_F(LifecycleTest, describes_a_finalized_sequence_in_its_manifest) {
  record("sensors/imu");
  ASSERT_THAT(notify(Recording::topic("sensors/imu")), IsOk());
  finalize();
  const json text = manifest();
  EXPECT_EQ(text["format"], 1);
  EXPECT_EQ(text["name"], "drive");
  EXPECT_EQ(text["user_metadata"], json({{"car", 7}}));
  EXPECT_EQ(text["sessions"][0]["completed_at_ns"], now_ns_);
  const json& topic = text["topics"][0];
  EXPECT_EQ(topic["name"], "sensors/imu");
  EXPECT_EQ(topic["state"], "finalized");
  EXPECT_EQ(topic["rows"], 3);
  EXPECT_EQ(topic["session"], recording().session().locator.session);
  const auto schema = deserialize_schema(
      arrow::util::base64_decode(topic["schema"].get<std::string>()).ValueOrDie());
  EXPECT_TRUE((*schema)->Equals(*row_schema(), true));
  EXPECT_EQ(text["notifications"][0]["message"], "it broke");
  // A proof of authorship is nobody's business.
  EXPECT_EQ(text.dump().find(recording().session().uuid), std::string::npos);
}

TEST_F(LifecycleTest, brings_manifests_up_to_date_when_it_closes) {
  record("imu");
  ASSERT_THAT(engine().close(), IsOk());
  EXPECT_EQ(manifest()["topics"][0]["state"], "finalized");
  EXPECT_THAT(engine().sequence_create({.sequence = "b"}), FailsAs(ErrorKind::Unavailable));
  EXPECT_THAT(engine().close(), IsOk());
}

}  // namespace
}  // namespace mosaico::engine
