#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.hpp"
#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// A catalog that is built beside the one of a directory and then takes its place: a crash leaves
// either, whole. One thread.
class NewCatalogFile {
 public:
  // Begins with an empty one, in place of what an earlier attempt left.
  static Result<NewCatalogFile> begin(const std::string& root);

  catalog::Catalog& catalog() { return *catalog_; }

  // Makes it durable and the directory's. One that was there is kept under another name, which is
  // returned; empty when there was none.
  Result<std::string> take_place();

 private:
  explicit NewCatalogFile(const std::string& root);

  std::string path_;      // Of the directory's catalog.
  std::string new_path_;  // Of this one until then.
  std::unique_ptr<catalog::Catalog> catalog_;
};

}  // namespace mosaico::engine
