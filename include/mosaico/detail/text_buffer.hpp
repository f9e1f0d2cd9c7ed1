#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mosaico/detail/column_buffer.hpp"
#include "mosaico/error.hpp"

namespace mosaico::detail {

/// The offsets of lists and texts.
class Offsets {
 public:
  /// Ends the value of `row` at `end`; rows left out before it are empty.
  void append(std::int64_t row, std::int64_t end) {
    const auto at = static_cast<std::size_t>(row) + 1;
    if (at > offsets_.size()) offsets_.resize(at, offsets_.empty() ? 0 : offsets_.back());
    offsets_.push_back(static_cast<std::int32_t>(end));
  }

  void finish(std::int64_t rows) {
    if (!offsets_.empty()) offsets_.resize(static_cast<std::size_t>(rows) + 1, offsets_.back());
  }

  const std::int32_t* get(const Zeros& zeros) const {
    return offsets_.empty() ? static_cast<const std::int32_t*>(zeros.get()) : offsets_.data();
  }
  std::int32_t& operator[](std::size_t at) { return offsets_[at]; }
  std::size_t size() const { return offsets_.size(); }
  void clear() { offsets_.clear(); }

 private:
  std::vector<std::int32_t> offsets_;
};

template <bool kNullable>
class ColumnBuffer<std::string, kNullable> : public SteadyWithoutValues {
 public:
  static constexpr std::size_t kFixedBytes = sizeof(std::int32_t);
  static std::size_t variable_bytes(const std::string& value) { return value.size(); }

  void append(std::int64_t row, std::string_view value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    offsets_.append(row, static_cast<std::int64_t>(bytes_.size()));
    validity_.set(row);
  }

  bool begin_steady(std::size_t /*rows*/, std::size_t /*capacity*/) const {
    return offsets_.size() == 0;
  }

  void finish(std::int64_t rows) {
    offsets_.finish(rows);
    validity_.finish(rows);
  }

  ColumnView view(std::int64_t rows, const Zeros& zeros) const {
    ColumnView view{.kind = TypeKind::String, .length = rows};
    view.values = bytes_.empty() ? zeros.get() : bytes_.data();
    view.values_bytes = static_cast<std::int64_t>(bytes_.size());
    view.offsets = offsets_.get(zeros);
    validity_.apply_to(view, zeros);
    return view;
  }

  void clear() {
    bytes_.clear();
    offsets_.clear();
    validity_.clear();
  }

 private:
  std::vector<char> bytes_;
  Offsets offsets_;
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

template <bool kNullable>
class ColumnBuffer<Bytes, kNullable> : public SteadyWithoutValues {
 public:
  static constexpr std::size_t kFixedBytes = sizeof(std::int32_t);
  static std::size_t variable_bytes(const Bytes& value) { return value.size_hint(); }

  void append(std::int64_t row, const Bytes& value) {
    if (value.is_lazy()) {
      lazy_.emplace_back(row, value);
    } else {
      const auto bytes = value.span();
      bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    offsets_.append(row, static_cast<std::int64_t>(bytes_.size()));
    validity_.set(row);
  }

  bool begin_steady(std::size_t /*rows*/, std::size_t /*capacity*/) const {
    return offsets_.size() == 0;
  }

  /// Runs the producers of lazy bytes and puts their results in their places.
  void finish(std::int64_t rows) {
    offsets_.finish(rows);
    validity_.finish(rows);
    if (!lazy_.empty()) insert_lazy(rows);
  }

  ColumnView view(std::int64_t rows, const Zeros& zeros) const {
    ColumnView view{.kind = TypeKind::Binary, .length = rows};
    view.values = bytes_.empty() ? zeros.get() : bytes_.data();
    view.values_bytes = static_cast<std::int64_t>(bytes_.size());
    view.offsets = offsets_.get(zeros);
    validity_.apply_to(view, zeros);
    return view;
  }

  void clear() {
    bytes_.clear();
    lazy_.clear();
    offsets_.clear();
    validity_.clear();
  }

 private:
  void insert_lazy(std::int64_t rows) {
    std::vector<std::uint8_t> merged;
    std::size_t next = 0;
    std::int32_t begin = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int32_t end = offsets_[static_cast<std::size_t>(row) + 1];
      if (next < lazy_.size() && lazy_[next].first == row) {
        const auto bytes = lazy_[next++].second.span();
        merged.insert(merged.end(), bytes.begin(), bytes.end());
      } else {
        merged.insert(merged.end(), bytes_.begin() + begin, bytes_.begin() + end);
      }
      begin = end;
      offsets_[static_cast<std::size_t>(row) + 1] = static_cast<std::int32_t>(merged.size());
    }
    if (merged.size() > std::numeric_limits<std::int32_t>::max()) {
      throw LimitExceededError("encoded data of one batch exceeds 2 GiB");
    }
    bytes_.swap(merged);
    lazy_.clear();
  }

  std::vector<std::uint8_t> bytes_;
  std::vector<std::pair<std::int64_t, Bytes>> lazy_;
  Offsets offsets_;
  [[no_unique_address]] ValidityOf<kNullable> validity_;
};

}  // namespace mosaico::detail
