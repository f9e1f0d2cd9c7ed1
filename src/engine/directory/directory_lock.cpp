#include "engine/directory/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "core/log.hpp"

namespace mosaico::engine {

namespace {

constexpr const char* kLockFile = "/lock";

// What the holder of a lock wrote into it, as far as it is a number.
std::string read_pid(const store::FileDescriptor& file) {
  std::array<char, 24> text{};
  const ssize_t bytes = ::pread(file.get(), text.data(), text.size(), 0);
  const std::string_view read(text.data(), bytes > 0 ? static_cast<size_t>(bytes) : 0);
  const size_t digits = std::min(read.find_first_not_of("0123456789"), read.size());
  return digits > 0 ? std::string(read.substr(0, digits)) : "unknown";
}

// For people only, so that a full disk can be opened: to read it, and to delete.
void note_pid(store::FileSystem& files, const store::FileDescriptor& file,
              const std::string& path) {
  Status noted;
  if (::ftruncate(file.get(), 0) != 0) noted = store::errno_status(errno, "write", path);
  if (noted.ok()) {
    noted = store::write_all(files, file, std::to_string(::getpid()) + "\n", path);
  }
  if (!noted.ok()) core::log().warn("{}", noted.message());
}

}  // namespace

Result<std::shared_ptr<DirectoryLock>> DirectoryLock::take(const std::string& root,
                                                           store::FileSystem& files) {
  const std::string path = root + kLockFile;
  store::FileDescriptor file(
      files.open(AT_FDCWD, path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return store::errno_status(errno, "open", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return store::errno_status(errno, "lock", path);
    return core::error(ErrorKind::Locked, "in use by process ", read_pid(file), ": ", root);
  }
  note_pid(files, file, path);
  return std::make_shared<DirectoryLock>(std::move(file));
}

std::shared_ptr<DirectoryLock> DirectoryLock::keep_writers_out(const std::string& root) {
  store::FileDescriptor file(::open((root + kLockFile).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  // A process that writes makes the file first.
  if (file.get() < 0 && errno == ENOENT) return std::make_shared<DirectoryLock>(std::move(file));
  if (file.get() < 0 || ::flock(file.get(), LOCK_SH | LOCK_NB) != 0) return nullptr;
  return std::make_shared<DirectoryLock>(std::move(file));
}

}  // namespace mosaico::engine
