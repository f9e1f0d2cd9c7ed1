#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mosaico::ontology {

// A file of the source tree, e.g. source_path("tests/golden/ontology/fingerprints.txt").
std::filesystem::path source_path(const std::string& relative);

std::string read_text(const std::filesystem::path& path);
std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path);

// With MOSAICO_UPDATE_GOLDEN=1 in the environment writes `text` to the file; otherwise expects the
// file to hold it.
void expect_golden(const std::string& relative, const std::string& text);

}  // namespace mosaico::ontology
