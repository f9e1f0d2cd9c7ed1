#include "query/metadata_path.hpp"

#include <charconv>

#include "core/names.hpp"

namespace mosaico::query {

using core::error;
using core::Result;
using core::Status;
using nlohmann::json;

Status MetadataPath::parse_index(std::string_view text, std::vector<Step>* steps) {
  if (text == "*") {
    steps->push_back({StepKind::AnyIndex, {}, 0});
    return Status::OK();
  }
  uint64_t index = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (failure != std::errc() || end != text.data() + text.size()) {
    return error(ErrorKind::Invalid, "expected [N] or [*], not [", core::quoted(text), "]");
  }
  steps->push_back({StepKind::Index, {}, index});
  return Status::OK();
}

Status MetadataPath::parse_segment(std::string_view segment, std::vector<Step>* steps) {
  const size_t bracket = std::min(segment.find('['), segment.size());
  const std::string_view key = segment.substr(0, bracket);
  if (key.empty()) return error(ErrorKind::Invalid, "the path has an empty key");
  if (key == "**") {
    steps->push_back({StepKind::AnyDepth, {}, 0});
  } else if (key == "*") {
    steps->push_back({StepKind::AnyKey, {}, 0});
  } else if (key.find_first_of("*]") != std::string_view::npos) {
    return error(ErrorKind::Invalid, "a wildcard stands for a whole key; in ", core::quoted(key),
                 " it does not");
  } else {
    steps->push_back({StepKind::Key, std::string(key), 0});
  }
  for (std::string_view rest = segment.substr(bracket); !rest.empty();) {
    const size_t end = rest.find(']');
    if (rest.front() != '[' || end == std::string_view::npos) {
      return error(ErrorKind::Invalid, "malformed brackets in ", core::quoted(segment));
    }
    ARROW_RETURN_NOT_OK(parse_index(rest.substr(1, end - 1), steps));
    rest.remove_prefix(end + 1);
  }
  return Status::OK();
}

Result<MetadataPath> MetadataPath::parse(std::string_view text) {
  MetadataPath path;
  while (true) {
    const size_t dot = text.find('.');
    ARROW_RETURN_NOT_OK(parse_segment(text.substr(0, dot), &path.steps_));
    if (path.steps_.size() > kStepsMax) {
      return error(ErrorKind::Invalid, "the path has more than ", kStepsMax, " steps");
    }
    if (dot == std::string_view::npos) return path;
    text.remove_prefix(dot + 1);
  }
}

MetadataPath::Progress MetadataPath::skip_any_depth(Progress progress) const {
  for (size_t i = 0; i < steps_.size(); ++i) {
    const bool here = (progress >> i & 1) != 0;
    if (here && steps_[i].kind == StepKind::AnyDepth) progress |= Progress{2} << i;
  }
  return progress;
}

// The progress after going down into a child that fits some of the next steps.
template <typename Fits>
MetadataPath::Progress MetadataPath::advance(Progress progress, const Fits& fits) const {
  Progress next = 0;
  for (size_t i = 0; i < steps_.size(); ++i) {
    if ((progress >> i & 1) == 0) continue;
    if (steps_[i].kind == StepKind::AnyDepth) {
      next |= Progress{1} << i;
    } else if (fits(steps_[i])) {
      next |= Progress{2} << i;
    }
  }
  return next;
}

// Follows all ways that a path with several `**` may take at once, so each value is seen once.
bool MetadataPath::walk(const json& value, Progress progress,
                        const std::function<bool(const json&)>& visit) const {
  if (progress == 0) return false;
  progress = skip_any_depth(progress);
  const bool arrived = (progress >> steps_.size() & 1) != 0;
  if (arrived && visit(value)) return true;
  if (value.is_object()) {
    for (const auto& [key, child] : value.get_ref<const json::object_t&>()) {
      const Progress next = advance(progress, [&key = key](const Step& step) {
        return step.kind == StepKind::AnyKey || (step.kind == StepKind::Key && step.key == key);
      });
      if (walk(child, next, visit)) return true;
    }
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      const Progress next = advance(progress, [i](const Step& step) {
        return step.kind == StepKind::AnyIndex || (step.kind == StepKind::Index && step.index == i);
      });
      if (walk(value[i], next, visit)) return true;
    }
  }
  return false;
}

std::optional<std::string> MetadataPath::last_key() const {
  if (steps_.back().kind != StepKind::Key) return std::nullopt;
  return steps_.back().key;
}

std::optional<std::string> MetadataPath::only_key() const {
  return steps_.size() == 1 ? last_key() : std::nullopt;
}

bool MetadataPath::any(const json& root, const std::function<bool(const json&)>& visit) const {
  return walk(root, 1, visit);
}

}  // namespace mosaico::query
