#include <arrow/flight/types.h>
#include <arrow/type.h>

#include <string>
#include <utility>

#include "protocol/actions.hpp"
#include "server/flight_service.hpp"
#include "server/guard.hpp"

namespace mosaico::server {

namespace flight = arrow::flight;
using core::error;

namespace {

// Asks the engine page by page, so that memory does not grow with the number of sequences.
class SequenceListing : public flight::FlightListing {
 public:
  explicit SequenceListing(std::shared_ptr<engine::Engine> engine) : engine_(std::move(engine)) {}

  Result<std::unique_ptr<flight::FlightInfo>> Next() override {
    std::unique_ptr<flight::FlightInfo> info;
    ARROW_RETURN_NOT_OK(handle("ListFlights", [&] { return next(&info); }));
    return info;
  }

  // Reads the first page, so that an error ends the call before anything was sent.
  Status fetch() {
    ARROW_ASSIGN_OR_RAISE(page_, engine_->sequence_list({.prefix = "", .cursor = page_.cursor}));
    position_ = 0;
    return Status::OK();
  }

 private:
  Status next(std::unique_ptr<flight::FlightInfo>* info) {
    while (position_ == page_.sequences.size()) {
      if (page_.cursor.empty()) return Status::OK();
      ARROW_RETURN_NOT_OK(fetch());
    }
    const auto& sequence = page_.sequences[position_++];
    ARROW_ASSIGN_OR_RAISE(
        auto made,
        flight::FlightInfo::Make(arrow::Schema({}), flight::FlightDescriptor::Path({sequence.name}),
                                 {}, sequence.rows, sequence.bytes));
    *info = std::make_unique<flight::FlightInfo>(std::move(made));
    return Status::OK();
  }

  const std::shared_ptr<engine::Engine> engine_;
  protocol::SequenceListAnswer page_;
  size_t position_ = 0;
};

}  // namespace

Status FlightService::ListFlights(const flight::ServerCallContext&,
                                  const flight::Criteria* criteria,
                                  std::unique_ptr<flight::FlightListing>* listing) {
  return handle("ListFlights", [&]() -> Status {
    if (criteria != nullptr && !criteria->expression.empty() && criteria->expression != "/") {
      return error(ErrorKind::Invalid, "the criteria must be empty or \"/\", not ",
                   core::quoted(criteria->expression));
    }
    auto sequences = std::make_unique<SequenceListing>(engine_);
    ARROW_RETURN_NOT_OK(sequences->fetch());
    *listing = std::move(sequences);
    return Status::OK();
  });
}

}  // namespace mosaico::server
