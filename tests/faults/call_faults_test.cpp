#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/recording.hpp"
#include "faults/faulty_catalog.hpp"
#include "faults/faulty_store.hpp"
#include "faults/simulated_disk.hpp"
#include "support/temporary_directory.hpp"

// The n-th call fails, for every n of a recording: the writer concerned hears of it, the rest goes
// on, and nothing acknowledged is lost.
namespace mosaico::engine {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRows = 15;
constexpr int64_t kBatch = 3;
const std::vector<std::string> kTopics = {"imu", "gps"};

std::vector<Row> rows_from(int64_t first, int64_t count) {
  std::vector<Row> rows;
  for (int64_t i = first; i < first + count; ++i) {
    rows.push_back({.timestamp_ns = i / 2 - (i % 5 == 0 ? 9 : 0), .number = i});
  }
  return rows;
}

enum class Where { Files, Store, Catalog };

core::Locator locator(const std::string& sequence, const std::string& topic = {}) {
  return {.sequence = sequence, .topic = topic, .session = {}};
}

// One topic on its way, as a writer that gives up at the first error sees it.
struct Writer {
  std::string uuid;
  std::unique_ptr<Upload> upload;
  Status error;
  int64_t taken = 0;
  int64_t acknowledged = 0;
  bool finished = false;
};

// A recording with everything in it that an engine does. Steps that need what failed are left out.
class Script {
 public:
  Script(const fs::path& root, Where where, std::shared_ptr<FaultPlan> plan) : root_(root) {
    EngineOptions options;
    options.chunk_rows = 6;
    options.group_commit = std::chrono::milliseconds(1);
    options.min_free_bytes = 0;
    disk_ = std::make_shared<SimulatedDisk>(root, where == Where::Files ? plan : nullptr);
    options.files = disk_;
    recording_.emplace(
        root, options,
        [&](auto store) -> std::unique_ptr<store::Store> {
          if (where != Where::Store) return store;
          return std::make_unique<FaultyStore>(std::move(store), plan, FaultyStore::Reads::Fail);
        },
        [&](auto catalog) -> std::unique_ptr<catalog::Catalog> {
          if (where != Where::Catalog) return catalog;
          return std::make_unique<FaultyCatalog>(std::move(catalog), plan);
        });
  }

  void run() {
    make();
    record_and_delete_scrap();
    write();
    finalize();
    read_back();
  }

  void interrupt_all() {
    for (auto& [name, writer] : writers_) {
      if (writer.upload == nullptr) continue;
      writer.acknowledged = std::max(writer.acknowledged, writer.upload->durable_rows());
      writer.upload.reset();
    }
  }

  // Does what is left to do, as if nothing had happened.
  void complete() {
    Engine& engine = recording_->engine();
    if (!made_) {
      const Status created = engine.sequence_create({.sequence = "drive", .user_metadata = {}});
      EXPECT_TRUE(created.ok() || core::is_kind(created, ErrorKind::AlreadyExists)) << created;
    }
    if (session_.empty()) {
      ASSERT_OK_AND_ASSIGN(const auto session, engine.session_create(locator("drive")));
      session_ = session.uuid;
    }
    for (const auto& name : kTopics) {
      Writer& writer = writers_[name];
      const bool resumes = !writer.uuid.empty();
      if (!resumes) {
        create_topic(name);
        ASSERT_THAT(writer.error, IsOk());
      }
      if (writer.finished) continue;
      ASSERT_OK_AND_ASSIGN(writer.upload, begin(name, /*resume=*/true));
      writer.taken = writer.upload->durable_rows();
      EXPECT_GE(writer.taken, writer.acknowledged) << name;
      ASSERT_THAT(writer.upload->append(batch_of(rows_from(writer.taken, kRows - writer.taken))),
                  IsOk());
      ASSERT_THAT(writer.upload->finish(), IsOk());
      writer.upload.reset();
      writer.finished = true;
    }
    if (!finalized_) {
      EXPECT_THAT(engine.session_finalize({session_}), IsOk());
    }
  }

