#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "mosaico/detail/record_buffer.hpp"
#include "mosaico/detail/text_check.hpp"
#include "mosaico/message.hpp"

namespace mosaico {

/// What try_push() did with a row.
enum class PushResult {
  Pushed,         ///< Taken.
  Full,           ///< Not taken: the queue is full and the topic's policy is to wait.
  DroppedNewest,  ///< Not taken, by policy; counted in stats().
  DroppedOldest,  ///< Taken; an older batch was dropped for it, by policy; counted in stats().
};

namespace detail {

/// A lock for a handful of instructions.
class SpinLock {
 public:
  void lock() {
    while (flag_.test_and_set(std::memory_order_acquire)) wait();
  }
  bool try_lock() { return !flag_.test_and_set(std::memory_order_acquire); }
  void unlock() { flag_.clear(std::memory_order_release); }

 private:
  void wait();
  std::atomic_flag flag_;
};

/// What a lane knows about the C++ class of its rows.
struct LaneClass {
  std::unique_ptr<RecordBuffer> (*make_buffer)();
  /// Pushes a row of a stream of the same type.
  PushResult (*push_row)(class LaneFront& lane, const StreamBatch& batch, std::int64_t row,
                         bool wait);
};

/// The part of a lane that a push touches: the batch being filled. What happens to full batches is
/// the business of the class behind the virtual functions. One thread pushes; the lane's timer may
/// seal at the same time, which is what the lock is for.
class LaneFront {
 public:
  /// Without `lane_class` the rows are JSON values of a schema known only at run time.
  LaneFront(OntologyType type, const LaneClass* lane_class, std::size_t batch_rows_max)
      : type_(type), class_(lane_class), batch_rows_max_(batch_rows_max) {}
  LaneFront(const LaneFront&) = delete;
  LaneFront& operator=(const LaneFront&) = delete;
  virtual ~LaneFront() = default;

  OntologyType type() const { return type_; }

  /// With `wait` this is push(): it may wait, and throws. Without, it does not wait, and throws
  /// only what waiting would not cure.
  template <Described T>
  PushResult push(std::int64_t timestamp_ns, const T& value, const Header& header, bool wait) {
    if (type_ != ontology_type<T>()) refuse_type(ontology_type<T>());
    const bool with_header = !is_empty(header);
    if constexpr (!HasHeader<T>) {
      if (with_header) refuse_header();
    }
    check_texts(value, header, with_header);
    if (class_ == nullptr) [[unlikely]] {
      return push_row(*batch_of(type_, row_of(timestamp_ns, value, header)), 0, wait);
    }
    const std::size_t bytes = TypedRecordBuffer<T>::bytes_of(value) + header_bytes(header);
    std::lock_guard guard(lock_);
    PushResult result = PushResult::Pushed;
    if (bytes > bytes_left_) [[unlikely]] {
      result = make_room(bytes, timestamp_ns, wait);
      if (result == PushResult::Full || result == PushResult::DroppedNewest) return result;
    }
    auto& buffer = static_cast<TypedRecordBuffer<T>&>(*current_);
    if constexpr (HasHeader<T>) {
      if (with_header) [[unlikely]] {
        buffer.append_with_header(timestamp_ns, value,
                                  std::optional(merge_headers(value.header, header)), bytes);
        count_row(bytes);
        return result;
      }
    }
    buffer.append(timestamp_ns, value, bytes);
    count_row(bytes);
    return result;
  }

  /// A row of a stream. Its type must be the lane's.
  PushResult push_row(const StreamBatch& batch, std::int64_t row, bool wait) {
    if (type_ != batch.type) refuse_type(batch.type);
    return class_ != nullptr ? class_->push_row(*this, batch, row, wait)
                             : push_dynamic_row(batch, row, wait);
  }

