#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_text.hpp"
#include "cli/progress_bar.hpp"
#include "cli/quantity_text.hpp"
#include "cli/tables/table_import.hpp"
#include "core/json.hpp"

namespace mosaico::cli {

namespace {

constexpr const char* kHelp =
    "A topic is NAME=FILE with options behind commas:\n"
    "  as=TYPE           a built-in type, e.g. IMU; without it the type is derived from the "
    "columns\n"
    "  tag=NAME          of a derived type; otherwise made from the file's name\n"
    "  time=COLUMN:UNIT  the time of each row; unit s, ms, us or ns. Otherwise timestamp_ns,\n"
    "                    timestamp, time or t; a unit may end the name\n"
    "  map=FIELD:COLUMN*SCALE+OFFSET;…  a field of the type from a column of another name or unit\n"
    "Columns with sensible names find their fields by themselves: acceleration_x, latitude_deg,\n"
    "velocity_down (turned upwards), magnetometer_ga_0 (gauss to microtesla), …\n"
    "Files are CSV (TSV), Parquet, or Arrow IPC.\n"
    "Example:\n"
    "  mosaico import flight_7 --topic imu=imu.csv,as=IMU --topic gps=gps.csv,as=GPS \\\n"
    "    --topic air=air.csv,as=Temperature,map=value:temp_c+273.15 --metadata '{\"pilot\": "
    "\"ann\"}'";

struct ImportFlags {
  std::string sequence = {};
  std::vector<std::string> topics = {};
  std::string metadata = {};
  std::string on_error = "delete";
};

// A request that cannot be read is wrong usage; what is wrong with a file is not.
ImportRequest read_request(const std::string& text) {
  auto request = ImportRequest::parse(text);
  if (!request.ok()) throw UsageError(request.status().message());
  return *std::move(request);
}

// JSON as it stands, or a file with it.
nlohmann::json read_metadata(const std::string& text) {
  if (text.empty()) return nlohmann::json::object();
  std::string json = text;
  if (text.front() != '{') {
    std::ifstream file(text, std::ios::binary);
    if (!file)
      throw NotFoundError("--metadata: there is no file " + text +
                          ", give a file or a JSON object");
    json.assign(std::istreambuf_iterator<char>(file), {});
  }
  auto metadata = core::parse_json(json);
  if (!metadata.ok())
    throw UsageError("--metadata: " + metadata.status().message() + ", correct the JSON");
  return *std::move(metadata);
}

void copy_tables(SequenceWriter& sequence, const std::vector<std::unique_ptr<TableJob>>& jobs) {
  TableImport import(jobs);
  ProgressBar progress("importing " + sequence.name());
  import.start(sequence);
  while (!import.wait_a_while()) {
    InterruptWatch::check();
    progress.update(import.fraction(), import.rows());
  }
  InterruptWatch::check();
}

void print_result(const ToolOptions& options, const std::string& sequence,
                  const std::vector<std::unique_ptr<TableJob>>& jobs, double seconds) {
  std::int64_t rows = 0;
  auto topics = nlohmann::json::array();
  for (const auto& job : jobs) {
    rows += job->rows;
    topics.push_back({{"name", job->plan.topic},
                      {"ontology_tag", job->plan.schema.ontology_tag},
                      {"rows", job->rows.load()}});
    if (!options.json) {
      std::cout << "  " << job->plan.topic << ": " << job->rows << " rows of type "
                << job->plan.schema.ontology_tag << '\n';
    }
  }
  if (options.json) {
    std::cout << json_line({{"sequence", sequence}, {"topics", std::move(topics)}, {"rows", rows}})
              << '\n';
    return;
  }
  std::cout << "imported " << sequence << ": " << rows << " rows in " << duration_text(seconds)
            << ", " << std::llround(static_cast<double>(rows) / std::max(seconds, 1e-9))
            << " rows/s\n";
}

void import_tables(const ToolOptions& options, const ImportFlags& flags) {
  std::vector<ImportRequest> requests;
  for (const std::string& text : flags.topics) requests.push_back(read_request(text));
  const nlohmann::json metadata = read_metadata(flags.metadata);
  // Everything that files and flags can have wrong shows before the sequence is made.
  std::vector<std::unique_ptr<TableJob>> jobs;
  for (const ImportRequest& request : requests) {
    jobs.push_back(open_table_job(request));
    std::string unused;
    for (const auto& column : jobs.back()->plan.unused_columns) unused += " " + column;
    if (!unused.empty()) {
      std::cerr << "mosaico: " << request.file << ": columns that " << request.as
                << " has no field for are left out:" << unused << '\n';
    }
  }
  WriterConfig config;
  config.on_error = flags.on_error == "report" ? OnErrorPolicy::Report : OnErrorPolicy::Delete;
  MosaicoClient client = open_client(options, Access::Write);
  const InterruptWatch watch;
  const auto start = std::chrono::steady_clock::now();
  try {
    client.record(
        flags.sequence, metadata, [&](SequenceWriter& sequence) { copy_tables(sequence, jobs); },
        config);
  } catch (const CancelledError& error) {
    const bool kept = config.on_error == OnErrorPolicy::Report;
    throw CancelledError(std::string(error.what()) +
                         (kept ? ", what arrived is kept: `mosaico rm` deletes it"
                               : ", nothing is kept: import again"));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  print_result(options, flags.sequence, jobs, took.count());
}

}  // namespace

void add_import_command(CLI::App& tool, const ToolOptions& options) {
  CLI::App* command = tool.add_subcommand("import", "Record tables from files as a sequence");
  auto flags = std::make_shared<ImportFlags>();
  command->add_option("sequence", flags->sequence, "Name of the new sequence")
      ->required()
      ->type_name("SEQUENCE");
  command->add_option("--topic", flags->topics, "A topic and its table; repeatable")
      ->required()
      ->allow_extra_args(false)
      ->type_name("NAME=FILE[,OPTION=VALUE]");
  command->add_option("--metadata", flags->metadata, "Metadata of the sequence")
      ->type_name("FILE|JSON");
  command
      ->add_option("--on-error", flags->on_error,
                   "What to do with a sequence whose import fails: delete it, or keep what is "
                   "there and report")
      ->check(CLI::IsMember({"delete", "report"}).description(""))
      ->capture_default_str()
      ->type_name("POLICY");
  command->footer(kHelp);
  command->callback([&options, flags] { import_tables(options, *flags); });
}

}  // namespace mosaico::cli
