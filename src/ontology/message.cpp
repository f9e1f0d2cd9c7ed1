#include "mosaico/message.hpp"

#include <utility>

namespace mosaico {

namespace {

// Whether a column called "header" is that of the data classes. A topic of an unknown type may
// have something else there.
bool is_header(const detail::ColumnView& column) {
  const auto is_time = [](const detail::ColumnView& time) {
    return time.kind == TypeKind::Struct && time.children.size() == 2 &&
           time.children[0].kind == TypeKind::Int32 && time.children[1].kind == TypeKind::UInt32;
  };
  return column.kind == TypeKind::Struct && column.children.size() == 3 &&
         is_time(column.children[0]) && column.children[1].kind == TypeKind::String &&
         column.children[2].kind == TypeKind::UInt64;
}

}  // namespace

std::optional<Header> MessageView::header() const {
  const detail::ColumnView* column = batch_->header;
  if (column == nullptr || !is_header(*column)) return std::nullopt;
  std::optional<Header> header;
  detail::read_value(*column, row_, batch_->owner, header);
  return header;
}

std::optional<Header> Message::header() const {
  if (class_ == nullptr) return view().header();
  Header merged = merge_headers(class_->header(object_.get()), header_);
  if (is_empty(merged)) return std::nullopt;
  return merged;
}

std::optional<nlohmann::json> Message::field(std::string_view path) const {
  const auto row = as_row();
  return detail::field_of(*row, row_, path);
}

nlohmann::json Message::to_json() const {
  const auto row = as_row();
  return detail::to_json(*row, row_);
}

// For an object the row is 0, which `row_` is then.
std::shared_ptr<const detail::StreamBatch> Message::as_row() const {
  if (class_ == nullptr) return batch_;
  return detail::batch_of(class_->type(), class_->row(timestamp_ns_, object_.get(), header_));
}

Header merge_headers(const std::optional<Header>& original, const Header& replacement) {
  Header merged = original.value_or(Header{});
  if (replacement.timestamp.has_value()) merged.timestamp = replacement.timestamp;
  if (replacement.frame_id.has_value()) merged.frame_id = replacement.frame_id;
  if (replacement.sample_counter.has_value()) merged.sample_counter = replacement.sample_counter;
  return merged;
}

namespace detail {

std::shared_ptr<const StreamBatch> batch_of(OntologyType type,
                                            std::shared_ptr<RecordBuffer> buffer) {
  buffer->finish();
  auto batch = std::make_shared<StreamBatch>();
  batch->type = type;
  batch->rows = buffer->rows();
  batch->bytes = static_cast<std::int64_t>(buffer->bytes());
  batch->timestamps = buffer->timestamp_column();
  batch->columns = buffer->columns();
  const auto& fields = type.schema().fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == "header") batch->header = &batch->columns[i];
  }
  batch->owner = std::move(buffer);
  return batch;
}

}  // namespace detail

}  // namespace mosaico
