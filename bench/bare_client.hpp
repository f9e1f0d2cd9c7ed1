#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/actions.hpp"
#include "protocol/discovery.hpp"

namespace arrow::flight {
class FlightClient;
class FlightMetadataReader;
class FlightStreamWriter;
}  // namespace arrow::flight

namespace mosaico::bench {

// An upload by a bare client. One thread.
class BareUpload {
 public:
  BareUpload(std::unique_ptr<arrow::flight::FlightStreamWriter> writer,
             std::unique_ptr<arrow::flight::FlightMetadataReader> reader);
  ~BareUpload();
  BareUpload(BareUpload&&) noexcept;

  void write(const arrow::RecordBatch& batch);
  // Ends the stream, and waits for the last acknowledgement: then all rows are durable.
  std::int64_t finish();

 private:
  std::unique_ptr<arrow::flight::FlightStreamWriter> writer_;
  std::unique_ptr<arrow::flight::FlightMetadataReader> reader_;
};

// Arrow Flight and the words of the protocol, and nothing between: what the SDK is compared with.
// Throws mosaico::Error. One thread.
class BareClient {
 public:
  explicit BareClient(int port);
  ~BareClient();

  nlohmann::json act(std::string_view action, const nlohmann::json& body);
  protocol::QueryAnswer query(const nlohmann::json& body);

  // A topic of a new sequence that is being written.
  struct Recording {
    std::string session_uuid;
    std::string sequence;
  };
  Recording begin(const std::string& sequence);
  BareUpload upload(const Recording& recording, const std::string& topic,
                    const std::string& ontology_tag, const std::shared_ptr<arrow::Schema>& schema);
  void finalize(const Recording& recording);

  // A stream to a server that takes any.
  BareUpload put(const std::string& command, const std::shared_ptr<arrow::Schema>& schema);

  std::string ticket(const std::string& sequence, const std::string& topic,
                     const protocol::Window& window = {});
  struct Drained {
    std::int64_t rows = 0;
    std::int64_t bytes = 0;  // Of Arrow data.
    double first_batch_s = 0;
  };
  // Reads a stream to its end and drops what comes.
  Drained drain(const std::string& ticket);
  // The batches of a stream, as long as they are fewer than `bytes_max`.
  std::vector<std::shared_ptr<arrow::RecordBatch>> read(const std::string& ticket,
                                                        std::int64_t bytes_max);

 private:
  std::string answer_text(std::string_view action, const nlohmann::json& body);

  std::unique_ptr<arrow::flight::FlightClient> client_;
};

}  // namespace mosaico::bench
