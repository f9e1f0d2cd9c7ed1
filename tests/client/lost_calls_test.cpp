// A network that loses one call of a recording's life, whichever it is, or only its answer: then
// the recording is whole, or making it has failed, and the next try goes well.
#include <functional>
#include <set>

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/embedded_transport.hpp"
#include "client/lossy_transport.hpp"
#include "client/recording.hpp"
#include "ontology/arrow_schema.hpp"
#include "support/numbered.hpp"
#include "support/status_matchers.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::client {
namespace {

// Calls without which there is nothing to go on with: they are not tried again.
const std::set<std::string> kCallsThatThrow = {"info", "sequence_create", "session_create",
                                               "session_claim", "discover"};

void push_rows(TopicWriter topic, std::int64_t first, std::int64_t last) {
  for (auto i = first; i < last; ++i) topic.push(Numbered{.number = i}, i);
}

class LostCalls : public testing::TestWithParam<Lost> {
 protected:
  using Script = std::function<void(const std::shared_ptr<Session>&, const std::string& name)>;

  LostCalls() {
    auto transport = open_embedded_transport(directory_.path() / "store", {});
    EXPECT_THAT(transport, IsOk());
    transport_ = std::move(transport).ValueUnsafe();
    session_ = std::make_shared<Session>(transport_, ClientConfig{});
  }

  // Runs the script with its first call lost, then with the second one, and so on; then `check`
  // with what is there. Gives the names of the calls.
  std::set<std::string> lose_each_call(const Script& prepare, const Script& script,
                                       const std::function<void(const std::string&)>& check) {
    std::set<std::string> names;
    for (int call = 0;; ++call) {
      const std::string name = "drive" + std::to_string(call);
      prepare(session_, name);
      lossy_ = std::make_shared<LossyTransport>(transport_, call, GetParam());
      bool threw = false;
      try {
        script(std::make_shared<Session>(lossy_, ClientConfig{}), name);
      } catch (const UnavailableError&) {
        threw = true;
      }
      const std::string lost = lossy_->lost_name();
      SCOPED_TRACE("lost: " + lost);
      if (threw) {
        EXPECT_TRUE(kCallsThatThrow.contains(lost));
      } else {
        check(name);
      }
      if (lost.empty() || HasFailure()) return names;
      names.insert(lost);
    }
  }

  void expect_finalized(const std::string& name, const std::string& topic, std::int64_t rows) {
    const auto found =
        transport_->discover(protocol::ReadDescriptor{.locator = sequence_locator(name)});
    ASSERT_THAT(found, IsOk());
    ASSERT_EQ(found->sequence.sessions.size(), 1U);
    EXPECT_TRUE(found->sequence.sessions[0].completed_at_ns.has_value());
    for (const auto& endpoint : found->endpoints) {
      if (endpoint.topic.locator.topic != topic) continue;
      EXPECT_EQ(endpoint.topic.rows, rows) << topic;
      return;
    }
    EXPECT_LT(rows, 0) << topic << " is not there";
  }

  static void do_nothing(const std::shared_ptr<Session>&, const std::string&) {}

  const TemporaryDirectory directory_;
  std::shared_ptr<Transport> transport_;
  std::shared_ptr<Session> session_;  // Loses nothing.
  std::shared_ptr<LossyTransport> lossy_;
};

INSTANTIATE_TEST_SUITE_P(Of, LostCalls, testing::Values(Lost::Request, Lost::Answer),
                         [](const auto& lost) {
                           return std::string(lost.param == Lost::Request ? "Requests" : "Answers");
                         });

TEST_P(LostCalls, LeaveARecordingWhole) {
  const auto calls = lose_each_call(
      do_nothing,
      [](const std::shared_ptr<Session>& session, const std::string& name) {
        SequenceWriter sequence(core::value_or_throw(Recording::start(session, name, {}, {})));
        push_rows(sequence.topic_create<Numbered>("a"), 0, 10);
        push_rows(sequence.topic_create<Numbered>("b"), 0, 20);
        sequence.close();
      },
      [&](const std::string& name) {
        expect_finalized(name, "a", 10);
        expect_finalized(name, "b", 20);
      });
  EXPECT_THAT(calls, testing::IsSupersetOf({"sequence_create", "session_create", "topic_create",
                                            "upload", "finish", "session_finalize"}));
}

// A session whose recorder is gone: topics "a" and "b" with five rows, and "c", which never began.
void leave_a_session(Transport& transport, const std::string& name) {
  ASSERT_THAT(transport.sequence_create({.sequence = name}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto session, transport.session_create(sequence_locator(name)));
  const auto type = ontology_type<Numbered>();
  ASSERT_OK_AND_ASSIGN(const auto schema, ontology::to_arrow_schema(type.schema()));
  const auto numbers =
      arrow::json::ArrayFromJSONString(arrow::int64(), "[0, 1, 2, 3, 4]").ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(schema, 5, {numbers, numbers});
  for (const char* topic : {"a", "b", "c"}) {
    const auto locator = topic_locator(name, topic);
    ASSERT_OK_AND_ASSIGN(const auto created, transport.topic_create({.session_uuid = session.uuid,
                                                                     .locator = locator,
                                                                     .ontology_tag = type.tag()}));
    if (locator.topic == "c") continue;
    ASSERT_OK_AND_ASSIGN(
        const auto stream,
        transport.upload({.topic = locator, .topic_uuid = created.uuid, .ack = true}, schema));
    ASSERT_THAT(stream->write(batch), IsOk());
    ASSERT_THAT(stream->wait_durable(5), IsOk());
  }
}

TEST_P(LostCalls, LeaveWhatIsTakenOverWhole) {
  const auto calls = lose_each_call(
      [](const std::shared_ptr<Session>& session, const std::string& name) {
        leave_a_session(session->transport(), name);
      },
      [](const std::shared_ptr<Session>& session, const std::string& name) {
        SequenceWriter sequence(core::value_or_throw(Recording::resume(session, name, {})));
        push_rows(sequence.topic_create<Numbered>("a"), 5, 10);
        sequence.close();
      },
      [&](const std::string& name) {
        expect_finalized(name, "a", 10);
        expect_finalized(name, "b", 5);
        expect_finalized(name, "c", -1);
      });
  EXPECT_THAT(calls, testing::IsSupersetOf({"session_claim", "upload", "topic_schema",
                                            "topic_delete", "finish", "session_finalize"}));
}

TEST_P(LostCalls, TellOfEachGapOnce) {
  WriterConfig config;
  config.max_batch_size_records = 1;
  config.max_pending_batches = 1;
  config.when_full = WhenFull::DropNewest;
  const auto calls = lose_each_call(
      do_nothing,
      [&](const std::shared_ptr<Session>& session, const std::string& name) {
        SequenceWriter sequence(core::value_or_throw(Recording::start(session, name, {}, config)));
        auto topic = sequence.topic_create<Numbered>("a");
        lossy_->hold_rows();
        push_rows(topic, 0, 20);
        lossy_->let_rows_pass();
        sequence.close();
        EXPECT_GT(topic.stats().dropped_rows, 0);
      },
      [&](const std::string& name) {
        const auto list = transport_->notification_list(topic_locator(name, "a"));
        ASSERT_THAT(list, IsOk());
        std::int64_t dropped = 0;
        for (const auto& entry : list->notifications) {
          dropped += nlohmann::json::parse(entry.message).at("gap").at("rows").get<std::int64_t>();
        }
        expect_finalized(name, "a", 20 - dropped);
      });
  EXPECT_THAT(calls, testing::Contains("notification_create"));
}

}  // namespace
}  // namespace mosaico::client
