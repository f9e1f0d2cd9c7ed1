#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "client/transport.hpp"

namespace arrow::flight {
class FlightCallOptions;
class FlightClient;
}  // namespace arrow::flight

namespace mosaico::client {

// The streams of a Flight transport. Each keeps its connection alive.
Result<std::unique_ptr<UploadStream>> open_flight_upload(
    const std::shared_ptr<arrow::flight::FlightClient>& client,
    const arrow::flight::FlightCallOptions& options, const protocol::PutDescriptor& descriptor,
    const std::shared_ptr<arrow::Schema>& schema, int64_t message_bytes_max);

Result<std::unique_ptr<DownloadStream>> open_flight_download(
    const std::shared_ptr<arrow::flight::FlightClient>& client,
    const arrow::flight::FlightCallOptions& options, const std::string& ticket);

}  // namespace mosaico::client
