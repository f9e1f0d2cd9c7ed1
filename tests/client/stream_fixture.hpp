#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/fake_transport.hpp"
#include "client/read/merged_stream.hpp"
#include "client/session.hpp"
#include "core/error.hpp"
#include "mosaico/handler.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::client {

// Streams over a FakeTransport with one sequence, "run".
class StreamTest : public testing::Test {
 protected:
  using Row = std::pair<std::string, int64_t>;  // Topic and time.

  StreamTest() { transport_->add_sequence("run"); }

  // Adds "run/<name>" with a batch for each list of times.
  void add(const std::string& name, const std::vector<std::vector<int64_t>>& times_of_batches) {
    transport_->add_topic("run/" + name, number_topic(times_of_batches));
  }

  Result<std::shared_ptr<MergedStream>> merge(const StreamOptions& options = {},
                                              const FollowPatience& patience = {}) {
    return MergedStream::open(session_, {.locator = {.sequence = "run", .topic = "", .session = ""},
                                         .options = options,
                                         .patience = patience});
  }
  SequenceDataStreamer stream(const StreamOptions& options = {}) {
    return SequenceDataStreamer(core::value_or_throw(merge(options)));
  }
  TopicDataStreamer topic_stream(const std::string& name, const StreamOptions& options = {}) {
    return TopicDataStreamer(core::value_or_throw(
        MergedStream::open(session_, {.locator = {.sequence = "run", .topic = name, .session = ""},
                                      .options = options,
                                      .type = ontology_type<TestNumber>()})));
  }

  static std::vector<Row> rows_of(SequenceDataStreamer streamer) {
    std::vector<Row> rows;
    for (const auto& [topic, message] : streamer) rows.emplace_back(topic, message.timestamp_ns());
    return rows;
  }

  std::shared_ptr<FakeTransport> transport_ = std::make_shared<FakeTransport>();
  std::shared_ptr<Session> session_ = std::make_shared<Session>(transport_, ClientConfig{});
};

// Runs `call` and gives the kind and the text of the error it throws.
template <typename Call>
std::optional<std::pair<ErrorKind, std::string>> thrown_by(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::pair(error.code(), std::string(error.what()));
  }
  return std::nullopt;
}

}  // namespace mosaico::client
