#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mosaico/detail/struct_buffer.hpp"

namespace mosaico::detail {

/// The rows of a batch while it is being filled: one thread appends, then one (other) thread
/// finishes and reads, then it is cleared and filled again.
class RecordBuffer {
 public:
  RecordBuffer() = default;
  RecordBuffer(const RecordBuffer&) = delete;
  RecordBuffer& operator=(const RecordBuffer&) = delete;
  virtual ~RecordBuffer() = default;

  std::int64_t rows() const { return static_cast<std::int64_t>(timestamps_.size()); }
  /// In Arrow's layout, null columns included.
  std::size_t bytes() const { return bytes_; }

  /// Pads columns, computes lazy bytes. Throws what their producers throw.
  virtual void finish() = 0;
  /// The columns after `timestamp_ns`, borrowed until clear(). Call finish() first.
  virtual std::vector<ColumnView> columns() const = 0;
  ColumnView timestamp_column() const {
    ColumnView view{.kind = TypeKind::Int64, .length = rows()};
    view.values = timestamps_.data();
    return view;
  }

  virtual void clear() {
    timestamps_.clear();
    bytes_ = 0;
  }

 protected:
  /// Ends a row: from here on it counts.
  void add_row(std::int64_t timestamp_ns, std::size_t row_bytes) {
    timestamps_.push_back(timestamp_ns);
    bytes_ += row_bytes;
  }

 private:
  std::vector<std::int64_t> timestamps_;
  std::size_t bytes_ = 0;
};

/// Rows of a described type.
template <Described T>
class TypedRecordBuffer final : public RecordBuffer {
 public:
  static constexpr std::size_t kFixedBytes = sizeof(std::int64_t) + MemberBuffers<T>::kFixedBytes;

  static std::size_t bytes_of(const T& value) {
    return kFixedBytes + MemberBuffers<T>::variable_bytes(value);
  }

  void append(std::int64_t timestamp_ns, const T& value, std::size_t row_bytes) {
    members_.append(rows(), value);
    add_row(timestamp_ns, row_bytes);
  }

  template <typename Header>
  void append_with_header(std::int64_t timestamp_ns, const T& value, const Header& header,
                          std::size_t row_bytes) {
    members_.append_with_header(rows(), value, header);
    add_row(timestamp_ns, row_bytes);
  }

  void finish() override {
    // bytes() counts every element of every list, so no null column is longer than this; offsets
    // have one more than elements.
    zeros_.reserve(bytes() + kFixedBytes + sizeof(std::int64_t));
    members_.finish(rows());
  }

  std::vector<ColumnView> columns() const override { return members_.views(rows(), zeros_); }

  void clear() override {
    RecordBuffer::clear();
    members_.clear();
  }

 private:
  MemberBuffers<T> members_;
  Zeros zeros_;
};

}  // namespace mosaico::detail