  void expect_acknowledged() {
    for (const auto& [name, writer] : writers_) {
      if (writer.uuid.empty()) continue;
      const auto rows = rows_of_topic(name);
      ASSERT_THAT(rows, IsOk());
      EXPECT_GE(std::ssize(*rows), writer.finished ? kRows : writer.acknowledged) << name;
      EXPECT_EQ(*rows, in_time_order(rows_from(0, std::ssize(*rows)))) << name;
    }
  }

  // The same of what a power cut would leave now.
  void expect_acknowledged_after_a_cut() {
    const TemporaryDirectory directory;
    DiskImage::Random random(1);
    disk_->image().restore(directory.path() / "store", DiskImage::Fate::Lost, random);
    Recording recovered(directory.path() / "store");
    for (const auto& [name, writer] : writers_) {
      if (writer.uuid.empty()) continue;
      const auto rows = recovered.read(name);
      EXPECT_GE(std::ssize(rows), writer.finished ? kRows : writer.acknowledged) << name;
      EXPECT_EQ(rows, in_time_order(rows_from(0, std::ssize(rows)))) << name;
    }
  }

  Status close() { return recording_->engine().close(); }
  std::map<std::string, Writer>& writers() { return writers_; }
  Recording& recording() { return *recording_; }
  const std::vector<Status>& errors() const { return errors_; }
  bool finalized() const { return finalized_; }

 private:
  bool did(const Status& status) {
    if (!status.ok()) errors_.push_back(status);
    return status.ok();
  }
  bool did(Writer& writer, const Status& status) {
    if (!status.ok() && writer.error.ok()) writer.error = status;
    return status.ok();
  }

  void make() {
    Engine& engine = recording_->engine();
    made_ = did(engine.sequence_create({.sequence = "drive", .user_metadata = {{"car", 7}}}));
    for (const auto& name : kTopics) writers_[name];
    if (!made_) return;
    const auto session = engine.session_create(locator("drive"));
    if (!did(session.status())) return;
    session_ = session->uuid;
    for (const auto& name : kTopics) create_topic(name);
  }

  void create_topic(const std::string& name) {
    protocol::TopicCreate request;
    request.session_uuid = session_;
    request.locator = locator("drive", name);
    request.ontology_tag = "Row";
    const auto created = recording_->engine().topic_create(request);
    writers_[name].error = created.status();
    if (created.ok()) writers_[name].uuid = created->uuid;
  }

  Result<std::unique_ptr<Upload>> begin(const std::string& name, bool resume) {
    protocol::PutDescriptor descriptor;
    descriptor.topic = locator("drive", name);
    descriptor.topic_uuid = writers_[name].uuid;
    descriptor.resume = resume;
    return recording_->engine().upload(descriptor, row_schema());
  }

  void write() {
    for (const auto& name : kTopics) {
      Writer& writer = writers_[name];
      if (writer.uuid.empty()) continue;
      auto upload = begin(name, false);
      if (did(writer, upload.status())) writer.upload = std::move(upload).ValueUnsafe();
    }
    for (int batch = 0; batch < kRows / kBatch; ++batch) {
      for (const auto& name : kTopics) append(writers_[name], kBatch);
      // Once with what the group commit does in between, and otherwise without.
      if (batch == 1) await_commits();
    }
    for (const auto& name : kTopics) {
      Writer& writer = writers_[name];
      if (writer.upload == nullptr || !writer.error.ok()) continue;
      writer.finished = did(writer, writer.upload->finish());
    }
  }

  void append(Writer& writer, int64_t count) {
    if (writer.upload == nullptr || !writer.error.ok()) return;
    count = std::min(count, kRows - writer.taken);
    if (did(writer, writer.upload->append(batch_of(rows_from(writer.taken, count))))) {
      writer.taken += count;
    }
  }

  void await_commits() {
    for (auto& [name, writer] : writers_) {
      if (writer.upload == nullptr || !writer.error.ok()) continue;
      DurableRows durable(*writer.upload);
      // One more row, since what happened before the callback was set is not told again.
      append(writer, 1);
      if (!writer.error.ok()) continue;
      durable.wait_for(writer.taken);
      writer.upload->on_durable(nullptr);
      writer.acknowledged = writer.upload->durable_rows();
    }
  }

