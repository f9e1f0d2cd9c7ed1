#pragma once

#include <arrow/type_fwd.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace mosaico::engine {

// Bytes of rows that lie in chunks by now, and that slow readers hold in memory all the same.
using ReaderHeldBytes = std::atomic<int64_t>;

// The owner's end of a batch that readers may hold longer than its owner does, and longer than the
// owner's memory is reserved for it: from then on its bytes are counted in ReaderHeldBytes, until
// the last reader lets go. Move-only; thread-compatible.
class HeldRows {
 public:
  HeldRows() = default;
  // Puts a pointer in place of `batch` by which this object can tell who holds it. `bytes` is what
  // it takes.
  HeldRows(std::shared_ptr<arrow::RecordBatch>* batch, int64_t bytes,
           std::shared_ptr<ReaderHeldBytes> count);
  HeldRows(HeldRows&&) noexcept = default;
  HeldRows& operator=(HeldRows&& other) noexcept;
  ~HeldRows() { leave(); }

 private:
  struct Held;

  void leave();

  std::shared_ptr<Held> held_;
};

}  // namespace mosaico::engine
