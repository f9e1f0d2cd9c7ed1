#include "server/access/key_catalog.hpp"

#include <filesystem>
#include <string>

#include "catalog/sqlite_catalog.hpp"
#include "engine/directory/layout.hpp"
#include "store/posix_file.hpp"

namespace mosaico::server {

using core::error;
using core::Result;
using core::Status;

Status check_place(const ServerOptions& options) {
  if (!options.catalog.empty()) {
    return error(ErrorKind::Unsupported, "--catalog is not supported by this build yet: ",
                 "the catalog lies in the store; leave the flag out");
  }
  if (options.store.find("://") != std::string::npos) {
    return error(ErrorKind::Unsupported, "--store ", options.store,
                 " is not supported by this build yet: give a local directory");
  }
  return Status::OK();
}

Result<std::shared_ptr<catalog::Catalog>> open_key_catalog(const ServerOptions& options,
                                                           KeyAccess access) {
  ARROW_RETURN_NOT_OK(check_place(options));
  const std::string path = engine::catalog_path(options.store);
  ARROW_RETURN_NOT_OK(engine::check_catalog_is_not_lost(options.store));
  if (access == KeyAccess::Create) {
    ARROW_RETURN_NOT_OK(store::make_folders(*store::kernel_files(), options.store));
  } else if (!std::filesystem::exists(path)) {
    return error(ErrorKind::NotFound, "there is no store at ", options.store,
                 "; make its first key with `mosaicod key create`, or start a server on it");
  }
  return catalog::open_sqlite_catalog(
      path, {.read_only = access == KeyAccess::Read, .may_migrate = false});
}

}  // namespace mosaico::server
