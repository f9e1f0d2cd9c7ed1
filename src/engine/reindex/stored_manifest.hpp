#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/records.hpp"
#include "core/error.hpp"

namespace mosaico::engine {

using core::Result;
using core::Status;

// What a manifest.json tells of a sequence. Objects have the ids that are in it, and no UUIDs;
// sessions have none.
struct StoredManifest {
  struct StoredTopic {
    catalog::Topic topic;  // With its rows.
    std::string session;   // The ULID.
  };

  catalog::Sequence sequence;
  std::vector<catalog::Session> sessions;
  std::vector<StoredTopic> topics;
  std::vector<catalog::Notification> notifications;
};

// Corrupt, naming what is missing or wrong, unless it is what a ManifestWriter writes.
Result<StoredManifest> parse_manifest(std::string_view text);

}  // namespace mosaico::engine
