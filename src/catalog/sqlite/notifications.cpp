#include <optional>

#include "catalog/rules.hpp"
#include "catalog/sqlite/catalog.hpp"
#include "catalog/sqlite/rows.hpp"

namespace mosaico::catalog::sqlite {

namespace {

// What a notification is on.
struct Subject {
  SequenceId sequence{};
  std::optional<TopicId> topic;
};

Result<Subject> get_subject(Database* database, const std::string& sequence,
                            const std::string& topic) {
  ARROW_ASSIGN_OR_RAISE(const Sequence parent, get_sequence(database, sequence));
  if (topic.empty()) return Subject{parent.id, std::nullopt};
  ARROW_ASSIGN_OR_RAISE(const Topic found, get_topic(database, parent, topic));
  return Subject{parent.id, found.id};
}

}  // namespace

Status SqliteCatalog::add_notification(const Notification& notification) {
  ARROW_RETURN_NOT_OK(validate_text("notification type", notification.type));
  return connections_.write([&](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(const Subject subject,
                          get_subject(database, notification.sequence, notification.topic));
    return database
        ->execute(
            "INSERT INTO notification (sequence_id, topic_id, type, message, created_at_ns) "
            "VALUES (?, ?, ?, ?, ?)",
            subject.sequence, subject.topic, notification.type, Blob{notification.message},
            notification.created_at_ns)
        .status();
  });
}

Result<std::vector<Notification>> SqliteCatalog::list_notifications(const std::string& sequence,
                                                                    const std::string& topic) {
  return connections_.read([&](Database* database) -> Result<std::vector<Notification>> {
    ARROW_ASSIGN_OR_RAISE(const Subject subject, get_subject(database, sequence, topic));
    ARROW_ASSIGN_OR_RAISE(
        Statement rows,
        database->query("SELECT type, message, created_at_ns FROM notification WHERE sequence_id "
                        "= ? AND topic_id IS ? ORDER BY id",
                        subject.sequence, subject.topic));
    std::vector<Notification> notifications;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const bool found, rows.step());
      if (!found) return notifications;
      notifications.push_back({.sequence = sequence,
                               .topic = topic,
                               .type = rows.bytes(0),
                               .message = rows.bytes(1),
                               .created_at_ns = rows.integer(2)});
    }
  });
}

Status SqliteCatalog::purge_notifications(const std::string& sequence, const std::string& topic) {
  return connections_.write([&](Database* database) -> Status {
    ARROW_ASSIGN_OR_RAISE(const Subject subject, get_subject(database, sequence, topic));
    return database
        ->execute("DELETE FROM notification WHERE sequence_id = ? AND topic_id IS ?",
                  subject.sequence, subject.topic)
        .status();
  });
}

}  // namespace mosaico::catalog::sqlite
