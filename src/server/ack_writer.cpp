#include "server/ack_writer.hpp"

#include <arrow/buffer.h>

#include <utility>

#include "server/guard.hpp"

namespace mosaico::server {

using core::Status;
using protocol::PutAck;

Status write_ack(arrow::flight::FlightMetadataWriter& writer, const PutAck& ack) {
  const std::string text = ack.to_text();
  return writer.WriteMetadata(*arrow::Buffer::FromString(text));
}

void AckQueue::post(const PutAck& ack) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    next_ = ack;
  }
  changed_.notify_one();
}

std::optional<PutAck> AckQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || next_.has_value(); });
  return std::exchange(next_, std::nullopt);
}

void AckQueue::close(const std::optional<PutAck>& last) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    next_ = last;
  }
  changed_.notify_one();
}

AckWriter::AckWriter(arrow::flight::FlightMetadataWriter* writer)
    : writer_(writer), thread_([this] { run(); }) {}

AckWriter::~AckWriter() {
  queue_->close(std::nullopt);
  if (thread_.joinable()) thread_.join();
}

Status AckWriter::finish(const PutAck& last) {
  queue_->close(last);
  thread_.join();
  return failure_;
}

void AckWriter::run() {
  while (failure_.ok()) {
    const std::optional<PutAck> ack = queue_->take();
    if (!ack) return;
    failure_ = catch_all([&] { return write_ack(*writer_, *ack); });
  }
}

}  // namespace mosaico::server
