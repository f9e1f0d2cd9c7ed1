#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>

#include "engine/recording.hpp"
#include "faults/simulated_disk.hpp"
#include "support/temporary_directory.hpp"

// Recordings on a disk whose power is cut: nothing acknowledged is lost, whatever becomes of the
// bytes and names that were not synced.
namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;

using Fate = DiskImage::Fate;
using Random = DiskImage::Random;

constexpr int64_t kRowsOfTopic = 150;
constexpr const char* kScrap = "scrap";  // A sequence that is deleted.

int64_t one_of(Random& random, int64_t end) {
  return std::uniform_int_distribution<int64_t>(0, end - 1)(random);
}

// Mostly ascending, with ties and rows that come late.
std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) {
    rows.push_back({.timestamp_ns = i / 3 - (i % 7 == 0 ? 20 : 0), .number = i});
  }
  return rows;
}

// What a user was told.
struct Account {
  std::set<std::string> sequences;
  std::set<std::string> deleted;
  std::map<std::string, int64_t> rows;  // Acknowledged, by topic of "drive".
  std::set<std::string> finished;       // Topics of "drive".
  bool finalized = false;
};

// One moment: what a power cut would meet, and what the user knew.
struct Moment {
  DiskImage image;
  Account account;
};

EngineOptions small_options() {
  EngineOptions options;
  options.chunk_rows = 24;
  options.direct_bytes = 1500;  // Batches of more than about 50 rows.
  options.group_commit = std::chrono::milliseconds(1);
  options.min_free_bytes = 0;
  return options;
}

// Records on a simulated disk and keeps some moments of it.
class Session {
 public:
  Session(uint64_t seed, bool process_durability)
      : random_(seed),
        moment_random_(seed + 1),
        process_durability_(process_durability),
        disk_(std::make_shared<SimulatedDisk>(directory_.path() / "store")) {
    disk_->observe([this](int64_t change, const DiskImage& image) { look_at(change, image); });
  }

  void run() {
    EngineOptions options = small_options();
    options.files = disk_;
    recording_.emplace(directory_.path() / "store", options);
    recording_->create_sequence();
    note([](Account& account) { account.sequences.insert("drive"); });
    record_scrap();
    auto imu = begin("imu", false);
    auto gps = begin("gps", false);
    int64_t imu_rows = 0;
    int64_t gps_rows = 0;
    while (imu_rows < kRowsOfTopic || gps_rows < kRowsOfTopic) {
      append(*imu, &imu_rows);
      append(*gps, &gps_rows);
      if (one_of(random_, 15) == 0) {
        gps->on_durable(nullptr);
        gps.reset();
        gps = begin("gps", true);
        ASSERT_EQ(gps->durable_rows(), gps_rows);
      }
      if (one_of(random_, 12) == 0) delete_scrap();
    }
    delete_scrap();
    finish(*imu, "imu");
    finish(*gps, "gps");
    if (testing::Test::HasFailure()) return;
    ASSERT_THAT(recording_->engine().session_finalize({recording_->session().uuid}), IsOk());
    note([](Account& account) { account.finalized = true; });
    ASSERT_THAT(recording_->engine().close(), IsOk());
    imu.reset();
    gps.reset();
    recording_.reset();
  }

  const std::vector<Moment>& moments() const { return moments_; }

 private:
  static constexpr int64_t kMoments = 12;

  // Keeps some moments of all, each as likely as any other.
  void look_at(int64_t change, const DiskImage& image) {
    const bool full = std::ssize(moments_) == kMoments;
    const int64_t place = full ? one_of(moment_random_, change + 1) : std::ssize(moments_);
    if (place >= kMoments) return;
    if (!full) moments_.emplace_back();
    const std::lock_guard lock(mutex_);
    moments_[static_cast<size_t>(place)] = {image, account_};
  }

  template <typename Change>
  void note(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(account_);
  }

  std::unique_ptr<Upload> begin(const std::string& topic, bool resume) {
    if (!resume) uuids_[topic] = recording_->create_topic(topic);
    protocol::PutDescriptor descriptor;
    descriptor.topic = Recording::topic(topic);
    descriptor.topic_uuid = uuids_[topic];
    descriptor.resume = resume;
    descriptor.process_durability = process_durability_;
    auto upload = recording_->engine().upload(descriptor, row_schema()).ValueOrDie();
    upload->on_durable([this, topic](const Status&, int64_t rows) {
      note([&](Account& account) { account.rows[topic] = std::max(account.rows[topic], rows); });
    });
    return upload;
  }

