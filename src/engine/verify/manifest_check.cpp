#include "engine/verify/manifest_check.hpp"

#include <string>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/names.hpp"
#include "engine/chunk_origin.hpp"
#include "engine/manifest.hpp"

namespace mosaico::engine {

namespace {

using nlohmann::json;

void compare_topics(const json& wanted, const json& found, Subject* subject) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    for (const auto& [key, value] : wanted[i].items()) {
      const std::string name = core::quoted(wanted[i].at("name").get<std::string>());
      const json other = found[i].is_object() ? found[i].value(key, json()) : json();
      subject->expect("the manifest has another " + key + " of topic " + name, value, other);
    }
  }
}

// What differs, part by part.
void compare(const json& wanted, const json& found, Subject* subject) {
  for (const auto& [key, value] : wanted.items()) {
    const json other = found.value(key, json());
    if (key == "topics" && other.is_array() && other.size() == value.size()) {
      compare_topics(value, other, subject);
    } else {
      subject->expect("the manifest has other " + key, value, other);
    }
  }
}

// The manifest as it lies there; a text where it is no JSON object.
Result<json> read_manifest(store::Store& store, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const std::string text, store::get(store, path));
  auto manifest = core::parse_json(text, kStoredJsonLimits);
  if (!manifest.ok()) return json(manifest.status().message());
  if (!manifest->is_object()) return json("it is no object");
  return manifest;
}

}  // namespace

Status check_manifest(catalog::Catalog& catalog, store::Store& store,
                      const catalog::SequenceTree& tree, Findings& findings) {
  if (tree.manifest_is_stale) return Status::OK();
  const std::string path = manifest_path(tree.sequence);
  const auto wanted = manifest_of(catalog, tree);
  if (core::is_kind(wanted.status(), ErrorKind::NotFound)) return Status::OK();
  ARROW_RETURN_NOT_OK(wanted.status());
  const auto found = read_manifest(store, path);
  if (!found.ok() && !core::is_kind(found.status(), ErrorKind::NotFound)) return found.status();
  if (found.ok() && *found == *wanted) return Status::OK();

  const auto again = catalog.find_sequence(tree.sequence.name);
  if (core::is_kind(again.status(), ErrorKind::NotFound)) return Status::OK();
  ARROW_RETURN_NOT_OK(again.status());
  if (again->sequence.id != tree.sequence.id || again->changes != tree.changes) {
    return Status::OK();
  }
  Subject subject(findings, path, tree.sequence.name, "");
  if (!found.ok()) {
    subject.add("the manifest is missing");
  } else if (found->is_string()) {
    subject.add("the manifest cannot be read: " + found->get<std::string>());
  } else {
    compare(*wanted, *found, &subject);
  }
  return Status::OK();
}

}  // namespace mosaico::engine
