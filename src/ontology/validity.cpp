#include "mosaico/detail/validity.hpp"

#include <cstdlib>
#include <new>

namespace mosaico::detail {

Zeros::~Zeros() { std::free(memory_); }

void Zeros::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return;
  std::free(memory_);
  bytes_ = 0;
  memory_ = std::calloc(bytes, 1);
  if (memory_ == nullptr) throw std::bad_alloc();
  bytes_ = bytes;
}

}  // namespace mosaico::detail
