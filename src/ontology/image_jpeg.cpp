#include "ontology/image_jpeg.hpp"

#include <array>
#include <csetjmp>
#include <cstdio>
#include <new>
#include <type_traits>
#include <utility>

// After <cstdio>, which they need and do not include.
#include <jerror.h>
#include <jpeglib.h>

#ifndef JCS_EXTENSIONS
#error "this needs the colour spaces of libjpeg-turbo"
#endif

namespace mosaico::ontology {

namespace {

// A progressive file may hold scans without end for one small picture; real ones hold about ten.
constexpr int kMaxScans = 200;

// libjpeg leaves by longjmp, which runs no destructor. So every call into it sits in a lambda
// handed to run(), which owns nothing; whatever must be freed is a member of the class around it.
class Jpeg {
 public:
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  template <typename Calls>
  [[nodiscard]] bool run(Calls calls) {
    static_assert(std::is_trivially_destructible_v<Calls>);
    if (setjmp(errors_.jump) != 0) return false;
    calls();
    return true;
  }

  const char* error_text() const { return errors_.text.data(); }

 protected:
  // What libjpeg gets to see comes first, so that a pointer to it is a pointer to all.
  struct Errors {
    jpeg_error_mgr base = {};
    std::jmp_buf jump = {};
    std::array<char, JMSG_LENGTH_MAX> text = {};
  };

  Jpeg() {
    jpeg_std_error(&errors_.base);
    errors_.base.error_exit = on_error;
    errors_.base.emit_message = on_message;
    errors_.base.output_message = [](j_common_ptr) {};
  }
  ~Jpeg() = default;

  Errors errors_;

 private:
  [[noreturn]] static void on_error(j_common_ptr info) {
    auto* errors = reinterpret_cast<Errors*>(info->err);
    errors->base.format_message(info, errors->text.data());
    std::longjmp(errors->jump, 1);
  }

  // libjpeg warns where it fills missing data with grey. A recording must not make up pixels, so
  // such a warning is an error; the harmless ones are about bytes and markers it skips.
  static void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
      case JWRN_EXTRANEOUS_DATA:
      case JWRN_ADOBE_XFORM:
      case JWRN_JFIF_MAJOR:
        return;
      default:
        on_error(info);
    }
  }
};

class JpegWriter : public Jpeg {
 public:
  JpegWriter() {
    info_.err = &errors_.base;
    info_.client_data = &destination_;
    destination_.base.init_destination = [](j_compress_ptr) {};
    destination_.base.empty_output_buffer = flush_all;
    destination_.base.term_destination = flush_rest;
  }
  ~JpegWriter() { jpeg_destroy_compress(&info_); }

  // To be called in run().
  void create() {
    jpeg_create_compress(&info_);
    info_.dest = &destination_.base;
    destination_.rewind();
  }

  jpeg_compress_struct& info() { return info_; }
  std::vector<std::uint8_t>& file() { return destination_.file; }

 private:
  struct Destination {
    jpeg_destination_mgr base = {};
    std::array<JOCTET, 16384> block = {};
    std::vector<std::uint8_t> file;

    void rewind() {
      base.next_output_byte = block.data();
      base.free_in_buffer = block.size();
    }
  };

  static void flush(j_compress_ptr info, std::size_t keep) {
    auto* destination = static_cast<Destination*>(info->client_data);
    bool appended = true;
    try {  // No exception may pass through libjpeg.
      const auto* block = destination->block.data();
      destination->file.insert(destination->file.end(), block,
                               block + destination->block.size() - keep);
    } catch (const std::bad_alloc&) {
      appended = false;
    }
    if (!appended) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    destination->rewind();
  }
  // libjpeg wants the whole block flushed here, whatever free_in_buffer says.
  static boolean flush_all(j_compress_ptr info) {
    flush(info, 0);
    return TRUE;
  }
  static void flush_rest(j_compress_ptr info) { flush(info, info->dest->free_in_buffer); }

  jpeg_compress_struct info_ = {};
  Destination destination_;
};

