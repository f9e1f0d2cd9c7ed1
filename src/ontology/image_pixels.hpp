#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "mosaico/ontology/pixels.hpp"

namespace mosaico::ontology {

// The sizes of a picture, checked against its data once and for all.
struct PixelExtent {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t row_bytes = 0;  // Without padding.
  std::size_t stride = 0;

  bool is_empty() const { return width == 0 || height == 0; }
  bool is_padded() const { return stride != row_bytes; }
  std::size_t bytes() const { return row_bytes * height; }
};

// Errors: Invalid for negative sizes, a stride shorter than a row, or data that ends early. The
// padding of the last row may be missing.
core::Result<PixelExtent> extent_of(const PixelView& pixels);

// The rows without their padding.
std::vector<std::uint8_t> copy_rows(std::span<const std::uint8_t> data, const PixelExtent& extent);

void swap_elements(std::span<std::uint8_t> data, int element_bytes);

}  // namespace mosaico::ontology
