#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/quantity_text.hpp"
#include "cli/sequence_text.hpp"
#include "cli/table_printer.hpp"
#include "core/time.hpp"

namespace mosaico::cli {

namespace {

void print_line(const char* what, const std::string& value) {
  std::cout << "  " << what << std::string(12 - std::string_view(what).size(), ' ') << value
            << '\n';
}

void print_span(std::optional<std::int64_t> first, std::optional<std::int64_t> last) {
  print_line("first", time_text(first));
  print_line("last", time_text(last));
  if (first && last) {
    print_line("length",
               duration_text((static_cast<double>(*last) - static_cast<double>(*first)) / 1e9));
  }
}

void print_sessions(const SequenceInfo& info) {
  std::cout << "\nsessions\n";
  TablePrinter table({"SESSION", "CREATED", "COMPLETED", "TOPICS>"});
  for (const SessionInfo& session : info.sessions) {
    table.add({session.locator, core::format_datetime_utc(session.created_at_ns),
               session.completed_at_ns ? core::format_datetime_utc(*session.completed_at_ns) : "-",
               std::to_string(session.topics.size())});
  }
  table.print(std::cout, "  ");
}

void print_topics(const SequenceHandler& sequence) {
  std::cout << "\ntopics\n";
  TablePrinter table(
      {"TOPIC", "TYPE", "FORMAT", "ROWS>", "SIZE>", "CHUNKS>", "FIRST NS>", "LAST NS>"});
  for (const std::string& name : sequence.topics()) {
    const auto topic = sequence.get_topic_handler(name);
    if (!topic) continue;
    const TopicInfo& info = topic->topic_info();
    const auto first = topic->timestamp_ns_min();
    const auto last = topic->timestamp_ns_max();
    table.add({name, info.ontology_tag, info.serialization_format, std::to_string(info.total_rows),
               mib_text(info.total_size_bytes), std::to_string(info.chunks_number),
               first ? std::to_string(*first) : "-", last ? std::to_string(*last) : "-"});
  }
  table.print(std::cout, "  ");
}

void print_notifications(const std::vector<Notification>& notifications) {
  if (notifications.empty()) return;
  std::cout << "\nnotifications\n";
  TablePrinter table({"WHEN", "WHERE", "TYPE", "MESSAGE"});
  for (const Notification& notification : notifications) {
    table.add({notification.created_datetime,
               notification.topic.empty() ? "(all)" : notification.topic, notification.type,
               notification.message});
  }
  table.print(std::cout, "  ");
}

void show_sequence(const ToolOptions& options, MosaicoClient& client,
                   const SequenceHandler& sequence) {
  if (options.json) {
    std::cout << json_line(to_json(sequence)) << '\n';
    return;
  }
  const SequenceInfo& info = sequence.sequence_info();
  std::cout << sequence.name() << '\n';
  print_line("state", std::string(state_name(info.state)));
  print_line("created", info.created_datetime);
  print_line("size", mib_text(info.total_size_bytes));
  print_span(sequence.timestamp_ns_min(), sequence.timestamp_ns_max());
  print_line("metadata", json_line(sequence.user_metadata()));
  print_sessions(info);
  print_topics(sequence);
  print_notifications(client.sequence_notifications(sequence.name()));
}

// A row for each column, members of structs below their column.
void add_columns(TablePrinter& table, const std::vector<Field>& fields, const std::string& prefix) {
  for (const Field& field : fields) {
    const bool is_struct = field.type.kind == TypeKind::Struct;
    table.add({prefix + field.name, is_struct ? "struct" : field.type.to_string(),
               field.nullable ? "yes" : "no", field.description});
    if (is_struct) add_columns(table, field.type.children, prefix + field.name + ".");
  }
}

nlohmann::json columns_json(const std::vector<Field>& fields) {
  auto columns = nlohmann::json::array();
  for (const Field& field : fields) {
    columns.push_back({{"name", field.name},
                       {"type", field.type.to_string()},
                       {"nullable", field.nullable},
                       {"description", field.description}});
  }
  return columns;
}

void show_topic(const ToolOptions& options, const TopicHandler& topic) {
  const TopicInfo& info = topic.topic_info();
  const OntologyType type = topic.ontology_type();
  if (options.json) {
    auto json = to_json(topic);
    json["sequence"] = topic.sequence_name();
    json["columns"] = columns_json(type.schema().fields);
    std::cout << json_line(std::move(json)) << '\n';
    return;
  }
  std::cout << topic.sequence_name() << topic.name() << '\n';
  print_line("type", info.ontology_tag + ", fingerprint " + type.fingerprint());
  print_line("format", info.serialization_format);
  print_line("created", info.created_datetime);
  print_line("rows", std::to_string(info.total_rows));
  print_line("size", mib_text(info.total_size_bytes) + " in " + std::to_string(info.chunks_number) +
                         " chunk(s)");
  print_span(topic.timestamp_ns_min(), topic.timestamp_ns_max());
  print_line("metadata", json_line(topic.user_metadata()));
  std::cout << "\ncolumns\n";
  TablePrinter table({"COLUMN", "TYPE", "NULL", "MEANING"});
  table.add({"timestamp_ns", "int64", "no", "Time of recording in ns."});
  add_columns(table, type.schema().fields, "");
  table.print(std::cout, "  ");
}

}  // namespace

void add_info_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command = tool.add_subcommand("info", "Show a sequence, or a topic with its columns");
  auto target = std::make_shared<std::string>();
  command->add_option("target", *target, "Sequence, or sequence and topic")
      ->required()
      ->type_name("SEQUENCE[/TOPIC]");
  command->callback([&options, target] {
    const Target parsed = parse_target(*target);
    MosaicoClient client = open_client(options, Access::Read);
    const SequenceHandler sequence = sequence_of(client, parsed.sequence);
    if (parsed.topic.empty()) {
      show_sequence(options, client, sequence);
    } else {
      show_topic(options, topic_of(sequence, parsed.topic));
    }
  });
}

}  // namespace mosaico::cli
