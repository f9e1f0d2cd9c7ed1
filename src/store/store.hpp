#pragma once

#include <arrow/io/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace mosaico::store {

using core::Result;
using core::Status;

struct ObjectInfo {
  std::string path;
  int64_t bytes = 0;
};

// An object being written. Nothing of it is visible under its path before close() has returned OK.
// One thread. Destroying it without close() abandons it: nothing remains.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;

  // The sink to write into; borrowed, valid until close() or the destructor.
  virtual arrow::io::OutputStream& stream() = 0;

  // Makes the object durable (bytes, then name) and visible, atomically. Replaces an object of
  // that path. Errors: Io, LimitExceeded (no space left), NotFound (its folder was removed
  // meanwhile). After an error nothing of it is visible.
  virtual Status close() = 0;
};

// Where bytes live: a flat space of objects whose paths are segments joined by '/', relative to the
// root. Thread-safe. Paths come from core names and ids; empty segments (so a leading '/'),
// segments that begin with '.', NUL and segments over 255 bytes are refused with Invalid.
class Store {
 public:
  virtual ~Store() = default;

  // Errors: Invalid, Io, LimitExceeded.
  virtual Result<std::unique_ptr<ObjectWriter>> create(const std::string& path) = 0;

  // Errors: Invalid, NotFound, Io. The file may be read by several threads (ReadAt). It stays
  // readable after a remove() where the backend can promise that (local files do).
  virtual Result<std::shared_ptr<arrow::io::RandomAccessFile>> open(const std::string& path) = 0;

  // All objects at or below `prefix` (a folder path; "" is everything), in ascending path order.
  // An absent folder is an empty list. Half-written objects do not show.
  virtual Result<std::vector<ObjectInfo>> list(const std::string& prefix) = 0;

  // Removing what does not exist is OK. Durable when it returns.
  virtual Status remove(const std::string& path) = 0;

  // Removes every object at or below a folder, and the folder. OK when absent. Invalid for "".
  virtual Status remove_all(const std::string& prefix) = 0;

  // What a human calls this place: "/data/robots" or "s3://bucket/prefix".
  virtual std::string describe() const = 0;
};

// A whole small object at once.
Status put(Store& store, const std::string& path, std::string_view bytes);
Result<std::string> get(Store& store, const std::string& path);

Status validate_object_path(const std::string& path);

}  // namespace mosaico::store
