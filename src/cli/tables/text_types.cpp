#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <charconv>

#include "cli/tables/cell_text.hpp"
#include "cli/tables/topic_plan.hpp"

namespace mosaico::cli {

namespace {

// What all values of a column so far can be, the narrowest first.
enum class TextType { Int64, UInt64, Double, Bool, Text };

// Digits alone: 3.0 is no integer here, as it would come back as 3.
template <typename Integer>
bool is_integer(std::string_view text) {
  text = number_part(text);
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool fits(std::string_view text, TextType type) {
  switch (type) {
    case TextType::Int64:
      return is_integer<std::int64_t>(text);
    case TextType::UInt64:
      return is_integer<std::uint64_t>(text);
    case TextType::Double:
      return parse_number<double>(text).has_value();
    case TextType::Bool:
      return text.size() > 1 && parse_bool(text).has_value();
    case TextType::Text:
      break;
  }
  return true;
}

class ColumnType {
 public:
  void see(std::string_view text) {
    while (!fits(text, type_)) widen();
    seen_ = true;
    has_negative_ = has_negative_ || number_part(text).starts_with('-');
  }

  std::shared_ptr<arrow::DataType> type() const {
    if (!seen_) return arrow::float64();
    switch (type_) {
      case TextType::Int64:
        return arrow::int64();
      case TextType::UInt64:
        return arrow::uint64();
      case TextType::Double:
        return arrow::float64();
      case TextType::Bool:
        return arrow::boolean();
      case TextType::Text:
        break;
    }
    return arrow::utf8();
  }

 private:
  void widen() {
    type_ = static_cast<TextType>(static_cast<int>(type_) + 1);
    if (type_ == TextType::UInt64 && has_negative_) type_ = TextType::Double;
    // Values before this one were numbers: with a word among them the column is text.
    if (type_ == TextType::Bool && seen_) type_ = TextType::Text;
  }

  TextType type_ = TextType::Int64;
  bool seen_ = false;
  bool has_negative_ = false;
};

}  // namespace

Result<std::vector<std::shared_ptr<arrow::DataType>>> infer_text_types(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto table, open_csv_table(path));
  std::vector<ColumnType> columns(static_cast<std::size_t>(table->schema()->num_fields()));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, table->next());
    if (batch == nullptr) break;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto& text =
          static_cast<const arrow::StringArray&>(*batch->column(static_cast<int>(i)));
      for (std::int64_t row = 0; row < text.length(); ++row) {
        if (!text.IsNull(row)) columns[i].see(text.GetView(row));
      }
    }
  }
  std::vector<std::shared_ptr<arrow::DataType>> types;
  for (const ColumnType& column : columns) types.push_back(column.type());
  return types;
}

}  // namespace mosaico::cli
