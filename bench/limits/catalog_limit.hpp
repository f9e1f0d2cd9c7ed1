#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

// A catalog of many sequences, and what SQLite alone needs to answer what is asked of it.
namespace mosaico::bench {

// Finalized sequences of one topic each in a new store, with the metadata
//   {"serial": "s<i>", "lot": "lot-<i / 100>", "mileage": i}
// Written past the server, which would take a commit for each.
void make_catalog(const std::filesystem::path& store, std::int64_t sequences);

// The catalog of a store that nobody writes.
class BareCatalog {
 public:
  explicit BareCatalog(const std::filesystem::path& store);
  ~BareCatalog();

  // Seconds to read the names of sequences and topics that match, which are counted. `where` is
  // about the columns of sequence_metadata.
  struct Answer {
    double seconds = 0;
    std::int64_t hits = 0;
  };
  Answer find(const std::string& where);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace mosaico::bench