  void finalize() {
    interrupt_all();
    for (const auto& [name, writer] : writers_) {
      if (!writer.finished) return;
    }
    finalized_ = did(recording_->engine().session_finalize({session_}));
  }

  Result<std::vector<Row>> rows_of_topic(const std::string& name) {
    ARROW_ASSIGN_OR_RAISE(const auto batches, recording_->read_batches(name));
    std::vector<Row> rows;
    for (const auto& batch : batches) {
      for (const Row& row : rows_of(*batch)) rows.push_back(row);
    }
    return rows;
  }

  void read_back() {
    for (const auto& [name, writer] : writers_) {
      if (writer.finished) did(rows_of_topic(name).status());
    }
  }

  // Another sequence that comes and goes.
  void record_and_delete_scrap() {
    Engine& engine = recording_->engine();
    if (!did(engine.sequence_create({.sequence = "scrap", .user_metadata = {}}))) return;
    scrap_is_there_ = true;
    const auto session = engine.session_create(locator("scrap"));
    if (did(session.status())) {
      protocol::TopicCreate request;
      request.session_uuid = session->uuid;
      request.locator = locator("scrap", "imu");
      request.ontology_tag = "Row";
      const auto topic = engine.topic_create(request);
      if (did(topic.status())) {
        protocol::PutDescriptor descriptor;
        descriptor.topic = request.locator;
        descriptor.topic_uuid = topic->uuid;
        const auto upload = engine.upload(descriptor, row_schema());
        if (did(upload.status()) && did((*upload)->append(batch_of(rows_from(0, 8))))) {
          did((*upload)->finish());
        }
      }
    }
    scrap_is_there_ = !did(engine.sequence_delete(locator("scrap")));
  }

  const fs::path root_;
  std::shared_ptr<SimulatedDisk> disk_;
  std::optional<Recording> recording_;
  std::map<std::string, Writer> writers_;
  std::string session_;
  bool made_ = false;
  bool finalized_ = false;
  bool scrap_is_there_ = false;
  std::vector<Status> errors_;  // Of steps that belong to no topic of "drive".
};

// Said so that a user knows what failed.
bool is_clear(const Status& status) {
  const ErrorKind kind = core::kind_of(status);
  if (kind != ErrorKind::Io && kind != ErrorKind::LimitExceeded) return false;
  const std::string& text = status.message();
  for (const char* cause : {"fault injected", "Input/output error", "No space left",
                            "disk I/O error", "database or disk is full", "unable to open"}) {
    if (text.find(cause) != std::string::npos) return true;
  }
  return false;
}

// At most one writer, or one step that belongs to none, heard of a single fault.
void expect_one_concerned(Script& script) {
  int concerned = script.errors().empty() ? 0 : 1;
  for (const Status& error : script.errors()) EXPECT_TRUE(is_clear(error)) << error;
  for (const auto& [name, writer] : script.writers()) {
    if (writer.error.ok()) continue;
    EXPECT_TRUE(is_clear(writer.error)) << name << ": " << writer.error;
    ++concerned;
  }
  EXPECT_LE(concerned, 1);
}

// A store that a recording has ended in has nothing in it that nobody needs.
void expect_tidy(const fs::path& root, Recording& recording) {
  EXPECT_TRUE(fs::is_empty(root / "journal"));
  EXPECT_TRUE(fs::is_empty(root / ".tmp"));
  EXPECT_EQ(recording.files(".parquet").size(),
            recording.context().catalog->chunk_paths().ValueOrDie().size());
}

void expect_whole(Recording& recording) {
  for (const auto& name : kTopics) {
    EXPECT_EQ(recording.read(name), in_time_order(rows_from(0, kRows))) << name;
    EXPECT_EQ(recording.context().catalog->find_topic("drive", name)->state,
              catalog::TopicState::Finalized);
  }
}

// One call fails; the engine then goes on. False when the recording has no such call.
bool fail_one(Where where, int call, ErrorKind kind) {
  const TemporaryDirectory directory;
  const fs::path root = directory.path() / "store";
  const auto plan = std::make_shared<FaultPlan>();
  bool reached = false;
  {
    Script script(root, where, plan);
    plan->fail(call, 1, kind);
    script.run();
    reached = plan->calls() > call;
    plan->fail(0, 0);
    expect_one_concerned(script);
    script.expect_acknowledged();
    if (where == Where::Files) script.expect_acknowledged_after_a_cut();
    if (testing::Test::HasFailure()) return false;
    script.complete();
    if (testing::Test::HasFailure()) return false;
    expect_whole(script.recording());
    EXPECT_THAT(script.close(), IsOk());
  }
  Recording reopened(root);
  expect_whole(reopened);
  expect_tidy(root, reopened);
  return reached;
}

// All calls from one on fail, until the directory is opened again. False as above.
bool fail_all_from(Where where, int call, ErrorKind kind) {
  const TemporaryDirectory directory;
  const fs::path root = directory.path() / "store";
  const auto plan = std::make_shared<FaultPlan>();
  bool reached = false;
  std::map<std::string, Writer> writers;
  bool finalized = false;
  {
    Script script(root, where, plan);
    plan->fail(call, 1'000'000, kind);
    script.run();
    reached = plan->calls() > call;
    static_cast<void>(script.close());
    finalized = script.finalized();
    writers = std::move(script.writers());
  }
  Recording reopened(root);
  const auto tree = reopened.context().catalog->find_sequence("drive");
  for (const auto& [name, writer] : writers) {
    if (writer.uuid.empty()) continue;
    const auto rows = reopened.read(name);
    EXPECT_GE(std::ssize(rows), writer.finished ? kRows : writer.acknowledged) << name;
    EXPECT_EQ(rows, in_time_order(rows_from(0, std::ssize(rows)))) << name;
    const auto state = reopened.context().catalog->find_topic("drive", name)->state;
    EXPECT_NE(state, catalog::TopicState::Uploading) << name;
    EXPECT_TRUE(!writer.finished || state == catalog::TopicState::Finalized) << name;
  }
  if (finalized) {
    EXPECT_TRUE(tree->sessions.at(0).completed_at_ns.has_value());
  }
  return reached;
}

// All calls of a place, in parts that run side by side: `first`, and every `parts`-th after it.
struct Calls {
  Where where;
  int first;
  int parts;

