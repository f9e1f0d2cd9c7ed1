#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine.hpp"
#include "protocol/flight_status.hpp"
#include "server/flight_service.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::server {

namespace flight = arrow::flight;
using nlohmann::json;

inline constexpr const char* kUuid = "0b6f7d1e-2c3a-4f5b-8a9d-0e1f2a3b4c5d";
inline constexpr const char* kPutCommand =
    R"({"resource_locator":"run1/imu","topic_uuid":"0b6f7d1e-2c3a-4f5b-8a9d-0e1f2a3b4c5d"})";

std::shared_ptr<arrow::Schema> small_schema();
// Rows (timestamp_ns, value = 2 × timestamp_ns).
std::shared_ptr<arrow::RecordBatch> rows_of(const std::vector<int64_t>& timestamps_ns);
// A batch of `rows` rows and about `bytes` bytes, of another schema.
std::shared_ptr<arrow::RecordBatch> large_rows(int64_t rows, int64_t bytes);

// A service in this process and a client of Arrow's own, which knows nothing of Mosaico.
class FlightFixture : public testing::Test {
 protected:
  void start(std::shared_ptr<engine::Engine> engine, ServiceOptions options = {},
             std::shared_ptr<catalog::Catalog> keys = nullptr);
  void TearDown() override;

  Result<std::unique_ptr<flight::FlightClient>> connect() const;

  // The bodies of an action's Results.
  Result<std::vector<std::string>> act_results(const std::string& action, const std::string& body);
  // The same, joined.
  Result<std::string> act_text(const std::string& action, const std::string& body);
  // `response` of the answer.
  Result<json> act(const std::string& action, const std::string& body);
  // The error of an action that must fail.
  Status act_fails(const std::string& action, const std::string& body);

  Result<flight::FlightClient::DoPutResult> put(const std::string& command,
                                                const std::shared_ptr<arrow::Schema>& schema);
  // A whole upload: opens, writes, ends properly.
  Status upload(const std::string& command, const std::shared_ptr<arrow::Schema>& schema,
                const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches);

  std::unique_ptr<FlightService> service_;
  std::unique_ptr<flight::FlightClient> client_;
  flight::FlightCallOptions call_options_;  // Of every call that the fixture makes.
};

}  // namespace mosaico::server
