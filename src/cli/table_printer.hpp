#pragma once

#include <initializer_list>
#include <ostream>
#include <string>
#include <vector>

namespace mosaico::cli {

// Prints rows as aligned columns, after a line of headings.
//
//     TablePrinter table({"NAME", "ROWS>"});   // '>' at its end: the column is aligned right
//     table.add({"mission_alpha", "1200"});
//     table.print(std::cout, "  ");
class TablePrinter {
 public:
  explicit TablePrinter(std::initializer_list<std::string> headings);

  // As many cells as headings.
  void add(std::vector<std::string> cells);
  void print(std::ostream& out, const std::string& indent = "") const;

 private:
  std::vector<std::vector<std::string>> rows_;  // The headings first.
  std::vector<bool> align_right_;
};

}  // namespace mosaico::cli
