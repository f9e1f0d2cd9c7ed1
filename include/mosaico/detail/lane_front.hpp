#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "mosaico/detail/owner_lock.hpp"
#include "mosaico/detail/record_buffer.hpp"
#include "mosaico/detail/text_check.hpp"
#include "mosaico/message.hpp"
#include "mosaico/push_result.hpp"

namespace mosaico {

namespace detail {

/// What a lane knows about the C++ class of its rows.
struct LaneClass {
  std::unique_ptr<RecordBuffer> (*make_buffer)();
  /// Pushes a row of a stream of the same type.
  PushResult (*push_row)(class LaneFront& lane, const StreamBatch& batch, std::int64_t row,
                         bool wait);
};

/// Its address tells C++ classes apart, without the look-up of an OntologyType.
template <typename T>
inline constexpr char kTagOf = 0;

/// The part of a lane that a push touches: the batch being filled. What happens to full batches is
/// the business of the class behind the virtual functions. One thread pushes and owns the lock; the
/// lane's timer, or whoever flushes, may seal at the same time, which is what the lock is for.
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
  [[gnu::always_inline]] PushResult push(std::int64_t timestamp_ns, const T& value,
                                         const Header& header, bool wait) {
    if (is_empty(header) && push_steady(timestamp_ns, value)) [[likely]]
      return PushResult::Pushed;
    return push_any(timestamp_ns, value, header, wait);
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

 private:
  /// What takes nearly all rows: of one shape, in the middle of a batch.
  template <Described T>
  [[gnu::always_inline]] bool push_steady(std::int64_t timestamp_ns, const T& value) {
    if (!lock_.try_enter()) return false;
    const bool taken =
        steady_class_ == &kTagOf<T> && current<T>().append_steady(timestamp_ns, value);
    lock_.leave();
    return taken;
  }

  /// A row of any shape.
  template <Described T>
  [[gnu::noinline]] PushResult push_any(std::int64_t timestamp_ns, const T& value,
                                        const Header& header, bool wait) {
    if (type_ != ontology_type<T>()) refuse_type(ontology_type<T>());
    const bool with_header = !is_empty(header);
    if constexpr (!HasHeader<T>) {
      if (with_header) refuse_header();
    }
    check_texts(value, header, with_header);
    if (class_ == nullptr) {
      return push_row(*batch_of(type_, row_of(timestamp_ns, value, header)), 0, wait);
    }
    const std::size_t bytes = TypedRecordBuffer<T>::bytes_of(value) + header_bytes(header);
    const OwnerLock::Guard guard(lock_);
    end_steady_rows<T>();
    PushResult result = PushResult::Pushed;
    if (bytes > bytes_left_) {
      result = make_room(bytes, timestamp_ns, wait);
      if (result == PushResult::Full || result == PushResult::DroppedNewest) return result;
    }
    auto& buffer = current<T>();
    if constexpr (HasHeader<T>) {
      if (with_header) {
        buffer.append_with_header(timestamp_ns, value,
                                  std::optional(merge_headers(value.header, header)), bytes);
        count_row(bytes);
        return result;
      }
    }
    buffer.append(timestamp_ns, value, bytes);
    count_row(bytes);
    begin_steady_rows<T>();
    return result;
  }

  template <Described T>
  TypedRecordBuffer<T>& current() {
    return static_cast<TypedRecordBuffer<T>&>(*current_);
  }

  /// After a row. The longer the batch the rarer: one whose rows differ pays little for trying.
  template <Described T>
  void begin_steady_rows() {
    if (bytes_left_ == 0) return;  // Perhaps sealed, and the buffer gone.
    auto& buffer = current<T>();
    const auto rows = static_cast<std::size_t>(buffer.rows());
    if (!std::has_single_bit(rows)) return;
    constexpr std::size_t kRowsMin = 64;
    // The next try, or the end of the batch, comes with a row that is not counted here.
    const std::size_t wanted = std::max({2 * rows, kRowsMin, rows_before_});
    const std::size_t more = std::min({wanted - rows - 1, batch_rows_max_ - rows - 1,
                                       bytes_left_ / TypedRecordBuffer<T>::kFixedBytes});
    if (more == 0 || !buffer.begin_steady(rows + more)) return;
    steady_class_ = &kTagOf<T>;
    bytes_left_ -= more * TypedRecordBuffer<T>::kFixedBytes;
  }

  /// Before anything but a steady row.
  template <Described T>
  void end_steady_rows() {
    if (std::exchange(steady_class_, nullptr) == nullptr) return;
    bytes_left_ += current<T>().steady_rows_left() * TypedRecordBuffer<T>::kFixedBytes;
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
    const auto rows = static_cast<std::size_t>(current_->rows());
    if (rows == 1) on_first_row();
    if (rows >= batch_rows_max_) on_batch_full();
  }

  /// With the lock held: the next push calls make_room().
  void end_batch() {
    bytes_left_ = 0;
    steady_class_ = nullptr;
  }

  // Constant after construction.
  const OntologyType type_;
  const LaneClass* const class_;
  const std::size_t batch_rows_max_;

  mutable OwnerLock lock_;  // Owned by the thread that pushes.
  // Guarded by lock_.
  std::unique_ptr<RecordBuffer> current_;
  // 0 also without a batch, when it is full, and at the end. Without what steady rows may take.
  std::size_t bytes_left_ = 0;
  const char* steady_class_ = nullptr;  // kTagOf<T> while current_ is steady, with rows of T.
  std::int64_t gone_rows_ = 0;          // Pushed, and not in current_ any more.
  std::size_t rows_before_ = 0;  // Of the last batch: the next one has room for as many at once.
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
