#include "mosaico/detail/validity.hpp"

#include <sys/mman.h>

#include <new>

namespace mosaico::detail {

Zeros::~Zeros() { release(); }

// Not from the heap: calloc() writes zeros where it hands out memory that was used before.
void Zeros::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return;
  release();
  void* memory =
      ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = memory;
  bytes_ = bytes;
}

void Zeros::release() {
  if (memory_ != nullptr) ::munmap(memory_, bytes_);
  memory_ = nullptr;
  bytes_ = 0;
}

}  // namespace mosaico::detail
