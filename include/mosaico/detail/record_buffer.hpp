#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "mosaico/detail/growing_array.hpp"
#include "mosaico/detail/struct_buffer.hpp"

namespace mosaico::detail {

/// The rows of a batch while it is being filled: one thread appends, then one (other) thread
/// finishes and reads, then it is cleared and filled again.
class RecordBuffer {
 public:
  RecordBuffer() = default;
  RecordBuffer& operator=(const RecordBuffer&) = delete;
  virtual ~RecordBuffer() = default;

  std::int64_t rows() const { return static_cast<std::int64_t>(rows_); }
  /// In Arrow's layout, null columns included.
  std::size_t bytes() const { return bytes_ + (rows_ - counted_rows_) * steady_row_bytes_; }

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
    rows_ = 0;
    counted_rows_ = 0;
    bytes_ = 0;
  }

  /// After finish(). Once cleared, rows like these find pages in it that are not fresh. Null where
  /// there are no copies.
  virtual std::unique_ptr<RecordBuffer> copy() const { return nullptr; }

 protected:
  RecordBuffer(const RecordBuffer&) = default;

  /// Ends a row: from here on it counts.
  void add_row(std::int64_t timestamp_ns, std::size_t row_bytes) {
    timestamps_.push_back(timestamp_ns);
    ++rows_;
    ++counted_rows_;
    bytes_ += row_bytes;
  }

  GrowingArray<std::int64_t> timestamps_;
  std::size_t rows_ = 0;
  // Rows past counted_rows_ were taken by append_steady(): of steady_row_bytes_ each.
  std::size_t counted_rows_ = 0;
  std::size_t steady_rows_max_ = 0;
  std::size_t steady_row_bytes_ = 0;
  std::size_t bytes_ = 0;  // Of the counted rows.
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
    end_steady();
    members_.append(rows(), value);
    add_row(timestamp_ns, row_bytes);
  }

  template <typename Header>
  void append_with_header(std::int64_t timestamp_ns, const T& value, const Header& header,
                          std::size_t row_bytes) {
    end_steady();
    members_.append_with_header(rows(), value, header);
    add_row(timestamp_ns, row_bytes);
  }

  /// Makes room for `rows_max` rows; further ones may then come by append_steady(), until something
  /// else is called. False, and nothing has happened, where the shape differs from row to row.
  bool begin_steady(std::size_t rows_max) {
    end_steady();
    try {
      timestamps_.reserve(rows_max);
      if (!members_.begin_steady(rows_, rows_max)) return false;
    } catch (const std::bad_alloc&) {
      members_.end_steady(rows_);
      return false;
    }
    plain_ = members_.is_plain();
    steady_rows_max_ = rows_max;
    steady_row_bytes_ = kFixedBytes;
    return true;
  }

  /// Takes a row that has values in the same columns as those before it. False: it has not, or
  /// there is no room; nothing was taken.
  ///
  /// Without a call, and so inlined, where the rows are plain: the time of a push is that of its
  /// stores, and a call's are as many as the row's (workload push_imu).
  [[gnu::always_inline]] bool append_steady(std::int64_t timestamp_ns, const T& value) {
    return plain_ ? append_steady<true>(timestamp_ns, value) : append_mixed(timestamp_ns, value);
  }

  std::size_t steady_rows_left() const {
    return steady_row_bytes_ == 0 ? 0 : steady_rows_max_ - rows_;
  }

  void finish() override {
    end_steady();
    // bytes() counts every element of every list, so no null column is longer than this; offsets
    // have one more than elements.
    zeros_.reserve(bytes() + kFixedBytes + sizeof(std::int64_t));
    members_.finish(rows());
  }

  std::vector<ColumnView> columns() const override { return members_.views(rows(), zeros_); }

  std::unique_ptr<RecordBuffer> copy() const override {
    return std::make_unique<TypedRecordBuffer>(*this);
  }

  void clear() override {
    end_steady();
    RecordBuffer::clear();
    members_.clear();
  }

 private:
  template <bool kPlain>
  [[gnu::always_inline]] bool append_steady(std::int64_t timestamp_ns, const T& value) {
    const std::size_t row = rows_;
    if (row >= steady_rows_max_ || !members_.template append_steady<kPlain>(row, value)) {
      return false;
    }
    timestamps_.data()[row] = timestamp_ns;
    rows_ = row + 1;
    return true;
  }
  [[gnu::noinline]] bool append_mixed(std::int64_t timestamp_ns, const T& value) {
    return append_steady<false>(timestamp_ns, value);
  }

  void end_steady() {
    if (steady_row_bytes_ == 0) return;
    members_.end_steady(rows_);
    timestamps_.set_size(rows_);
    bytes_ = bytes();
    counted_rows_ = rows_;
    steady_rows_max_ = 0;
    steady_row_bytes_ = 0;
  }

  bool plain_ = false;
  MemberBuffers<T> members_;
  Zeros zeros_;
};

}  // namespace mosaico::detail
