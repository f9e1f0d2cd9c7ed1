#include "mosaico/ontology_query.hpp"

#include <cmath>

#include "mosaico/error.hpp"

namespace mosaico::detail {

namespace {

// JSON has no infinite numbers, and would send null.
void check_finite(const nlohmann::json& value, const std::string& field) {
  if (value.is_array()) {
    for (const auto& element : value) check_finite(element, field);
  } else if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    throw InvalidError("a condition on " + field + " needs a finite number");
  }
}

}  // namespace

ColumnPath ColumnPath::element(std::int64_t position) const {
  if (list_ != kNoList) throw InvalidError("lists of lists cannot be asked: " + text());
  if (position < kEvery) throw InvalidError("a position counts from 0: " + text());
  ColumnPath path = *this;
  path.list_ = size_ - 1;
  path.position_ = position;
  return path;
}

std::string ColumnPath::text() const {
  std::string text;
  for (std::size_t i = 0; i < size_; ++i) {
    if (i > 0) text += '.';
    text += names_.at(i);
    if (i != list_) continue;
    text += '[';
    text += position_ == kAny ? "?" : position_ == kEvery ? "!" : std::to_string(position_);
    text += ']';
  }
  return text;
}

QueryCondition AnyColumn::condition(const char* op, nlohmann::json value) const {
  std::string field = path_.text();
  check_finite(value, field);
  return {"ontology", std::move(field), false, op, std::move(value)};
}

}  // namespace mosaico::detail
