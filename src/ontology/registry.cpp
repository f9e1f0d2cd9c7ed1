#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <typeindex>
#include <vector>

#include "mosaico/describe.hpp"
#include "mosaico/error.hpp"
#include "mosaico/ontology.hpp"
#include "ontology/builtin_types.hpp"

namespace mosaico {

namespace detail {

// One tag with one structure of columns. Records never die, so a reference into one is good for
// ever.
struct OntologyRecord {
  explicit OntologyRecord(const Schema& first_schema)
      : tag(first_schema.ontology_tag),
        fingerprint(first_schema.fingerprint()),
        first(first_schema),
        current(&first) {}

  const std::string tag;
  const std::string fingerprint;
  const Schema first;
  // Set by a claim that came later than `first`, which may have been read from a topic and then
  // lacks the descriptions and the serialization format of the class.
  std::unique_ptr<const Schema> claimed;
  std::atomic<const Schema*> current;
};

}  // namespace detail

namespace {

using detail::OntologyRecord;

// The message types of the process. Thread-safe.
class Registry {
 public:
  // Never destroyed: static objects of the user may outlive any order of destruction.
  static Registry& instance() {
    static auto* registry = new Registry;
    return *registry;
  }

  OntologyType intern(const Schema& schema) {
    const std::lock_guard lock(mutex_);
    return OntologyType(find_or_add(schema));
  }

  OntologyType claim(const Schema& schema, std::type_index cpp_type) {
    const std::lock_guard lock(mutex_);
    return claim_locked(schema, cpp_type);
  }

  const std::vector<OntologyType>& builtin() const { return builtin_; }

 private:
  struct Tag {
    std::optional<std::type_index> owner;  // The class that claimed it.
    std::vector<std::unique_ptr<OntologyRecord>> records;
  };

  Registry() {
    for (const auto& [cpp_type, schema] : ontology::builtin_class_schemas()) {
      builtin_.push_back(claim_locked(schema, cpp_type));
    }
  }

  OntologyRecord* find_or_add(const Schema& schema) {
    auto& records = tags_[schema.ontology_tag].records;
    for (const auto& record : records) {
      if (record->first.fields == schema.fields) return record.get();
    }
    return records.emplace_back(std::make_unique<OntologyRecord>(schema)).get();
  }

  OntologyType claim_locked(const Schema& schema, std::type_index cpp_type) {
    const std::string& tag = schema.ontology_tag;
    if (tag.empty()) throw InvalidError("a message type needs a tag, not an empty text");
    for (const Field& field : schema.fields) {
      if (field.name == "timestamp_ns") {
        throw InvalidError("a message type may not have a member called timestamp_ns: " + tag);
      }
    }
    auto& owner = tags_[tag].owner;
    if (owner.has_value() && *owner != cpp_type) {
      throw AlreadyExistsError("two classes have one ontology tag, and each needs its own: " + tag);
    }
    OntologyRecord* record = find_or_add(schema);
    if (!owner.has_value()) {
      owner = cpp_type;
      record->claimed = std::make_unique<const Schema>(schema);
      record->current = record->claimed.get();
    }
    return OntologyType(record);
  }

  std::vector<OntologyType> builtin_;  // Constant after construction.

  std::mutex mutex_;
  std::map<std::string, Tag, std::less<>> tags_;  // Guarded by mutex_.
};

const OntologyRecord& empty_record() {
  static const auto* record = new OntologyRecord(Schema{});
  return *record;
}

}  // namespace

const std::string& OntologyType::tag() const {
  return (record_ == nullptr ? empty_record() : *record_).tag;
}

const Schema& OntologyType::schema() const {
  return *(record_ == nullptr ? empty_record() : *record_).current.load();
}

const std::string& OntologyType::fingerprint() const {
  return (record_ == nullptr ? empty_record() : *record_).fingerprint;
}

const std::vector<OntologyType>& builtin_ontology_types() { return Registry::instance().builtin(); }

namespace detail {

OntologyType intern_ontology(const Schema& schema) { return Registry::instance().intern(schema); }

OntologyType claim_ontology(const Schema& schema, std::type_index cpp_type) {
  return Registry::instance().claim(schema, cpp_type);
}

}  // namespace detail

}  // namespace mosaico