  void append(Upload& upload, int64_t* rows) {
    const int64_t most = one_of(random_, 10) == 0 ? 70 : 6;
    const int64_t count = std::min(kRowsOfTopic - *rows, 1 + one_of(random_, most));
    if (count == 0) return;
    EXPECT_THAT(upload.append(batch_of(rows_from(*rows, count))), IsOk());
    *rows += count;
    if (one_of(random_, 2) == 0) return;
    // So that acknowledgements and appends take turns.
    while (upload.durable_rows() < *rows) std::this_thread::yield();
  }

  void finish(Upload& upload, const std::string& topic) {
    ASSERT_THAT(upload.finish(), IsOk());
    note([&](Account& account) { account.finished.insert(topic); });
  }

  void record_scrap() {
    Engine& engine = recording_->engine();
    ASSERT_THAT(engine.sequence_create({.sequence = kScrap, .user_metadata = {}}), IsOk());
    ASSERT_OK_AND_ASSIGN(const auto session,
                         engine.session_create({.sequence = kScrap, .topic = {}, .session = {}}));
    protocol::TopicCreate request;
    request.session_uuid = session.uuid;
    request.locator = {.sequence = kScrap, .topic = "imu", .session = {}};
    request.ontology_tag = "Row";
    ASSERT_OK_AND_ASSIGN(const auto topic, engine.topic_create(request));
    protocol::PutDescriptor descriptor;
    descriptor.topic = request.locator;
    descriptor.topic_uuid = topic.uuid;
    ASSERT_OK_AND_ASSIGN(const auto upload, engine.upload(descriptor, row_schema()));
    EXPECT_THAT(upload->append(batch_of(rows_from(0, 40))), IsOk());
    note([](Account& account) { account.sequences.insert(kScrap); });
  }

  void delete_scrap() {
    if (scrap_is_deleted_) return;
    scrap_is_deleted_ = true;
    note([](Account& account) { account.sequences.erase(kScrap); });
    EXPECT_THAT(
        recording_->engine().sequence_delete({.sequence = kScrap, .topic = {}, .session = {}}),
        IsOk());
    note([](Account& account) { account.deleted.insert(kScrap); });
  }

  Random random_;
  Random moment_random_;  // Guarded by the disk.
  const bool process_durability_;
  const TemporaryDirectory directory_;
  const std::shared_ptr<SimulatedDisk> disk_;
  std::mutex mutex_;
  Account account_;              // Guarded by mutex_.
  std::vector<Moment> moments_;  // Guarded by the disk.
  std::optional<Recording> recording_;
  std::map<std::string, std::string> uuids_;
  bool scrap_is_deleted_ = false;
};

// What is left of a topic: its rows in push order, or nothing when there is no such topic.
std::optional<int64_t> rows_left(Recording& recording, const std::string& topic) {
  const auto batches = recording.read_batches(topic);
  if (core::is_kind(batches.status(), ErrorKind::NotFound)) return std::nullopt;
  EXPECT_THAT(batches, IsOk());
  if (!batches.ok()) return std::nullopt;
  std::vector<Row> rows;
  for (const auto& batch : *batches) {
    for (const Row& row : rows_of(*batch)) rows.push_back(row);
  }
  EXPECT_EQ(rows, in_time_order(rows_from(0, std::ssize(rows))))
      << topic << ": a row is missing before others, or there twice";
  return std::ssize(rows);
}

void check_topic(Recording& recording, const Account& account, const std::string& topic,
                 bool rows_are_promised) {
  const auto found = account.rows.find(topic);
  const int64_t promised = found == account.rows.end() || !rows_are_promised ? 0 : found->second;
  const auto rows = rows_left(recording, topic);
  EXPECT_TRUE(rows.has_value() || promised == 0) << topic << " is lost";
  EXPECT_GE(rows.value_or(0), promised) << topic << " lost acknowledged rows";
  if (account.finished.contains(topic)) {
    EXPECT_EQ(rows, kRowsOfTopic);
    EXPECT_EQ(recording.context().catalog->find_topic("drive", topic)->state,
              catalog::TopicState::Finalized);
  }
}

// Goes on with what a cut left, as the recorder would after it.
void go_on(Recording& recording, const std::string& topic) {
  const auto entry = recording.context().catalog->find_topic("drive", topic);
  if (!entry.ok() || entry->state != catalog::TopicState::Interrupted) return;
  ASSERT_OK_AND_ASSIGN(const auto upload, recording.try_upload(topic, entry->uuid, true));
  const int64_t rows = upload->durable_rows();
  EXPECT_EQ(rows, rows_left(recording, topic));
  if (rows < kRowsOfTopic) {
    EXPECT_THAT(upload->append(batch_of(rows_from(rows, kRowsOfTopic - rows))), IsOk());
  }
  EXPECT_THAT(upload->finish(), IsOk());
  EXPECT_EQ(rows_left(recording, topic), kRowsOfTopic);
}

