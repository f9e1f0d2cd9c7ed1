#include "engine/directory/tombstones.hpp"

#include <algorithm>
#include <utility>

#include "core/ids.hpp"
#include "core/json.hpp"

namespace mosaico::engine {

namespace {

using nlohmann::json;

constexpr const char* kFolder = "tombstones";
constexpr int64_t kFormat = 1;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr core::JsonLimits kLimits = {.bytes_max = size_t{64} << 20};

Result<Tombstone> read_tombstone(store::Store& store, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const std::string text, store::get(store, path));
  ARROW_ASSIGN_OR_RAISE(const json object, core::parse_json(text, kLimits));
  ARROW_ASSIGN_OR_RAISE(const int64_t format, core::int_member(object, "format"));
  if (format != kFormat) return core::error(ErrorKind::Invalid, "its format is ", format);
  ARROW_ASSIGN_OR_RAISE(const json* paths, core::array_member(object, "paths"));
  Tombstone tombstone{.path = path, .paths = {}};
  for (const json& entry : *paths) {
    if (!entry.is_string()) return core::error(ErrorKind::Invalid, "a path is no text");
    tombstone.paths.push_back(entry);
    ARROW_RETURN_NOT_OK(store::validate_object_path(tombstone.paths.back()));
  }
  return tombstone;
}

}  // namespace

Result<Tombstone> put_tombstone(store::Store& store, std::vector<std::string> paths,
                                int64_t now_ns) {
  Tombstone tombstone;
  tombstone.path = std::string(kFolder) + "/" + core::make_ulid(now_ns / kNsPerMs) + ".json";
  tombstone.paths = std::move(paths);
  ARROW_RETURN_NOT_OK(store::put(store, tombstone.path,
                                 core::dump({{"format", kFormat}, {"paths", tombstone.paths}})));
  return tombstone;
}

Result<std::vector<FoundTombstone>> list_tombstones(store::Store& store) {
  ARROW_ASSIGN_OR_RAISE(const auto objects, store.list(kFolder));
  std::vector<FoundTombstone> tombstones;
  for (const store::ObjectInfo& object : objects) {
    auto tombstone = read_tombstone(store, object.path);
    if (core::is_kind(tombstone.status(), ErrorKind::Io)) return tombstone.status();
    FoundTombstone& found = tombstones.emplace_back();
    found.readable = core::with_context(tombstone.status(), "a tombstone cannot be read");
    found.tombstone = std::move(tombstone).ValueOr(Tombstone{.path = object.path, .paths = {}});
  }
  return tombstones;
}

bool is_dead(const std::string& path, const std::vector<std::string>& dead) {
  for (size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
    if (std::binary_search(dead.begin(), dead.end(), path.substr(0, end))) return true;
  }
  return std::binary_search(dead.begin(), dead.end(), path);
}

}  // namespace mosaico::engine