  ErrorKind kind_of(int call) const {
    return call / parts % 2 == 0 ? ErrorKind::Io : ErrorKind::LimitExceeded;
  }
};

class CallFaults : public testing::TestWithParam<Calls> {
 protected:
  // Fails calls by `fail` until the recording has no more of them.
  template <typename Fail>
  void fail_calls(int step, const Fail& fail) {
    const Calls calls = GetParam();
    bool reached = true;
    int call = calls.first;
    for (; reached && !HasFailure(); call += step) {
      SCOPED_TRACE(testing::Message() << "call " << call);
      reached = fail(calls.where, call, calls.kind_of(call));
    }
    RecordProperty("calls", call);
    EXPECT_GT(call, 20);
  }
};

TEST_P(CallFaults, of_one_call_concern_one_writer_and_pass) {
  fail_calls(GetParam().parts, fail_one);
}

TEST_P(CallFaults, of_all_calls_from_one_on_lose_nothing_acknowledged) {
  fail_calls(3 * GetParam().parts, fail_all_from);
}

std::string name_of(const testing::TestParamInfo<Calls>& calls) {
  const std::string part = std::to_string(calls.param.first);
  switch (calls.param.where) {
    case Where::Files:
      return "Files" + part;
    case Where::Store:
      return "Store" + part;
    default:
      return "Catalog" + part;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, CallFaults,
                         testing::Values(Calls{Where::Files, 0, 5}, Calls{Where::Files, 1, 5},
                                         Calls{Where::Files, 2, 5}, Calls{Where::Files, 3, 5},
                                         Calls{Where::Files, 4, 5}, Calls{Where::Store, 0, 2},
                                         Calls{Where::Store, 1, 2}, Calls{Where::Catalog, 0, 1}),
                         name_of);

}  // namespace
}  // namespace mosaico::engine
