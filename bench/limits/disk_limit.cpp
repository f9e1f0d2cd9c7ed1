#include "limits/disk_limit.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "measure.hpp"

namespace mosaico::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kWriteBytes = std::size_t{4} << 20U;

[[noreturn]] void fail(const fs::path& path) {
  throw std::runtime_error("writing " + path.filename().string() + ": " + std::strerror(errno));
}

const std::vector<char>& random_bytes() {
  static const std::vector<char> kBytes = [] {
    std::mt19937_64 random(1);
    std::vector<char> made(kWriteBytes);
    for (char& byte : made) byte = static_cast<char>(random());
    return made;
  }();
  return kBytes;
}

void sync_folder(const fs::path& directory) {
  const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 || ::fsync(folder) != 0) fail(directory);
  ::close(folder);
}

struct DatabaseCloser {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, DatabaseCloser>;

void execute(const Database& database, const char* sql) {
  if (sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database.get()));
  }
}

}  // namespace

double write_seconds(const fs::path& directory, std::int64_t bytes) {
  fs::create_directories(directory);
  const fs::path path = directory / "disk-limit";
  const auto& block = random_bytes();
  const Stopwatch stopwatch;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) fail(path);
  for (std::int64_t left = bytes; left > 0;) {
    const auto step = std::min<std::int64_t>(left, static_cast<std::int64_t>(block.size()));
    const ssize_t written = ::write(file, block.data(), static_cast<std::size_t>(step));
    if (written <= 0) fail(path);
    left -= written;
  }
  if (::fsync(file) != 0) fail(path);
  sync_folder(directory);
  const double seconds = stopwatch.seconds();
  ::close(file);
  fs::remove(path);
  return seconds;
}

std::int64_t stored_bytes(const fs::path& directory, const char* extension) {
  std::int64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file() || entry.path().extension() != extension) continue;
    bytes += static_cast<std::int64_t>(entry.file_size());
  }
  return bytes;
}

double commits_per_second(const fs::path& directory, std::int64_t commits) {
  fs::create_directories(directory);
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open((directory / "commits.sqlite").c_str(), &handle);
  const Database database(handle);
  if (opened != SQLITE_OK) throw std::runtime_error("SQLite: cannot open a database");
  execute(database, "PRAGMA journal_mode = WAL");
  execute(database, "PRAGMA synchronous = FULL");
  execute(database, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, text TEXT)");
  const Stopwatch stopwatch;
  for (std::int64_t i = 0; i < commits; ++i) {
    execute(database, "INSERT INTO t (text) VALUES ('a row of about the size of a sequence')");
  }
  return static_cast<double>(commits) / stopwatch.seconds();
}

}  // namespace mosaico::bench
