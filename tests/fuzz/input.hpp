#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "support/temporary_directory.hpp"

// What all fuzz targets need. A target is a file <name>_fuzz.cpp with libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace mosaico::fuzz {

// Bytes that nobody has looked at, taken off from the front.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  // 0 at the end.
  std::uint8_t take_byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  // Up to the next line feed, which goes too.
  std::string_view take_line() {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    return line;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Ends the process where a promise is broken that no input may break.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: broken: %s\n", promise);
  std::abort();
}

// A file for what reads files.
class InputFile {
 public:
  explicit InputFile(const std::string& name) : path_(directory_.path() / name) {}

  std::string path() const { return path_.string(); }
  std::filesystem::path directory() const { return directory_.path(); }
  void write(std::string_view bytes) const {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    require(file.good(), "the input can be written into a file");
  }

 private:
  const TemporaryDirectory directory_;
  const std::filesystem::path path_;
};

}  // namespace mosaico::fuzz
