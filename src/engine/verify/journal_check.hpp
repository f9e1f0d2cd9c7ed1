#pragma once

#include <string>

#include "catalog/catalog.hpp"
#include "engine/verify/findings.hpp"

namespace mosaico::engine {

struct JournalCheck {
  std::string root;      // Of the directory.
  std::string sequence;  // Only the topics of this one; empty: all.
  bool writers_are_out = false;
};

// Reads every frame of every journal. While writers are out it also compares journals with the
// rows in chunks, and reports journals that belong to no topic. A torn end is none of its
// findings: a crash leaves one, and its rows were never acknowledged. Errors: Io, Corrupt (the
// catalog cannot be read).
Status check_journals(catalog::Catalog& catalog, const JournalCheck& check, Findings& findings);

}  // namespace mosaico::engine
