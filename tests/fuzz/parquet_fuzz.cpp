// A Parquet or Arrow file to be imported.
#include "fuzz/tables_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const mosaico::fuzz::InputFile kFile("table.parquet");
  kFile.write(mosaico::fuzz::Input(data, size).rest());
  mosaico::fuzz::import_table(kFile.path(), "");
  return 0;
}
