#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace mosaico::query {

// The path of a condition on user metadata: keys joined by dots, `*` for one level, `**` for any
// number of levels (none included), `[N]` and `[*]` for array elements.
class MetadataPath {
 public:
  // Invalid for an empty or malformed path.
  static core::Result<MetadataPath> parse(std::string_view text);

  // The key that every value reached has in its object; none where an element or a wildcard ends
  // the path.
  std::optional<std::string> last_key() const;
  // The same where the path is that key alone, of the outermost object.
  std::optional<std::string> only_key() const;

  // Calls `visit` once for each value that the path reaches, until it returns true. True when it
  // did.
  bool any(const nlohmann::json& root,
           const std::function<bool(const nlohmann::json&)>& visit) const;

 private:
  enum class StepKind { Key, AnyKey, AnyDepth, Index, AnyIndex };
  struct Step {
    StepKind kind;
    std::string key;
    uint64_t index = 0;
  };
  // Bit i is set where the first i steps are done, so step i is next.
  using Progress = uint64_t;
  static constexpr size_t kStepsMax = 63;

  static core::Status parse_segment(std::string_view segment, std::vector<Step>* steps);
  static core::Status parse_index(std::string_view text, std::vector<Step>* steps);

  Progress skip_any_depth(Progress progress) const;
  template <typename Fits>
  Progress advance(Progress progress, const Fits& fits) const;
  bool walk(const nlohmann::json& value, Progress progress,
            const std::function<bool(const nlohmann::json&)>& visit) const;

  std::vector<Step> steps_;
};

}  // namespace mosaico::query
