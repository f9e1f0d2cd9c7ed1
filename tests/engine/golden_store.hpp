#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/engine.hpp"
#include "support/temporary_directory.hpp"

namespace mosaico::engine {

// A catalog backend that the golden queries run against.
struct GoldenBackend {
  std::string name;
  std::function<Result<std::unique_ptr<catalog::Catalog>>(const std::string& directory)> open;
};

inline std::ostream& operator<<(std::ostream& out, const GoldenBackend& backend) {
  return out << backend.name;
}

// A JSON file of tests/golden/query.
nlohmann::json read_golden_queries(const std::string& file);

// The recordings of tests/golden/query/recordings.json behind an engine, in small chunks and row
// groups. Those of a sequence that is "open" are still being uploaded.
class GoldenStore {
 public:
  explicit GoldenStore(const GoldenBackend& backend);
  ~GoldenStore();

  Engine& engine() { return *engine_; }

 private:
  void record(const nlohmann::json& sequence);
  void record_topic(const nlohmann::json& sequence, const std::string& session_uuid,
                    const nlohmann::json& topic);

  const TemporaryDirectory directory_;
  std::shared_ptr<int64_t> now_ = std::make_shared<int64_t>(0);
  std::shared_ptr<Engine> engine_;
  std::vector<std::unique_ptr<Upload>> open_;
};

}  // namespace mosaico::engine
