#pragma once

#include <arrow/io/type_fwd.h>

#include <memory>
#include <string>

#include "core/error.hpp"

namespace mosaico::cli {

// A file that appears under its name only when it is whole. Removed by the destructor otherwise.
class PartFile {
 public:
  static core::Result<std::unique_ptr<PartFile>> create(const std::string& path);
  PartFile(std::string path, std::shared_ptr<arrow::io::FileOutputStream> stream);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  const std::string& path() const { return path_; }
  const std::shared_ptr<arrow::io::FileOutputStream>& stream() const { return stream_; }
  core::Status commit();

 private:
  const std::string path_;
  std::shared_ptr<arrow::io::FileOutputStream> stream_;
};

}  // namespace mosaico::cli
