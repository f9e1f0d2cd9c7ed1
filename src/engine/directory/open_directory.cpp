#include <filesystem>
#include <system_error>
#include <utility>

#include "catalog/sqlite_catalog.hpp"
#include "engine/directory/directory_lock.hpp"
#include "engine/directory/layout.hpp"
#include "engine/engine_impl.hpp"
#include "store/local_store.hpp"
#include "store/posix_file.hpp"

namespace mosaico::engine {

namespace {

bool has_entries(const std::string& folder) {
  std::error_code failure;
  return std::filesystem::directory_iterator(folder, failure) !=
         std::filesystem::end(std::filesystem::directory_iterator());
}

}  // namespace

std::string catalog_path(const std::string& root) { return root + "/" + kCatalogFile; }

core::Status check_catalog_is_not_lost(const std::string& root) {
  std::error_code failure;
  if (std::filesystem::exists(catalog_path(root), failure)) return Status::OK();
  if (!has_entries(root + "/" + kDataFolder) && !has_entries(root + kJournalFolder)) {
    return Status::OK();
  }
  return core::error(ErrorKind::Corrupt,
                     "the catalog is missing beside recordings; `mosaico --store DIR reindex` "
                     "makes it again from the files: ",
                     root);
}

Result<std::shared_ptr<Engine>> open_directory(const std::string& root,
                                               const EngineOptions& options) {
  if (root.empty()) return core::error(ErrorKind::Invalid, "the name of a directory is empty");
  const auto files = options.files != nullptr ? options.files : store::kernel_files();
  std::shared_ptr<DirectoryLock> lock;
  if (!options.read_only) {
    ARROW_RETURN_NOT_OK(store::make_folders(*files, root));
    ARROW_ASSIGN_OR_RAISE(lock, DirectoryLock::take(root, *files));
  }
  ARROW_RETURN_NOT_OK(check_catalog_is_not_lost(root));
  // A read-only opening makes nothing, so all must be there.
  std::error_code failure;
  if (options.read_only && !std::filesystem::exists(catalog_path(root), failure)) {
    return core::error(ErrorKind::NotFound, "no recordings in this directory: ", root);
  }
  ARROW_ASSIGN_OR_RAISE(auto store, store::open_local_store(root, options.read_only, files));
  ARROW_ASSIGN_OR_RAISE(auto catalog, catalog::open_sqlite_catalog(
                                          catalog_path(root), {.read_only = options.read_only}));
  return EngineImpl::open(std::make_shared<EngineContext>(std::move(catalog), std::move(store),
                                                          root + kJournalFolder, options),
                          std::move(lock));
}

}  // namespace mosaico::engine
