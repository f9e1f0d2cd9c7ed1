#include "golden.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include <gtest/gtest.h>

namespace mosaico::protocol {

namespace {

std::filesystem::path golden_path(const std::string& file) {
  const char* root = std::getenv("MOSAICO_TEST_SOURCE_DIR");
  const auto source =
      root != nullptr ? std::filesystem::path(root)
                      : std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  return source / "tests/golden/protocol" / file;
}

}  // namespace

void expect_golden(const std::string& file, const std::string& text) {
  const auto path = golden_path(file);
  const char* update = std::getenv("MOSAICO_UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  std::ostringstream golden;
  golden << stream.rdbuf();
  EXPECT_EQ(golden.str(), text) << file << " differs; MOSAICO_UPDATE_GOLDEN=1 writes it anew";
}

}  // namespace mosaico::protocol
