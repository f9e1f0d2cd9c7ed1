#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "catalog/sqlite_catalog.hpp"
#include "engine/directory.hpp"
#include "engine/engine_impl.hpp"
#include "store/local_store.hpp"
#include "store/posix_file.hpp"

namespace mosaico::engine {

namespace {

constexpr const char* kLockFile = "/lock";
constexpr const char* kJournalFolder = "/journal";

// What the holder of a lock wrote into it, as far as it is a number.
std::string read_pid(const store::FileDescriptor& file) {
  std::array<char, 24> text{};
  const ssize_t bytes = ::pread(file.get(), text.data(), text.size(), 0);
  const std::string_view read(text.data(), bytes > 0 ? static_cast<size_t>(bytes) : 0);
  const size_t digits = std::min(read.find_first_not_of("0123456789"), read.size());
  return digits > 0 ? std::string(read.substr(0, digits)) : "unknown";
}

// Holds the lock of a directory as long as it lives. The kernel lets it go with the process, so a
// crash leaves a file but no lock.
class DirectoryLock {
 public:
  static Result<std::shared_ptr<DirectoryLock>> take(const std::string& root) {
    const std::string path = root + kLockFile;
    store::FileDescriptor file(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (file.get() < 0) return store::errno_status(errno, "open", path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return store::errno_status(errno, "lock", path);
      return core::error(ErrorKind::Locked, "in use by process ", read_pid(file), ": ", root);
    }
    if (::ftruncate(file.get(), 0) != 0) return store::errno_status(errno, "write", path);
    ARROW_RETURN_NOT_OK(store::write_all(file, std::to_string(::getpid()) + "\n", path));
    return std::make_shared<DirectoryLock>(std::move(file));
  }

  explicit DirectoryLock(store::FileDescriptor file) : file_(std::move(file)) {}

 private:
  const store::FileDescriptor file_;
};

// A read-only opening makes nothing, so all must be there.
Status check_is_store(const std::string& root) {
  std::error_code failure;
  if (std::filesystem::exists(catalog_path(root), failure)) return Status::OK();
  return core::error(ErrorKind::NotFound, "no recordings in this directory: ", root);
}

}  // namespace

std::string catalog_path(const std::string& root) { return root + "/catalog.sqlite"; }

Result<std::shared_ptr<Engine>> open_directory(const std::string& root,
                                               const EngineOptions& options) {
  if (root.empty()) return core::error(ErrorKind::Invalid, "the name of a directory is empty");
  std::shared_ptr<DirectoryLock> lock;
  if (options.read_only) {
    ARROW_RETURN_NOT_OK(check_is_store(root));
  } else {
    ARROW_RETURN_NOT_OK(store::make_folders(root));
    ARROW_ASSIGN_OR_RAISE(lock, DirectoryLock::take(root));
  }
  ARROW_ASSIGN_OR_RAISE(auto store, store::open_local_store(root, options.read_only));
  ARROW_ASSIGN_OR_RAISE(auto catalog, catalog::open_sqlite_catalog(
                                          catalog_path(root), {.read_only = options.read_only}));
  return EngineImpl::open(std::make_shared<EngineContext>(std::move(catalog), std::move(store),
                                                          root + kJournalFolder, options),
                          std::move(lock));
}

}  // namespace mosaico::engine
