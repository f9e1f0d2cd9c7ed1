#pragma once

#include "catalog/catalog.hpp"
#include "engine/verify/findings.hpp"
#include "store/store.hpp"

namespace mosaico::engine {

// Compares the manifest of a sequence with the catalog, unless the catalog knows that it is stale,
// or it changes meanwhile. Errors: Io, Corrupt (the catalog cannot be read).
Status check_manifest(catalog::Catalog& catalog, store::Store& store,
                      const catalog::SequenceTree& tree, Findings& findings);

}  // namespace mosaico::engine
