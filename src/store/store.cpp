#include "store/store.hpp"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <string_view>

#include "core/names.hpp"

namespace mosaico::store {

namespace {

constexpr size_t kSegmentBytesMax = 255;

Status validate_segment(std::string_view segment) {
  if (segment.empty()) return core::error(ErrorKind::Invalid, "has an empty segment");
  if (segment.front() == '.') {
    return core::error(ErrorKind::Invalid, "has a segment that begins with '.'");
  }
  if (segment.size() > kSegmentBytesMax) {
    return core::error(ErrorKind::Invalid, "has a segment of more than ", kSegmentBytesMax,
                       " bytes");
  }
  if (segment.find('\0') != std::string_view::npos) {
    return core::error(ErrorKind::Invalid, "contains a zero byte");
  }
  return Status::OK();
}

}  // namespace

Status validate_object_path(const std::string& path) {
  std::string_view rest = path;
  while (true) {
    const size_t slash = rest.find('/');
    const Status status = validate_segment(rest.substr(0, slash));
    if (!status.ok()) return core::with_context(status, "object path " + core::quoted(path));
    if (slash == std::string_view::npos) return Status::OK();
    rest.remove_prefix(slash + 1);
  }
}

Status put(Store& store, const std::string& path, std::string_view bytes) {
  ARROW_ASSIGN_OR_RAISE(const auto writer, store.create(path));
  ARROW_RETURN_NOT_OK(writer->stream().Write(bytes.data(), static_cast<int64_t>(bytes.size())));
  return writer->close();
}

Result<std::string> get(Store& store, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto file, store.open(path));
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, file->GetSize());
  ARROW_ASSIGN_OR_RAISE(const auto buffer, file->ReadAt(0, bytes));
  return buffer->ToString();
}

}  // namespace mosaico::store
