#include "ontology/dynamic_buffer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "core/names.hpp"
#include "core/utf8.hpp"
#include "mosaico/detail/column_buffer.hpp"

namespace mosaico::ontology {

using core::Result;
using core::Status;
using detail::ColumnView;
using detail::Zeros;
using nlohmann::json;

// Values come in rows of growing number; rows left out are null, or zero beneath a null.
class DynamicColumn {
 public:
  DynamicColumn() = default;
  DynamicColumn(const DynamicColumn&) = delete;
  DynamicColumn& operator=(const DynamicColumn&) = delete;
  virtual ~DynamicColumn() = default;

  // `value` has been checked and is not null.
  virtual void append(int64_t row, const json& value) = 0;
  // Null for a column that may not be null.
  virtual void append_nulls(int64_t) {}
  virtual void finish(int64_t rows) = 0;
  virtual ColumnView view(int64_t rows, const Zeros& zeros) const = 0;
  virtual void clear() = 0;
};

namespace {

using Columns = std::vector<std::unique_ptr<DynamicColumn>>;

// --- Checking ---

Status misfit(const std::string& path, const std::string& expected, const json& value) {
  std::string found = value.type_name();
  if (value.is_number_integer()) found = value.dump();
  if (value.is_number_float()) found = "a floating point number";
  if (value.is_array()) found = "an array of " + std::to_string(value.size());
  return core::error(ErrorKind::Invalid, "expected ", expected, ", not ", found, ": ", path);
}

template <typename T>
bool fits(const json& value) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned()) return std::in_range<T>(value.get<std::uint64_t>());
  return std::in_range<T>(value.get<std::int64_t>());
}

// Calls `function` with a value of the C++ type of a scalar kind.
template <typename Function>
auto with_scalar_type(TypeKind kind, Function&& function) {
  switch (kind) {
    // NOLINTNEXTLINE(bugprone-branch-clone): the types differ
    case TypeKind::Bool:
      return function(bool());
    case TypeKind::Int8:
      return function(std::int8_t());
    case TypeKind::Int16:
      return function(std::int16_t());
    case TypeKind::Int32:
      return function(std::int32_t());
    case TypeKind::Int64:
      return function(std::int64_t());
    case TypeKind::UInt8:
      return function(std::uint8_t());
    case TypeKind::UInt16:
      return function(std::uint16_t());
    case TypeKind::UInt32:
      return function(std::uint32_t());
    case TypeKind::UInt64:
      return function(std::uint64_t());
    case TypeKind::Float16:
      return function(Float16());
    case TypeKind::Float32:
      return function(float());
    case TypeKind::String:
      return function(std::string());
    case TypeKind::Binary:
      return function(Bytes());
    default:
      return function(double());
  }
}

template <typename V>
bool fits_scalar(const json& value) {
  if constexpr (std::is_same_v<V, bool>) return value.is_boolean();
  if constexpr (std::is_same_v<V, std::string>) return value.is_string();
  if constexpr (std::is_same_v<V, Bytes>) return value.is_binary() || value.is_string();
  if constexpr (std::is_integral_v<V> && !std::is_same_v<V, bool>) return fits<V>(value);
  return value.is_number();
}

std::size_t fixed_bytes(const DataType& type) {
  switch (type.kind) {
    case TypeKind::List:
      return sizeof(std::int32_t);
    case TypeKind::FixedList:
      return static_cast<std::size_t>(type.size) * fixed_bytes(type.children.front().type);
    case TypeKind::Struct: {
      std::size_t bytes = 0;
      for (const Field& member : type.children) bytes += fixed_bytes(member.type);
      return bytes;
    }
    default:
      return with_scalar_type(type.kind, [](const auto& example) {
        return detail::ColumnBuffer<std::decay_t<decltype(example)>, false>::kFixedBytes;
      });
  }
}

const json& null_value() {
  static const json kNull;
  return kNull;
}

// Checks a value and counts its bytes. The path is built up on the way down.
class RowCheck {
 public:
  // The members of an object, or those of an absent one.
  Result<std::size_t> members(const std::vector<Field>& fields, const json& object) {
    std::size_t bytes = 0;
    std::size_t known = 0;
    for (const Field& field : fields) {
      const auto found = object.is_null() ? object.end() : object.find(field.name);
      const bool is_there = !object.is_null() && found != object.end();
      known += is_there ? 1 : 0;
      const std::size_t length = path_.size();
      if (length > 0) path_ += '.';
      path_ += field.name;
      ARROW_ASSIGN_OR_RAISE(const std::size_t more, cell(field, is_there ? *found : null_value()));
      path_.resize(length);
      bytes += more;
    }
    if (known < object.size()) return unknown_member(fields, object);
    return bytes;
  }

 private:
  Result<std::size_t> cell(const Field& field, const json& value) {
    const DataType& type = field.type;
    if (value.is_null()) {
      if (field.nullable) return fixed_bytes(type);
      if (type.kind == TypeKind::Struct) return members(type.children, value);
      return misfit(path_, type.to_string(), value);
    }
    switch (type.kind) {
      case TypeKind::Struct:
        if (!value.is_object()) return misfit(path_, "an object", value);
        return members(type.children, value);
      case TypeKind::List:
      case TypeKind::FixedList:
        return list(type, value);
      default:
        return scalar(type, value);
    }
  }

