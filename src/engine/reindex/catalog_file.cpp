#include "engine/reindex/catalog_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>

#include "catalog/sqlite_catalog.hpp"
#include "core/crash_point.hpp"
#include "core/ids.hpp"
#include "core/log.hpp"
#include "core/time.hpp"
#include "engine/directory/layout.hpp"
#include "store/posix_file.hpp"

namespace mosaico::engine {

namespace {

namespace fs = std::filesystem;

constexpr int64_t kNsPerMs = 1'000'000;

Status sync_path(const std::string& path, int flags) {
  const store::FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (file.get() < 0) return store::errno_status(errno, "open", path);
  return store::sync(*store::kernel_files(), file, path);
}

Status rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return Status::OK();
  return store::errno_status(errno, "rename", from);
}

// Gives the catalog at `path` a second name, so that it stays when the first one is replaced. Its
// log must not lie beside the next one, which would take it for its own.
Status keep(const std::string& path, const std::string& kept) {
  const Status settled = catalog::settle_sqlite_file(path);
  if (!settled.ok()) core::log().warn("the catalog that is replaced: {}", settled.message());
  if (::link(path.c_str(), kept.c_str()) != 0) return store::errno_status(errno, "keep", path);
  if (fs::exists(path + "-wal")) ARROW_RETURN_NOT_OK(rename(path + "-wal", kept + "-wal"));
  std::error_code ignored;
  fs::remove(path + "-shm", ignored);  // Made again from the log.
  return Status::OK();
}

}  // namespace

NewCatalogFile::NewCatalogFile(const std::string& root)
    : path_(catalog_path(root)), new_path_(path_ + ".new") {}

Result<NewCatalogFile> NewCatalogFile::begin(const std::string& root) {
  NewCatalogFile file(root);
  std::error_code failure;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.new_path_ + suffix, failure);
  ARROW_ASSIGN_OR_RAISE(file.catalog_,
                        catalog::open_sqlite_catalog(file.new_path_, {.sync = false}));
  return file;
}

Result<std::string> NewCatalogFile::take_place() {
  catalog_.reset();
  ARROW_RETURN_NOT_OK(catalog::settle_sqlite_file(new_path_));
  ARROW_RETURN_NOT_OK(sync_path(new_path_, O_RDWR));
  const std::string folder = fs::path(path_).parent_path();
  std::string kept;
  if (fs::exists(path_)) {
    kept = path_ + ".kept-" + core::make_ulid(core::system_clock()() / kNsPerMs);
    ARROW_RETURN_NOT_OK(keep(path_, kept));
    ARROW_RETURN_NOT_OK(sync_path(folder, O_RDONLY | O_DIRECTORY));
  }
  core::crash_point("reindex.rename.before");
  ARROW_RETURN_NOT_OK(rename(new_path_, path_));
  core::crash_point("reindex.rename.after");
  ARROW_RETURN_NOT_OK(sync_path(folder, O_RDONLY | O_DIRECTORY));
  return kept.empty() ? kept : fs::path(kept).filename().string();
}

}  // namespace mosaico::engine
