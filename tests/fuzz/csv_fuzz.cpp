// A CSV file to be imported: the first line is the settings of the import ("as=IMU,time=t:ms"),
// with a tab behind it where the file is a TSV; the rest is the file.
#include "fuzz/tables_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSettingsBytesMax = 300;
  mosaico::fuzz::Input input(data, size);
  std::string settings(input.take_line().substr(0, kSettingsBytesMax));
  const bool has_tabs = settings.ends_with('\t');
  if (has_tabs) settings.pop_back();
  static const mosaico::fuzz::InputFile kCsv("table.csv");
  static const mosaico::fuzz::InputFile kTsv("table.tsv");
  const auto& file = has_tabs ? kTsv : kCsv;
  file.write(input.rest());
  mosaico::fuzz::import_table(file.path(), settings);
  return 0;
}