  Result<std::size_t> list(const DataType& type, const json& value) {
    const bool is_fixed = type.kind == TypeKind::FixedList;
    if (!value.is_array() || (is_fixed && value.size() != static_cast<std::size_t>(type.size))) {
      return misfit(path_, is_fixed ? "an array of " + std::to_string(type.size) : "an array",
                    value);
    }
    std::size_t bytes = is_fixed ? 0 : sizeof(std::int32_t);
    const std::size_t length = path_.size();
    for (std::size_t i = 0; i < value.size(); ++i) {
      path_ += '[' + std::to_string(i) + ']';
      ARROW_ASSIGN_OR_RAISE(const std::size_t more, cell(type.children.front(), value[i]));
      path_.resize(length);
      bytes += std::max<std::size_t>(more, 1);  // A struct without members still has validity.
    }
    return bytes;
  }

  Result<std::size_t> scalar(const DataType& type, const json& value) const {
    const bool fits = with_scalar_type(type.kind, [&](const auto& example) {
      return fits_scalar<std::decay_t<decltype(example)>>(value);
    });
    if (!fits || type.kind == TypeKind::Other) return misfit(path_, type.to_string(), value);
    if (type.kind == TypeKind::String && !core::is_utf8(value.get_ref<const std::string&>())) {
      return core::error(ErrorKind::Invalid, "a text is not UTF-8: ", path_);
    }
    const std::size_t bytes = fixed_bytes(type);
    if (value.is_string()) return bytes + value.get_ref<const std::string&>().size();
    if (value.is_binary()) return bytes + value.get_binary().size();
    return bytes;
  }

  Status unknown_member(const std::vector<Field>& fields, const json& object) const {
    std::string expected;
    for (const Field& field : fields) expected += (expected.empty() ? "" : ", ") + field.name;
    for (const auto& [name, value] : object.items()) {
      const bool is_known = std::any_of(fields.begin(), fields.end(),
                                        [&name = name](const auto& f) { return f.name == name; });
      if (is_known) continue;
      return core::error(ErrorKind::Invalid, "no such column; there are ", expected, ": ",
                         path_.empty() ? "" : path_ + ".", name);
    }
    return Status::OK();
  }

  std::string path_;
};

// --- Filling ---

std::unique_ptr<DynamicColumn> make_column(const Field& field);

Columns make_columns(const std::vector<Field>& fields) {
  Columns columns;
  for (const Field& field : fields) columns.push_back(make_column(field));
  return columns;
}

std::vector<ColumnView> views_of(const Columns& columns, int64_t rows, const Zeros& zeros) {
  std::vector<ColumnView> views;
  views.reserve(columns.size());
  for (const auto& column : columns) views.push_back(column->view(rows, zeros));
  return views;
}

// Null goes to a column that may not be null too: a struct there has nulls of its own.
void append_value(DynamicColumn& column, int64_t row, const json& value) {
  if (value.is_null()) {
    column.append_nulls(row);
  } else {
    column.append(row, value);
  }
}

template <typename V>
V value_of(const json& value) {
  if constexpr (std::is_same_v<V, Float16>) {
    return Float16::from_float(value.get<float>());
  } else if constexpr (std::is_same_v<V, Bytes>) {
    return value.is_binary() ? Bytes::copy_of(std::span<const std::uint8_t>(value.get_binary()))
                             : Bytes::copy_of(value.get_ref<const std::string&>());
  } else if constexpr (std::is_floating_point_v<V>) {
    // What is unset is null in JSON; a NaN is one that was measured.
    const auto number = value.get<V>();
    return std::isnan(number) ? std::numeric_limits<V>::quiet_NaN() : number;
  } else {
    return value.get<V>();
  }
}

template <typename V, bool kNullable>
class ScalarColumn final : public DynamicColumn {
 public:
  void append(int64_t row, const json& value) override { buffer_.append(row, value_of<V>(value)); }
  void finish(int64_t rows) override { buffer_.finish(rows); }
  ColumnView view(int64_t rows, const Zeros& zeros) const override {
    return buffer_.view(rows, zeros);
  }
  void clear() override { buffer_.clear(); }

 private:
  detail::ColumnBuffer<V, kNullable> buffer_;
};

class ListColumn final : public DynamicColumn {
 public:
  explicit ListColumn(const Field& field)
      : nullable_(field.nullable), items_(make_column(field.type.children.front())) {}

  void append(int64_t row, const json& value) override {
    for (const json& item : value) append_value(*items_, count_++, item);
    offsets_.append(row, count_);
    validity_.set(row);
  }
  void finish(int64_t rows) override {
    items_->finish(count_);
    offsets_.finish(rows);
    validity_.finish(rows);
  }
  ColumnView view(int64_t rows, const Zeros& zeros) const override {
    ColumnView view{.kind = TypeKind::List, .length = rows};
    view.offsets = offsets_.get(zeros);
    view.children.push_back(items_->view(count_, zeros));
    if (nullable_) validity_.apply_to(view, zeros);
    return view;
  }
  void clear() override {
    items_->clear();
    count_ = 0;
    offsets_.clear();
    validity_.clear();
  }

