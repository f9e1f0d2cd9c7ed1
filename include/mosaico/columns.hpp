#pragma once

#include <cstdint>

// The Arrow C Data Interface (https://arrow.apache.org/docs/format/CDataInterface.html): whole
// columns handed over without copying and without a dependency.
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

extern "C" {

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

}  // extern "C"

#endif  // ARROW_C_DATA_INTERFACE

namespace mosaico {

/// A batch of whole columns, `timestamp_ns` first: a struct array and its schema in the Arrow C
/// Data Interface. Owns both; move-only.
class Columns {
 public:
  Columns() = default;
  /// Takes both over; the originals are marked released.
  Columns(ArrowArray& array, ArrowSchema& schema) : array_(array), schema_(schema) {
    array.release = nullptr;
    schema.release = nullptr;
  }
  Columns(Columns&& other) noexcept : Columns(other.array_, other.schema_) {}
  Columns& operator=(Columns&& other) noexcept {
    if (this != &other) {
      reset();
      array_ = other.array_;
      schema_ = other.schema_;
      other.array_.release = nullptr;
      other.schema_.release = nullptr;
    }
    return *this;
  }
  ~Columns() { reset(); }

  ArrowArray& array() { return array_; }
  ArrowSchema& schema() { return schema_; }
  std::int64_t rows() const { return array_.length; }

 private:
  void reset() {
    if (array_.release != nullptr) array_.release(&array_);
    if (schema_.release != nullptr) schema_.release(&schema_);
  }

  ArrowArray array_ = {};
  ArrowSchema schema_ = {};
};

}  // namespace mosaico
