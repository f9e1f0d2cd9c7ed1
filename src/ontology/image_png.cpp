#include "ontology/image_png.hpp"

#include <png.h>
#include <zlib.h>

#include <array>
#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace mosaico::ontology {

namespace {

constexpr std::size_t kMaxSide = 0x7fff'ffff;  // Of the PNG format.
constexpr int kZlibLevel = 1;                  // What the published writers use.

// libpng leaves by longjmp, which runs no destructor. So every call into it sits in a lambda handed
// to run(), which owns nothing; whatever must be freed is a member of the class around it.
class Png {
 public:
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  template <typename Calls>
  [[nodiscard]] bool run(Calls calls) {
    static_assert(std::is_trivially_destructible_v<Calls>);
    if (setjmp(jump_) != 0) return false;
    calls();
    return true;
  }

  const char* error_text() const { return text_.data(); }

 protected:
  Png() = default;
  ~Png() = default;

  [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
    auto* self = static_cast<Png*>(png_get_error_ptr(png));
    std::snprintf(self->text_.data(), self->text_.size(), "%s", text);
    std::longjmp(self->jump_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}

 private:
  std::jmp_buf jump_ = {};
  std::array<char, 128> text_ = {};
};

class PngWriter : public Png {
 public:
  PngWriter() : png_(png_create_write_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning)) {
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_write_struct(&png_, nullptr);
      throw std::bad_alloc();
    }
    png_set_write_fn(png_, &file_, append, nullptr);
  }
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }

  png_structp png() { return png_; }
  png_infop info() { return info_; }
  std::vector<std::uint8_t>& file() { return file_; }

 private:
  // No exception may pass through libpng.
  static void append(png_structp png, png_bytep bytes, std::size_t size) {
    bool appended = true;
    try {
      auto* file = static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(png));
      file->insert(file->end(), bytes, bytes + size);
    } catch (const std::bad_alloc&) {
      appended = false;
    }
    if (!appended) png_error(png, "out of memory");
  }

  png_structp png_;
  png_infop info_ = nullptr;
  std::vector<std::uint8_t> file_;
};

class PngReader : public Png {
 public:
  explicit PngReader(std::span<const std::uint8_t> file)
      : rest_(file),
        png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning)) {
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, &rest_, take);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  png_structp png() { return png_; }
  png_infop info() { return info_; }

 private:
  static void take(png_structp png, png_bytep bytes, std::size_t size) {
    auto& rest = *static_cast<std::span<const std::uint8_t>*>(png_get_io_ptr(png));
    if (size > rest.size()) png_error(png, "the file ends early");
    std::memcpy(bytes, rest.data(), size);
    rest = rest.subspan(size);
  }

  std::span<const std::uint8_t> rest_;
  png_structp png_;
  png_infop info_ = nullptr;
};

int png_color_type(int channels) {
  switch (channels) {
    case 3:
      return PNG_COLOR_TYPE_RGB;
    case 4:
      return PNG_COLOR_TYPE_RGB_ALPHA;
    default:
      return PNG_COLOR_TYPE_GRAY;
  }
}

// What normalise() makes of a file, known before libpng allocates anything for it.
void describe_pixels(png_structp png, png_infop info, PngPixels& pixels) {
  const int color = png_get_color_type(png, info);
  const bool has_transparency = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  const bool has_alpha = (color & PNG_COLOR_MASK_ALPHA) != 0 || has_transparency;
  const bool has_color = (color & PNG_COLOR_MASK_COLOR) != 0;
  pixels.width = png_get_image_width(png, info);
  pixels.height = png_get_image_height(png, info);
  pixels.channels = has_alpha ? 4 : has_color ? 3 : 1;
  pixels.bit_depth = png_get_bit_depth(png, info) == 16 ? 16 : 8;
}

// Asks libpng to hand out the pixels so: in the machine's byte order, without palettes.
void normalise(png_structp png, png_infop info, const PngPixels& pixels) {
  png_set_expand(png);  // Palettes, fewer than 8 bits, transparent colours.
  if (pixels.channels == 4) png_set_gray_to_rgb(png);
  if constexpr (std::endian::native == std::endian::little) png_set_swap(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

}  // namespace

core::Result<std::vector<std::uint8_t>> encode_png(const PngSource& source) {
  if (source.width == 0 || source.height == 0 || source.width > kMaxSide ||
      source.height > kMaxSide) {
    return core::error(ErrorKind::Unsupported, "PNG cannot hold a picture of ", source.width, " x ",
                       source.height);
  }
  PngWriter writer;
  const bool written = writer.run([&writer, &source] {
    png_structp png = writer.png();
    png_set_user_limits(png, kMaxSide, kMaxSide);
    png_set_compression_level(png, kZlibLevel);
    // After the difference to the row above, camera frames are noise around zero with runs in it:
    // looking for runs only is faster than level 1 alone and leaves less.
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_strategy(png, Z_RLE);
    png_set_IHDR(png, writer.info(), static_cast<png_uint_32>(source.width),
                 static_cast<png_uint_32>(source.height), source.bit_depth,
                 png_color_type(source.channels), PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, writer.info());
    if (source.is_bgr) png_set_bgr(png);
    if (source.bit_depth == 16 && source.is_little_endian) png_set_swap(png);
    for (std::size_t y = 0; y < source.height; ++y) {
      png_write_row(png, source.data + y * source.stride);
    }
    png_write_end(png, nullptr);
  });
  if (!written) {
    return core::error(ErrorKind::Internal, "PNG encoding failed: ", writer.error_text());
  }
  return std::move(writer.file());
}

bool has_png_signature(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kSignatureBytes = 8;
  return bytes.size() >= kSignatureBytes && png_sig_cmp(bytes.data(), 0, kSignatureBytes) == 0;
}

core::Result<PngPixels> decode_png(std::span<const std::uint8_t> file, std::size_t max_bytes) {
  const auto corrupt = [](const Png& png) {
    return core::error(ErrorKind::Corrupt, "a PNG file is broken: ", png.error_text());
  };
  PngReader reader(file);
  PngPixels pixels;
  const bool header_read = reader.run([&reader, &pixels] {
    png_set_user_limits(reader.png(), kMaxSide, kMaxSide);  // `max_bytes` is our limit.
    png_read_info(reader.png(), reader.info());
    describe_pixels(reader.png(), reader.info(), pixels);
  });
  if (!header_read) return corrupt(reader);
  const std::size_t row_bytes =
      pixels.width * static_cast<std::size_t>(pixels.channels * pixels.bit_depth / 8);
  if (row_bytes == 0 || pixels.height > max_bytes / row_bytes) {
    return core::error(ErrorKind::LimitExceeded, "max_decoded_bytes is passed by a PNG of ",
                       pixels.width, " x ", pixels.height, ": ", max_bytes);
  }

  pixels.bytes.resize(row_bytes * pixels.height);
  std::vector<png_bytep> rows(pixels.height);
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = pixels.bytes.data() + y * row_bytes;
  const bool read = reader.run([&reader, &pixels, &rows, row_bytes] {
    normalise(reader.png(), reader.info(), pixels);
    if (png_get_rowbytes(reader.png(), reader.info()) != row_bytes) {
      png_error(reader.png(), "rows of an unexpected size");
    }
    png_read_image(reader.png(), rows.data());
    png_read_end(reader.png(), nullptr);  // Checks the last checksums.
  });
  if (!read) return corrupt(reader);
  return pixels;
}

}  // namespace mosaico::ontology