 private:
  const bool nullable_;
  const std::unique_ptr<DynamicColumn> items_;
  int64_t count_ = 0;
  detail::Offsets offsets_;
  detail::Validity validity_;
};

class FixedListColumn final : public DynamicColumn {
 public:
  explicit FixedListColumn(const Field& field)
      : nullable_(field.nullable),
        size_(field.type.size),
        items_(make_column(field.type.children.front())) {}

  void append(int64_t row, const json& value) override {
    int64_t at = row * size_;
    for (const json& item : value) append_value(*items_, at++, item);
    validity_.set(row);
  }
  void finish(int64_t rows) override {
    items_->finish(rows * size_);
    validity_.finish(rows);
  }
  ColumnView view(int64_t rows, const Zeros& zeros) const override {
    ColumnView view{.kind = TypeKind::FixedList, .length = rows};
    view.list_size = size_;
    view.children.push_back(items_->view(rows * size_, zeros));
    if (nullable_) validity_.apply_to(view, zeros);
    return view;
  }
  void clear() override {
    items_->clear();
    validity_.clear();
  }

 private:
  const bool nullable_;
  const std::int32_t size_;
  const std::unique_ptr<DynamicColumn> items_;
  detail::Validity validity_;
};

class StructColumn final : public DynamicColumn {
 public:
  explicit StructColumn(const Field& field)
      : nullable_(field.nullable), fields_(field.type.children), members_(make_columns(fields_)) {}

  void append(int64_t row, const json& value) override {
    for (size_t i = 0; i < fields_.size(); ++i) {
      const auto found = value.find(fields_[i].name);
      append_value(*members_[i], row, found == value.end() ? null_value() : *found);
    }
    validity_.set(row);
  }
  void append_nulls(int64_t row) override {
    if (!nullable_) append(row, json::object());
  }
  void finish(int64_t rows) override {
    for (const auto& member : members_) member->finish(rows);
    validity_.finish(rows);
  }
  ColumnView view(int64_t rows, const Zeros& zeros) const override {
    ColumnView view{.kind = TypeKind::Struct, .length = rows};
    view.children = views_of(members_, rows, zeros);
    if (nullable_) validity_.apply_to(view, zeros);
    return view;
  }
  void clear() override {
    for (const auto& member : members_) member->clear();
    validity_.clear();
  }

 private:
  const bool nullable_;
  const std::vector<Field> fields_;
  const Columns members_;
  detail::Validity validity_;
};

std::unique_ptr<DynamicColumn> make_column(const Field& field) {
  switch (field.type.kind) {
    case TypeKind::List:
      return std::make_unique<ListColumn>(field);
    case TypeKind::FixedList:
      return std::make_unique<FixedListColumn>(field);
    case TypeKind::Struct:
      return std::make_unique<StructColumn>(field);
    default:
      return with_scalar_type(field.type.kind,
                              [&](const auto& example) -> std::unique_ptr<DynamicColumn> {
                                using V = std::decay_t<decltype(example)>;
                                if (field.nullable)
                                  return std::make_unique<ScalarColumn<V, true>>();
                                return std::make_unique<ScalarColumn<V, false>>();
                              });
  }
}

}  // namespace

DynamicRecordBuffer::DynamicRecordBuffer(const Schema& schema)
    : schema_(schema), columns_(make_columns(schema_.fields)) {}

DynamicRecordBuffer::~DynamicRecordBuffer() = default;

Result<size_t> DynamicRecordBuffer::bytes_of(const Schema& schema, const json& row) {
  if (!row.is_object()) {
    return core::error(ErrorKind::Invalid, "a row must be a JSON object with a member a column, ",
                       "not ", row.type_name());
  }
  ARROW_ASSIGN_OR_RAISE(const size_t bytes, RowCheck().members(schema.fields, row));
  return sizeof(int64_t) + bytes;
}

Status DynamicRecordBuffer::append(int64_t timestamp_ns, const json& row) {
  ARROW_ASSIGN_OR_RAISE(const size_t bytes, bytes_of(schema_, row));
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto found = row.find(schema_.fields[i].name);
    append_value(*columns_[i], rows(), found == row.end() ? null_value() : *found);
  }
  add_row(timestamp_ns, bytes);
  return Status::OK();
}

void DynamicRecordBuffer::finish() {
  // No column takes more bytes than all of them were counted for, but for one offset.
  zeros_.reserve(bytes() + sizeof(int64_t));
  for (const auto& column : columns_) column->finish(rows());
}

std::vector<ColumnView> DynamicRecordBuffer::columns() const {
  return views_of(columns_, rows(), zeros_);
}

void DynamicRecordBuffer::clear() {
  RecordBuffer::clear();
  for (const auto& column : columns_) column->clear();
}

}  // namespace mosaico::ontology