struct Check {
  bool rows_are_promised = true;
  bool recover_under_cuts = false;
};

void check_left(const fs::path& store, const Account& account, const Check& check, Random& random) {
  std::vector<DiskImage> later;
  {
    EngineOptions options = small_options();
    auto disk = std::make_shared<SimulatedDisk>(store);
    if (check.recover_under_cuts) {
      disk->observe([&](int64_t, const DiskImage& image) {
        if (later.size() < 2 && one_of(random, 8) == 0) later.push_back(image);
      });
    }
    options.files = disk;
    Recording recording(store, options);
    disk->observe(nullptr);
    auto& catalog = *recording.context().catalog;
    for (const auto& name : account.sequences) EXPECT_THAT(catalog.find_sequence(name), IsOk());
    for (const auto& name : account.deleted) {
      EXPECT_THAT(catalog.find_sequence(name), FailsAs(ErrorKind::NotFound));
    }
    for (const char* topic : {"imu", "gps"}) {
      check_topic(recording, account, topic, check.rows_are_promised);
    }
    if (account.finalized) {
      EXPECT_TRUE(catalog.find_sequence("drive")->sessions.at(0).completed_at_ns.has_value());
    }
    if (!check.recover_under_cuts) {
      for (const char* topic : {"imu", "gps"}) go_on(recording, topic);
    }
    EXPECT_THAT(recording.engine().close(), IsOk());
  }
  for (const DiskImage& image : later) {
    const TemporaryDirectory directory;
    image.restore(directory.path() / "store", Fate::Mixed, random);
    check_left(directory.path() / "store", account, {.rows_are_promised = check.rows_are_promised},
               random);
  }
}

struct Cuts {
  std::vector<Fate> fates;
  bool process_durability = false;
  bool rows_are_promised = true;
};

// POWER_CUTS says how many there shall be at least.
void cut_power(const Cuts& cuts, uint64_t first_seed) {
  const char* const wanted = std::getenv("POWER_CUTS");
  const int64_t cuts_min = wanted == nullptr ? 40 : std::stoll(wanted);
  int64_t done = 0;
  for (uint64_t seed = first_seed; done < cuts_min && !testing::Test::HasFailure(); ++seed) {
    Session session(seed, cuts.process_durability);
    session.run();
    Random random(seed);
    for (const Moment& moment : session.moments()) {
      for (const Fate fate : cuts.fates) {
        SCOPED_TRACE(testing::Message() << "seed " << seed << ", cut " << done);
        const TemporaryDirectory directory;
        moment.image.restore(directory.path() / "store", fate, random);
        check_left(directory.path() / "store", moment.account,
                   {.rows_are_promised = cuts.rows_are_promised,
                    .recover_under_cuts = one_of(random, 4) == 0},
                   random);
        ++done;
        if (testing::Test::HasFailure()) return;
      }
    }
  }
  testing::Test::RecordProperty("cuts", static_cast<int>(done));
}

TEST(PowerCut, takes_nothing_that_was_acknowledged) {
  cut_power({.fates = {Fate::Lost, Fate::Mixed}}, 1000);
}

TEST(PowerCut, may_take_what_was_acknowledged_for_the_process_but_leaves_no_hole) {
  cut_power(
      {.fates = {Fate::Lost, Fate::Mixed}, .process_durability = true, .rows_are_promised = false},
      2000);
}

TEST(PowerCut, of_the_process_alone_takes_nothing_that_was_acknowledged_for_it) {
  cut_power({.fates = {Fate::Kept}, .process_durability = true}, 3000);
}

// --- The simulation itself ---

TEST(SimulatedDisk, loses_what_was_not_synced) {
  const TemporaryDirectory directory;
  const auto disk = std::make_shared<SimulatedDisk>(directory.path() / "store");
  DiskImage last;  // In front of the last sync: that of the folder.
  {
    auto store = store::open_local_store(directory.path() / "store", false, disk).ValueOrDie();
    ASSERT_THAT(store::put(*store, "a/synced", "bytes"), IsOk());
    disk->observe([&](int64_t, const DiskImage& image) { last = image; });
    ASSERT_THAT(store::put(*store, "a/unsynced", "bytes"), IsOk());
    disk->observe(nullptr);
  }
  Random random(1);
  last.restore(directory.path() / "lost", Fate::Lost, random);
  EXPECT_EQ(fs::file_size(directory.path() / "lost/a/synced"), 5U);
  EXPECT_FALSE(fs::exists(directory.path() / "lost/a/unsynced"));
  last.restore(directory.path() / "kept", Fate::Kept, random);
  EXPECT_EQ(fs::file_size(directory.path() / "kept/a/unsynced"), 5U);
}

}  // namespace
}  // namespace mosaico::engine
