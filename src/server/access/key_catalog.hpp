#pragma once

#include <memory>

#include "catalog/catalog.hpp"
#include "core/error.hpp"
#include "server/options.hpp"

namespace mosaico::server {

enum class KeyAccess {
  Read,
  Write,
  Create,  // Also makes the store where there is none yet.
};

// The catalog of the store that `options` name, for its API keys, beside the server that uses it.
// NotFound (no store there); Locked (a catalog of an older version, which only a server of this one
// migrates); Unsupported, Io, Corrupt.
core::Result<std::shared_ptr<catalog::Catalog>> open_key_catalog(const ServerOptions& options,
                                                                 KeyAccess access);

// Unsupported for a store or a catalog that this build cannot open.
core::Status check_place(const ServerOptions& options);

}  // namespace mosaico::server
