#include "cli/table_printer.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace mosaico::cli {

namespace {

// Characters of UTF-8 text, not bytes.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

TablePrinter::TablePrinter(std::initializer_list<std::string> headings) {
  std::vector<std::string> cells;
  for (std::string heading : headings) {
    align_right_.push_back(heading.ends_with('>'));
    if (align_right_.back()) heading.pop_back();
    cells.push_back(std::move(heading));
  }
  rows_.push_back(std::move(cells));
}

void TablePrinter::add(std::vector<std::string> cells) {
  cells.resize(align_right_.size());
  rows_.push_back(std::move(cells));
}

void TablePrinter::print(std::ostream& out, const std::string& indent) const {
  std::vector<std::size_t> widths(align_right_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line = indent;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width_of(row[i]), ' ');
      line += align_right_[i] ? padding + row[i] : row[i] + padding;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

}  // namespace mosaico::cli
