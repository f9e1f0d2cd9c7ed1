#include "engine/verify/journal_check.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/directory/layout.hpp"
#include "engine/ingest/journal.hpp"
#include "engine/stored_schema.hpp"

namespace mosaico::engine {

namespace {

using catalog::TopicId;
using catalog::TopicState;
using SequenceTopic = std::pair<std::string, catalog::Topic>;

// The topics that may have a journal.
Result<std::map<TopicId, SequenceTopic>> owners(catalog::Catalog& catalog) {
  std::map<TopicId, SequenceTopic> result;
  for (const TopicState state : {TopicState::Uploading, TopicState::Interrupted}) {
    ARROW_ASSIGN_OR_RAISE(auto topics, catalog.topics_in_state(state));
    for (SequenceTopic& topic : topics) result.emplace(topic.second.id, std::move(topic));
  }
  return result;
}

class OneJournal {
 public:
  OneJournal(const std::string& directory, const SequenceTopic& owner, const JournalCheck& check,
             Findings& findings)
      : directory_(directory), owner_(owner), check_(check), findings_(findings) {}

  Status run() {
    const catalog::Topic& topic = owner_.second;
    const auto schema = deserialize_schema(topic.schema);
    if (!schema.ok()) return Status::OK();  // Reported with its topic.
    check_description();
    const JournalIdentity identity{
        .topic = topic.id, .schema = *schema, .schema_bytes = topic.schema};
    ARROW_ASSIGN_OR_RAISE(const auto paths, list_journal(directory_, topic.id));
    for (size_t i = 0; i < paths.size(); ++i) {
      const auto condition = inspect_journal(paths[i], identity);
      if (core::is_kind(condition.status(), ErrorKind::NotFound)) continue;
      ARROW_RETURN_NOT_OK(condition.status());
      check_file(paths[i], *condition, i + 1 == paths.size());
    }
    return Status::OK();
  }

 private:
  Subject subject(const std::string& path) {
    return {findings_, path.substr(check_.root.size() + 1), owner_.first, owner_.second.name};
  }

  void check_description() {
    const auto said = read_journal_description(directory_, owner_.second.id);
    // Older engines wrote none; one that begins or ends meanwhile has none.
    if (core::is_kind(said.status(), ErrorKind::NotFound)) return;
    auto file = subject(journal_folder(directory_, owner_.second.id) + "/topic.json");
    if (!said.ok()) {
      file.add(said.status().message());
      return;
    }
    file.expect("the journal names another sequence", owner_.first, said->sequence.name);
    file.expect("the journal names another topic", owner_.second.name, said->topic.name);
    file.expect("the journal has another schema", schema_to_text(owner_.second.schema),
                schema_to_text(said->topic.schema));
  }

  void check_file(const std::string& path, const JournalCondition& condition, bool is_last) {
    auto file = subject(path);
    if (condition.is_damaged) {
      file.add("a frame of the journal is damaged; rows from it on are lost to a recovery", nullptr,
               condition.first_row + condition.rows);
    } else if (condition.torn_bytes > 0 && !is_last && check_.writers_are_out) {
      file.add("the journal ends with a torn frame, though another file follows", nullptr,
               condition.torn_bytes);
    }
    if (condition.rows == 0 || !check_.writers_are_out) return;
    const int64_t due = next_row_.value_or(owner_.second.rows);
    const bool follows = next_row_ ? condition.first_row == due : condition.first_row <= due;
    if (!follows) file.add("rows are missing before this journal", due, condition.first_row);
    next_row_ = condition.first_row + condition.rows;
  }

  const std::string& directory_;
  const SequenceTopic& owner_;
  const JournalCheck& check_;
  Findings& findings_;
  std::optional<int64_t> next_row_;
};

}  // namespace

Status check_journals(catalog::Catalog& catalog, const JournalCheck& check, Findings& findings) {
  const std::string directory = check.root + kJournalFolder;
  ARROW_ASSIGN_OR_RAISE(const auto topics, topics_with_journal(directory));
  ARROW_ASSIGN_OR_RAISE(const auto known, owners(catalog));
  for (const TopicId topic : topics) {
    const auto owner = known.find(topic);
    if (owner != known.end()) {
      if (!check.sequence.empty() && owner->second.first != check.sequence) continue;
      ARROW_RETURN_NOT_OK(OneJournal(directory, owner->second, check, findings).run());
    } else if (check.writers_are_out && check.sequence.empty()) {
      const std::string folder = journal_folder(directory, topic);
      Subject(findings, folder.substr(check.root.size() + 1), "", "")
          .add("a journal that belongs to no topic under upload");
    }
  }
  return Status::OK();
}

}  // namespace mosaico::engine
