#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_text.hpp"
#include "cli/progress_bar.hpp"
#include "cli/stream_window.hpp"
#include "cli/tables/table_writer.hpp"
#include "core/error.hpp"
#include "ontology/arrow_schema.hpp"

namespace mosaico::cli {

namespace {

struct ExportRequest {
  std::string target = {};
  std::string output = {};
  std::string format = {};
  StreamWindow window = {};
};

std::shared_ptr<arrow::RecordBatch> to_record_batch(Columns columns) {
  return core::value_or_throw(arrow::ImportRecordBatch(&columns.array(), &columns.schema()));
}

// Of a topic without rows only the names of some types are known: columns of bytes stand for these.
void make_storable(Field& field) {
  if (field.type.kind == TypeKind::Other) field.type = DataType{.kind = TypeKind::Binary};
  for (Field& child : field.type.children) make_storable(child);
}

// The columns of a window without rows: those of any row of the topic, or what else is known.
std::shared_ptr<arrow::Schema> schema_without_rows(const TopicHandler& topic) {
  if (auto columns = topic.get_data_streamer().next_batch()) {
    return to_record_batch(*std::move(columns))->schema();
  }
  Schema schema = topic.ontology_type().schema();
  for (Field& field : schema.fields) make_storable(field);
  return core::value_or_throw(ontology::to_arrow_schema(schema));
}

std::int64_t export_topic(const TopicHandler& topic, const StreamOptions& window,
                          const std::string& path, TableFormat format) {
  ProgressBar progress("exporting " + topic.name());
  const double rows_expected =
      static_cast<double>(std::max<std::int64_t>(1, topic.topic_info().total_rows));
  TopicDataStreamer stream = topic.get_data_streamer(window);
  std::unique_ptr<TableWriter> file;
  std::int64_t rows = 0;
  while (auto columns = stream.next_batch()) {
    InterruptWatch::check();
    const auto batch = to_record_batch(*std::move(columns));
    if (file == nullptr) file = core::value_or_throw(create_table(path, format, batch->schema()));
    core::throw_if_error(file->write(batch));
    rows += batch->num_rows();
    progress.update(static_cast<double>(rows) / rows_expected, rows);
  }
  if (file == nullptr) {
    file = core::value_or_throw(create_table(path, format, schema_without_rows(topic)));
  }
  core::throw_if_error(file->close());
  return rows;
}

void report_file(const ToolOptions& options, const std::string& topic, const std::string& path,
                 std::int64_t rows) {
  if (options.json) {
    std::cout << json_line({{"topic", topic}, {"file", path}, {"rows", rows}}) << '\n';
  } else {
    std::cout << topic << ": " << rows << " rows to " << path << '\n';
  }
}

std::optional<TableFormat> format_of_file(const std::string& path) {
  if (path.ends_with(".csv")) return TableFormat::Csv;
  if (path.ends_with(".parquet")) return TableFormat::Parquet;
  return std::nullopt;
}

void export_tables(const ToolOptions& options, const ExportRequest& request) {
  const Target target = parse_target(request.target);
  StreamOptions window = request.window.to_stream_options();
  std::vector<std::string> topics = std::exchange(window.topics, {});
  if (!target.topic.empty()) {
    if (!topics.empty()) throw UsageError("a topic was named already, leave --topics out");
    topics = {target.topic};
  }
  MosaicoClient client = open_client(options, Access::Read);
  const SequenceHandler sequence = sequence_of(client, target.sequence);
  if (topics.empty()) topics = sequence.topics();
  const auto file_format = format_of_file(request.output);
  if (file_format && topics.size() != 1) {
    throw UsageError("a file takes one topic and there are " + std::to_string(topics.size()) +
                     ", name one (SEQUENCE/TOPIC) or give a directory");
  }
  std::vector<TopicHandler> handlers;
  for (const std::string& topic : topics) handlers.push_back(topic_of(sequence, topic));
  const InterruptWatch watch;
  for (const TopicHandler& topic : handlers) {
    const TableFormat format =
        file_format.value_or(request.format == "csv" ? TableFormat::Csv : TableFormat::Parquet);
    const std::string path = file_format ? request.output
                                         : request.output + topic.name() +
                                               (format == TableFormat::Csv ? ".csv" : ".parquet");
    report_file(options, topic.name(), path, export_topic(topic, window, path, format));
  }
}

}  // namespace

void add_export_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command = tool.add_subcommand("export", "Write topics as CSV or Parquet files");
  auto request = std::make_shared<ExportRequest>();
  request->format = "parquet";
  command->add_option("target", request->target, "Sequence, or sequence and topic")
      ->required()
      ->type_name("SEQUENCE[/TOPIC]");
  command
      ->add_option("-o,--output", request->output,
                   "A file for one topic (.csv or .parquet), or a directory for a file a topic")
      ->required()
      ->type_name("FILE|DIR");
  command->add_option("--format", request->format, "Of the files in a directory: csv or parquet")
      ->check(CLI::IsMember({"csv", "parquet"}).description(""))
      ->capture_default_str()
      ->type_name("FORMAT");
  add_window_flags(*command, request->window);
  command->footer(
      "CSV: nested columns are flattened with dots, nulls are empty, bytes base64, lists JSON; "
      "every\n"
      "value reads back equal. Parquet: the columns as they are. An existing file is replaced.");
  command->callback([&options, request] { export_tables(options, *request); });
}

}  // namespace mosaico::cli