  /// A single row of a described class, with its header merged.
  template <Described T>
  static std::shared_ptr<RecordBuffer> row_of(std::int64_t timestamp_ns, const T& value,
                                              const Header& header) {
    auto buffer = std::make_shared<TypedRecordBuffer<T>>();
    const std::size_t bytes = TypedRecordBuffer<T>::bytes_of(value);
    if constexpr (HasHeader<T>) {
      if (!is_empty(header)) {
        buffer->append_with_header(timestamp_ns, value,
                                   std::optional(merge_headers(value.header, header)), bytes);
        return buffer;
      }
    }
    buffer->append(timestamp_ns, value, bytes);
    return buffer;
  }

 protected:
  /// Called with the lock held when a row of `bytes` does not fit: seals the batch, waits or drops
  /// as the policy says, and leaves a batch with room. Throws the lane's error, LimitExceededError
  /// for too large a record, LockedError after the end.
  virtual PushResult make_room(std::size_t bytes, std::int64_t timestamp_ns, bool wait) = 0;
  /// Called with the lock held when the batch has reached its number of rows; never waits.
  virtual void on_batch_full() = 0;
  /// Called with the lock held after the first row of a batch.
  virtual void on_first_row() = 0;
  /// push_row() of a lane without a class.
  virtual PushResult push_dynamic_row(const StreamBatch& batch, std::int64_t row, bool wait) = 0;

  [[noreturn]] void refuse_type(OntologyType pushed) const;
  [[noreturn]] void refuse_header() const;
  [[noreturn]] void refuse_text(const std::string& path) const;
  template <Described T>
  void check_texts(const T& value, const Header& header, bool with_header) const {
    std::string path;
    if (!texts_are_utf8(value, path)) [[unlikely]]
      refuse_text(path);
    if (with_header && !texts_are_utf8(header, path)) [[unlikely]]
      refuse_text("header." + path);
  }
  static std::size_t header_bytes(const Header& header) {
    return header.frame_id.has_value() ? header.frame_id->size() : 0;
  }

  void count_row(std::size_t bytes) {
    bytes_left_ -= bytes;
    pushed_rows_.store(pushed_rows_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    const auto rows = static_cast<std::size_t>(current_->rows());
    if (rows == 1) on_first_row();
    if (rows >= batch_rows_max_) on_batch_full();
  }

  // Constant after construction.
  const OntologyType type_;
  const LaneClass* const class_;
  const std::size_t batch_rows_max_;

  SpinLock lock_;
  // Guarded by lock_.
  std::unique_ptr<RecordBuffer> current_;
  std::size_t bytes_left_ = 0;  // 0 also when there is no batch, it is full, or the lane ended.

  std::atomic<std::int64_t> pushed_rows_ = 0;  // Written under lock_.
};

template <typename T>
inline constexpr LaneClass kLaneClassOf = {
    .make_buffer = []() -> std::unique_ptr<RecordBuffer> {
      return std::make_unique<TypedRecordBuffer<T>>();
    },
    .push_row =
        [](LaneFront& lane, const StreamBatch& batch, std::int64_t row, bool wait) {
          T value;
          read_members(batch.columns, row, batch.owner, value);
          return lane.push(batch.timestamps.number<std::int64_t>(row), value, Header{}, wait);
        }};

template <typename T>
inline constexpr MessageClass kMessageClassOf = {
    .type = [] { return ontology_type<T>(); },
    .header = [](const void* object) -> std::optional<Header> {
      if constexpr (HasHeader<T>) return static_cast<const T*>(object)->header;
      return std::nullopt;
    },
    .push =
        [](LaneFront& lane, std::int64_t timestamp_ns, const void* object, const Header& header,
           bool wait) {
          return lane.push(timestamp_ns, *static_cast<const T*>(object), header, wait);
        },
    .row =
        [](std::int64_t timestamp_ns, const void* object, const Header& header) {
          return LaneFront::row_of(timestamp_ns, *static_cast<const T*>(object), header);
        }};

}  // namespace detail

template <Described T>
Message::Message(std::int64_t timestamp_ns, T data, Header header)
    : timestamp_ns_(timestamp_ns),
      object_(std::make_shared<const T>(std::move(data))),
      class_(&detail::kMessageClassOf<T>),
      header_(std::move(header)) {}

}  // namespace mosaico
