#include "cli/tables/table_reader.hpp"

#include <filesystem>
#include <fstream>
#include <string_view>

namespace mosaico::cli {

Result<std::unique_ptr<TableReader>> open_table(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) {
    return core::error(ErrorKind::NotFound, "there is no file ", path, ", check the path");
  }
  if (!std::filesystem::is_regular_file(path, failed)) {
    return core::error(ErrorKind::Invalid, path, " is no file, name a CSV, Parquet or Arrow file");
  }
  std::ifstream file(path, std::ios::binary);
  char first[8] = {};
  if (!file) return core::error(ErrorKind::Io, path, " cannot be opened, check its permissions");
  file.read(first, sizeof first);
  const std::string_view bytes(first, static_cast<std::size_t>(file.gcount()));
  if (bytes.starts_with("PAR1")) return open_parquet_table(path);
  if (bytes.starts_with("ARROW1")) return open_ipc_file_table(path);
  // Each message of a stream starts with a continuation marker.
  if (bytes.starts_with("\xff\xff\xff\xff")) return open_ipc_stream_table(path);
  return open_csv_table(path);
}

}  // namespace mosaico::cli