class JpegReader : public Jpeg {
 public:
  JpegReader() { info_.err = &errors_.base; }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }

  // To be called in run().
  void create(std::span<const std::uint8_t> file) {
    jpeg_create_decompress(&info_);
    progress_.progress_monitor = [](j_common_ptr info) {
      const auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
      if (decompress->input_scan_number > kMaxScans) ERREXIT(info, JERR_BAD_PROGRESSION);
    };
    info_.progress = &progress_;
    jpeg_mem_src(&info_, file.data(), static_cast<unsigned long>(file.size()));
  }

  jpeg_decompress_struct& info() { return info_; }

 private:
  jpeg_decompress_struct info_ = {};
  jpeg_progress_mgr progress_ = {};
};

J_COLOR_SPACE jpeg_color_space(PixelColor color) {
  switch (color) {
    case PixelColor::Bgr:
      return JCS_EXT_BGR;
    case PixelColor::Rgba:
      return JCS_EXT_RGBX;
    case PixelColor::Bgra:
      return JCS_EXT_BGRX;
    case PixelColor::Grey:
      return JCS_GRAYSCALE;
    default:
      return JCS_RGB;
  }
}

int components_of(J_COLOR_SPACE space) {
  if (space == JCS_GRAYSCALE) return 1;
  return space == JCS_EXT_RGBX || space == JCS_EXT_BGRX ? 4 : 3;
}

}  // namespace

core::Result<std::vector<std::uint8_t>> encode_jpeg(const JpegSource& source) {
  if (source.width == 0 || source.height == 0 || source.width > JPEG_MAX_DIMENSION ||
      source.height > JPEG_MAX_DIMENSION) {
    return core::error(ErrorKind::Unsupported, "JPEG cannot hold a picture of ", source.width,
                       " x ", source.height);
  }
  JpegWriter writer;
  const bool written = writer.run([&writer, &source] {
    writer.create();
    jpeg_compress_struct& info = writer.info();
    info.image_width = static_cast<JDIMENSION>(source.width);
    info.image_height = static_cast<JDIMENSION>(source.height);
    info.in_color_space = jpeg_color_space(source.color);
    info.input_components = components_of(info.in_color_space);
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, source.quality, /*force_baseline=*/TRUE);
    jpeg_start_compress(&info, /*write_all_tables=*/TRUE);
    while (info.next_scanline < info.image_height) {
      // libjpeg reads the row; that it asks for a mutable one is history.
      auto* row = const_cast<JSAMPROW>(source.data + info.next_scanline * source.stride);
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
  });
  if (!written) {
    return core::error(ErrorKind::Internal, "JPEG encoding failed: ", writer.error_text());
  }
  return std::move(writer.file());
}

bool has_jpeg_signature(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

core::Result<JpegPixels> decode_jpeg(std::span<const std::uint8_t> file, std::size_t max_bytes) {
  const auto corrupt = [](const Jpeg& jpeg) {
    return core::error(ErrorKind::Corrupt, "a JPEG file is broken: ", jpeg.error_text());
  };
  JpegReader reader;
  const bool header_read = reader.run([&reader, file] {
    reader.create(file);
    jpeg_read_header(&reader.info(), /*require_image=*/TRUE);
  });
  if (!header_read) return corrupt(reader);

  jpeg_decompress_struct& info = reader.info();
  if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK) {
    return core::error(ErrorKind::Unsupported, "a JPEG file for print (CMYK) cannot be decoded");
  }
  const bool is_grey = info.jpeg_color_space == JCS_GRAYSCALE;
  info.out_color_space = is_grey ? JCS_GRAYSCALE : JCS_RGB;
  JpegPixels pixels{.bytes = {},
                    .width = info.image_width,
                    .height = info.image_height,
                    .channels = is_grey ? 1 : 3};
  const std::size_t row_bytes = pixels.width * static_cast<std::size_t>(pixels.channels);
  if (row_bytes == 0 || pixels.height > max_bytes / row_bytes) {
    return core::error(ErrorKind::LimitExceeded, "max_decoded_bytes is passed by a JPEG of ",
                       pixels.width, " x ", pixels.height, ": ", max_bytes);
  }

  pixels.bytes.resize(row_bytes * pixels.height);
  const bool read = reader.run([&info, &pixels, row_bytes] {
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = pixels.bytes.data() + info.output_scanline * row_bytes;
      jpeg_read_scanlines(&info, &row, 1);
    }
  });
  if (!read) return corrupt(reader);
  return pixels;
}

}  // namespace mosaico::ontology
