#include <gmock/gmock.h>

#include <cstdint>
#include <string>

#include "core/error.hpp"
#include "engine/engine.hpp"
#include "mosaico/mosaico.hpp"
#include "server/flight_service.hpp"
#include "support/numbered.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kMoreThanThereIs = std::int64_t{1} << 60;

// Records three rows; the text of the LimitExceededError that ends it.
std::string record_until_refused(MosaicoClient& client) {
  try {
    client.record("drive", {}, [](SequenceWriter& sequence) {
      auto topic = sequence.topic_create<Numbered>("rows");
      for (int i = 0; i < 3; ++i) topic.push(Numbered{i}, i);
      topic.flush();
    });
  } catch (const LimitExceededError& error) {
    return error.what();
  }
  return "was not refused";
}

TEST(FullDisk, IsAClearErrorForWhoRecordsIntoADirectory) {
  const TemporaryDirectory directory;
  auto client =
      MosaicoClient::open(directory.path() / "store", {.min_free_bytes = kMoreThanThereIs});
  EXPECT_THAT(record_until_refused(client), HasSubstr("min_free_bytes"));
  auto without_floor = MosaicoClient::open(directory.path() / "other", {.min_free_bytes = 0});
  EXPECT_EQ(record_until_refused(without_floor), "was not refused");
}

TEST(FullDisk, IsAClearErrorForTheClientsOfAServer) {
  const TemporaryDirectory directory;
  engine::EngineOptions options;
  options.min_free_bytes = kMoreThanThereIs;
  const auto engine =
      core::value_or_throw(engine::open_directory(directory.path() / "store", options));
  server::ServiceOptions service_options;
  service_options.port = 0;
  {
    server::FlightService service(engine, service_options);
    core::throw_if_error(service.start());
    auto client = MosaicoClient::connect("127.0.0.1", service.port());
    EXPECT_THAT(record_until_refused(client), HasSubstr("min_free_bytes"));
    EXPECT_TRUE(client.list_sequences().sequences.empty()) << "OnErrorPolicy::Delete";
    service.stop(std::chrono::milliseconds(100));
  }
  EXPECT_TRUE(engine->close().ok());
}

}  // namespace
}  // namespace mosaico
