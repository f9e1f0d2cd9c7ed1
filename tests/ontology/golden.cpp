#include "golden.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

namespace mosaico::ontology {

std::filesystem::path source_path(const std::string& relative) {
  const char* root = std::getenv("MOSAICO_TEST_SOURCE_DIR");  // NOLINT(concurrency-mt-unsafe)
  if (root != nullptr) return std::filesystem::path(root) / relative;
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() / relative;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  return {text.begin(), text.end()};
}

void expect_golden(const std::string& relative, const std::string& text) {
  const auto path = source_path(relative);
  const char* update = std::getenv("MOSAICO_UPDATE_GOLDEN");  // NOLINT(concurrency-mt-unsafe)
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(read_text(path), text)
      << relative << " is out of date; MOSAICO_UPDATE_GOLDEN=1 writes it anew";
}

}  // namespace mosaico::ontology
