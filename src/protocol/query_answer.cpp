// The answer of a query, written and read without a JSON document: it may name every topic there
// is.
#include <algorithm>
#include <optional>

#include "core/json.hpp"
#include "protocol/actions.hpp"
#include "protocol/members.hpp"

namespace mosaico::protocol {

namespace {

constexpr std::string_view kBegin = R"({"action":"query","response":{"items":[)";
constexpr std::string_view kItem = R"({"sequence":")";
constexpr std::string_view kTopics = R"(","topics":[)";
constexpr std::string_view kTopic = R"({"locator":")";
constexpr std::string_view kTag = R"(","ontology_tag":")";
constexpr std::string_view kTopicEnd = R"("})";
constexpr std::string_view kItemEnd = "]}";
constexpr std::string_view kEnd = "]}}";

// Text that stands in JSON as it is.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

// Without the quotes around it.
void append_text(std::string_view text, std::string* out) {
  if (is_plain(text)) {
    *out += text;
    return;
  }
  const std::string quoted = core::dump(json(text));
  out->append(quoted, 1, quoted.size() - 2);
}

void append_topic(const QueryAnswer::Topic& topic, std::string* out) {
  *out += kTopic;
  append_text(topic.locator.sequence, out);
  *out += '/';
  append_text(topic.locator.topic, out);
  *out += kTag;
  append_text(topic.ontology_tag, out);
  *out += kTopicEnd;
}

// Reads an envelope exactly as to_envelope() writes it where all texts are plain, and gives up at
// the first byte that differs, or name that is none.
class PlainReader {
 public:
  explicit PlainReader(std::string_view text) : rest_(text) {}

  std::optional<QueryAnswer> read() {
    QueryAnswer answer;
    const bool is_read = skip(kBegin) && read_list(kEnd, &answer.items,
                                                   [this](auto* item) { return read_item(item); });
    if (!is_read || !rest_.empty()) return std::nullopt;
    return answer;
  }

 private:
  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  // Up to the quote, which is left.
  std::optional<std::string_view> read_text() {
    const std::string_view text = rest_.substr(0, rest_.find('"'));
    if (!is_plain(text)) return std::nullopt;
    rest_.remove_prefix(text.size());
    return text;
  }

  template <typename T, typename Read>
  bool read_list(std::string_view end, std::vector<T>* list, const Read& read) {
    while (!skip(end)) {
      if (!list->empty() && !skip(",")) return false;
      if (!read(&list->emplace_back())) return false;
    }
    return true;
  }

  bool read_item(QueryAnswer::Item* item) {
    if (!skip(kItem)) return false;
    const auto sequence = read_text();
    if (!sequence || !core::validate_sequence_name(*sequence).ok() || !skip(kTopics)) return false;
    item->sequence = *sequence;
    return read_list(kItemEnd, &item->topics, [this](auto* topic) { return read_topic(topic); });
  }

  bool read_topic(QueryAnswer::Topic* topic) {
    if (!skip(kTopic)) return false;
    const auto text = read_text();
    if (!text || !skip(kTag)) return false;
    auto locator = core::parse_topic_locator(*text);
    const auto tag = read_text();
    if (!locator.ok() || !tag || !skip(kTopicEnd)) return false;
    topic->locator = std::move(locator).ValueUnsafe();
    topic->ontology_tag = *tag;
    return true;
  }

  std::string_view rest_;
};

Result<QueryAnswer::Topic> topic_of_json(const json& element) {
  QueryAnswer::Topic topic;
  ARROW_ASSIGN_OR_RAISE(topic.locator,
                        locator_member(element, "locator", core::parse_topic_locator));
  ARROW_ASSIGN_OR_RAISE(topic.ontology_tag, core::string_member(element, "ontology_tag"));
  return topic;
}

Result<QueryAnswer::Item> item_of_json(const json& element) {
  QueryAnswer::Item item;
  ARROW_ASSIGN_OR_RAISE(item.sequence, core::string_member(element, "sequence"));
  ARROW_RETURN_NOT_OK(core::validate_sequence_name(item.sequence));
  ARROW_RETURN_NOT_OK(read_list(element, "topics", topic_of_json, &item.topics));
  return item;
}

}  // namespace

std::string QueryAnswer::to_envelope() const {
  std::string text(kBegin);
  for (const Item& item : items) {
    if (&item != &items.front()) text += ',';
    text += kItem;
    append_text(item.sequence, &text);
    text += kTopics;
    for (const Topic& topic : item.topics) {
      if (&topic != &item.topics.front()) text += ',';
      append_topic(topic, &text);
    }
    text += kItemEnd;
  }
  text += kEnd;
  return text;
}

Result<QueryAnswer> QueryAnswer::from_envelope(std::string_view text) {
  if (text.size() <= static_cast<size_t>(kAnswerBytesMax)) {
    if (auto answer = PlainReader(text).read()) return *std::move(answer);
  }
  // Another server may write the same JSON in other words; and an error tells what is wrong.
  ARROW_ASSIGN_OR_RAISE(const json body, unwrap_answer(action::kQuery, text));
  QueryAnswer answer;
  ARROW_RETURN_NOT_OK(protocol::read_list(body, "items", item_of_json, &answer.items));
  return answer;
}

}  // namespace mosaico::protocol
