#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/detail/record_buffer.hpp"
#include "mosaico/detail/record_reader.hpp"
#include "mosaico/ontology/time.hpp"

namespace mosaico {

enum class PushResult;

namespace detail {

/// Decoded rows of one topic. Immutable; views and owning messages point into it.
struct StreamBatch {
  OntologyType type;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  ColumnView timestamps;
  std::vector<ColumnView> columns;     // As type.schema().fields.
  const ColumnView* header = nullptr;  // The column of the data class's header, if it has one.
  ColumnOwner owner;
};

std::optional<nlohmann::json> field_of(const StreamBatch& batch, std::int64_t row,
                                       std::string_view path);
nlohmann::json to_json(const StreamBatch& batch, std::int64_t row);

/// A single finished row as a batch of its own. Takes the buffer over.
std::shared_ptr<const StreamBatch> batch_of(OntologyType type,
                                            std::shared_ptr<RecordBuffer> buffer);

}  // namespace detail

/// One row of a stream, valid until the stream's next step. Copying it is free; nothing of the
/// data is copied before get_data(), and blobs not even then.
class MessageView {
 public:
  std::int64_t timestamp_ns() const { return batch_->timestamps.number<std::int64_t>(row_); }
  /// The `header` column of the data; empty when absent or all null.
  std::optional<Header> header() const;
  /// Comparable with ontology_type<T>(), hashable.
  OntologyType ontology_type() const { return batch_->type; }
  const std::string& ontology_tag() const { return batch_->type.tag(); }

  /// The data as a T; empty when the topic is of another type (another tag or other columns).
  template <Described T>
  std::optional<T> get_data() const {
    if (batch_->type != mosaico::ontology_type<T>()) return std::nullopt;
    std::optional<T> data(std::in_place);
    detail::read_members(batch_->columns, row_, batch_->owner, *data);
    return data;
  }

  /// A column or struct member by its dotted path ("acceleration.x"), also of types that no C++
  /// class describes. JSON null is a null value; empty means that there is no such column.
  /// Blobs come as JSON binary values, types without JSON form (times, decimals) as text.
  std::optional<nlohmann::json> field(std::string_view path) const {
    return detail::field_of(*batch_, row_, path);
  }
  /// All columns of the row, without `timestamp_ns`.
  nlohmann::json to_json() const { return detail::to_json(*batch_, row_); }

  MessageView(const std::shared_ptr<const detail::StreamBatch>& batch, std::int64_t row)
      : batch_(batch.get()), row_(row), owner_(&batch) {}

 private:
  friend class Message;
  const detail::StreamBatch* batch_;
  std::int64_t row_;
  const std::shared_ptr<const detail::StreamBatch>* owner_;
};

namespace detail {

template <typename T>
concept HasHeader = requires(const T& value) {
  requires std::is_same_v<std::decay_t<decltype(value.header)>, std::optional<Header>>;
};

class LaneFront;

/// What a message to be pushed knows about the class of its object.
struct MessageClass {
  OntologyType (*type)();
  std::optional<Header> (*header)(const void* object);
  PushResult (*push)(LaneFront& lane, std::int64_t timestamp_ns, const void* object,
                     const Header& header, bool wait);
  std::shared_ptr<RecordBuffer> (*row)(std::int64_t timestamp_ns, const void* object,
                                       const Header& header);
};

}  // namespace detail

/// An owning message: an object to be pushed, or a row kept from a stream. A value; copies share
/// the data. Thread-safe for reading.
class Message {
 public:
  /// A message to push. Members set in `header` replace those of the object's own header; for a
  /// class without one a non-empty header makes push() throw InvalidError.
  template <Described T>
  Message(std::int64_t timestamp_ns, T data, Header header = {});
  /// Keeps a row beyond the stream's next step; its batch stays in memory with it.
  explicit Message(const MessageView& view) : batch_(*view.owner_), row_(view.row_) {}

  std::int64_t timestamp_ns() const {
    return class_ != nullptr ? timestamp_ns_ : view().timestamp_ns();
  }
  std::optional<Header> header() const;
  OntologyType ontology_type() const { return class_ != nullptr ? class_->type() : batch_->type; }
  const std::string& ontology_tag() const { return ontology_type().tag(); }

  template <Described T>
  std::optional<T> get_data() const {
    if (class_ == nullptr) return view().get_data<T>();
    if (class_->type() != mosaico::ontology_type<T>()) return std::nullopt;
    return *static_cast<const T*>(object_.get());
  }

  /// As MessageView::field() and to_json().
  std::optional<nlohmann::json> field(std::string_view path) const;
  nlohmann::json to_json() const;

 private:
  friend class TopicWriter;
  MessageView view() const { return {batch_, row_}; }
  /// The object as a row of columns.
  std::shared_ptr<const detail::StreamBatch> as_row() const;

  // An object to be pushed:
  std::int64_t timestamp_ns_ = 0;
  std::shared_ptr<const void> object_;
  const detail::MessageClass* class_ = nullptr;
  Header header_ = {};
  // or a row of a stream:
  std::shared_ptr<const detail::StreamBatch> batch_;
  std::int64_t row_ = 0;
};

/// The members of `replacement` that are set, else those of `original`.
Header merge_headers(const std::optional<Header>& original, const Header& replacement);
/// Whether no member is set.
inline bool is_empty(const Header& header) {
  return !header.timestamp.has_value() && !header.frame_id.has_value() &&
         !header.sample_counter.has_value();
}

}  // namespace mosaico
