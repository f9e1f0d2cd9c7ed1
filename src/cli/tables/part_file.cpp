#include "cli/tables/part_file.hpp"

#include <arrow/io/file.h>

#include <filesystem>
#include <utility>

namespace mosaico::cli {

namespace {

std::string part_path(const std::string& path) { return path + ".part"; }

core::Status unwritable(const std::string& path, const std::string& reason) {
  return core::error(ErrorKind::Io, path, " cannot be written: ", reason,
                     ", choose another --output");
}

}  // namespace

PartFile::PartFile(std::string path, std::shared_ptr<arrow::io::FileOutputStream> stream)
    : path_(std::move(path)), stream_(std::move(stream)) {}

PartFile::~PartFile() {
  if (stream_ == nullptr) return;
  // The file is thrown away: what closing it says does not matter.
  (void)stream_->Close();
  std::error_code ignored;
  std::filesystem::remove(part_path(path_), ignored);
}

core::Result<std::unique_ptr<PartFile>> PartFile::create(const std::string& path) {
  std::error_code failed;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (failed) return unwritable(path, failed.message());
  auto stream = arrow::io::FileOutputStream::Open(part_path(path));
  if (!stream.ok()) return unwritable(path, stream.status().message());
  return std::make_unique<PartFile>(path, *stream);
}

core::Status PartFile::commit() {
  const core::Status closed = stream_->Close();
  if (!closed.ok()) return unwritable(path_, closed.message());
  std::error_code failed;
  std::filesystem::rename(part_path(path_), path_, failed);
  if (failed) return unwritable(path_, failed.message());
  stream_.reset();
  return core::Status::OK();
}

}  // namespace mosaico::cli
