#include "server/flags.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/json.hpp"
#include "core/names.hpp"

namespace mosaico::server {

using core::error;

namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

// The published clients send single records of up to 16 MiB with their envelope; gRPC's own bound
// of a message is 2 GiB.
constexpr int64_t kMessageBytesMin = 17 * kMiB;
constexpr int64_t kMessageBytesMax = 512 * kMiB;

std::string environment_name(const std::string& flag) {
  std::string name = "MOSAICO_";
  for (const char c : flag) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string size_text(int64_t bytes) {
  if (bytes % kMiB == 0) return std::to_string(bytes / kMiB) + "MiB";
  if (bytes % 1024 == 0) return std::to_string(bytes / 1024) + "KiB";
  return std::to_string(bytes);
}

// One app's flags, each with the same manners.
class FlagMaker {
 public:
  explicit FlagMaker(CLI::App& app) : app_(app) {}

  void group(std::string name) { group_ = std::move(name); }

  template <typename T>
  CLI::Option* value(const std::string& flag, T& target, const std::string& text) {
    return dress(flag, app_.add_option("--" + flag, target, text)->capture_default_str());
  }

  void flag(const std::string& flag, bool& target, const std::string& text) {
    dress(flag, app_.add_flag("--" + flag, target, text));
  }

  void bytes(const std::string& flag, int64_t& target, const std::string& text) {
    size(flag, target, text, 1);
  }
  void bytes_or_none(const std::string& flag, int64_t& target, const std::string& text) {
    size(flag, target, text, 0);
  }

  void count(const std::string& flag, int64_t& target, const std::string& text) {
    value(flag, target, text)->check(CLI::Range(int64_t{1}, INT64_MAX).description(""));
  }

  void milliseconds(const std::string& flag, std::chrono::milliseconds& target,
                    const std::string& text, int64_t longest = 3'600'000) {
    CLI::Option* option = app_.add_option_function<int64_t>(
        "--" + flag, [&target](int64_t ms) { target = std::chrono::milliseconds(ms); }, text);
    dress(flag, option)
        ->default_str(std::to_string(target.count()))
        ->check(CLI::Range(int64_t{0}, longest).description(""));
  }

 private:
  void size(const std::string& flag, int64_t& target, const std::string& text, int64_t least) {
    value(flag, target, text)
        ->default_str(size_text(target))
        ->type_name("SIZE")
        ->transform(CLI::AsSizeValue(false).description(""))
        ->check(CLI::Range(least, INT64_MAX).description(""));
  }
  CLI::Option* dress(const std::string& flag, CLI::Option* option) {
    return option->envname(environment_name(flag))
        ->group(group_)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }

  CLI::App& app_;
  std::string group_ = "Options";
};

constexpr int64_t kWeekMs = int64_t{7} * 24 * 3'600'000;

void add_limits(FlagMaker& make, ServerOptions& options) {
  protocol::MessageLimits& limits = options.service.limits;
  engine::EngineOptions& engine = options.engine;
  make.group("Limits");
  make.bytes("max-decode-bytes", limits.max_decode_bytes,
             "largest message accepted, a single row exempt");
  make.bytes("max-encode-bytes", limits.max_encode_bytes, "largest message sent");
  make.bytes("target-encode-bytes", limits.target_encode_bytes, "size that sent messages aim at");
  make.bytes("max-record-bytes", limits.max_record_bytes, "largest single record");
  make.bytes("json-bytes", options.service.json_bytes_max, "longest JSON body of a call");
  make.bytes("user-metadata-bytes", engine.user_metadata_bytes_max,
             "longest JSON text of user metadata");
  make.count("name-bytes", engine.name_bytes_max,
             "longest name of a sequence, a topic or a type, at most 255");
  make.bytes("ingest-memory-bytes", engine.ingest_memory_bytes, "memory for what is being written");
  make.bytes("chunk-memory-bytes", engine.chunk_memory_bytes,
             "memory for sorting and encoding chunks");
  make.bytes("scan-memory-bytes", engine.scan_memory_bytes, "memory for what is being read");
  make.bytes("scan-part-bytes", engine.scan_part_bytes,
             "what a reader decodes at a time where that memory is short");
  make.count("first-batch-rows", engine.first_batch_rows,
             "most rows in the first message of a stream");
  make.bytes("footer-cache-bytes", engine.footer_cache_bytes, "memory for footers of chunks");
  make.bytes("schema-cache-bytes", engine.schema_cache_bytes, "memory for schemas of topics");
  make.bytes("compaction-memory-bytes", engine.compaction_memory_bytes,
             "memory for putting chunks together");
  make.bytes("query-memory-bytes", engine.query_memory_bytes, "memory for running queries");
  make.count("query-clusters-max", engine.query_clusters_max,
             "most clusters of matching times in an answer");
  make.value("query-threads", engine.query_threads, "threads that help running queries")
      ->check(CLI::Range(1, 1024).description(""));
  make.group("Storage");
  make.bytes_or_none("min-free-bytes", engine.min_free_bytes,
                     "nothing is recorded while less is free on the disk; 0: no such floor");
  make.milliseconds("group-commit-ms", engine.group_commit,
                    "a row is synced this long after it came at the latest");
  make.milliseconds("silent-upload-ms", engine.silent_upload,
                    "an upload without a sign of life for this long may be taken over");
  make.bytes("chunk-bytes", engine.chunk_bytes, "a chunk is published at this size");
  make.count("chunk-rows", engine.chunk_rows, "or at this number of rows");
  make.bytes("row-group-bytes", engine.row_group_bytes, "largest row group of a chunk");
  make.count("row-group-rows", engine.row_group_rows, "or this number of rows");
  make.milliseconds("chunk-age-ms", engine.chunk_age,
                    "what no chunk holds yet becomes one at this age; 0: not for its age", kWeekMs);
  make.value("compaction", engine.compaction, "put small chunks together in the background")
      ->default_str("on")
      ->type_name("on|off");
  make.bytes("direct-bytes", engine.direct_bytes,
             "a batch this large goes into a chunk without a journal");
  make.value("chunk-threads", engine.chunk_threads, "threads that write chunks")
      ->check(CLI::Range(1, 1024).description(""));
}

}  // namespace

void add_place_flags(CLI::App& app, ServerOptions& options) {
  FlagMaker make(app);
  make.value("store", options.store, "directory of the recordings; made when absent")
      ->type_name("DIR|s3://…")
      ->required();
  make.value("catalog", options.catalog, "metadata database; a file in the store by default")
      ->type_name("postgresql://…");
  app.set_config("--config", "", "file of these settings, `port = 6726` a line (TOML or INI)")
      ->envname(environment_name("config"))
      ->type_name("FILE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void add_flags(CLI::App& app, ServerOptions& options) {
  FlagMaker make(app);
  make.value("host", options.service.host, "address to listen on");
  make.value("port", options.service.port, "port to listen on; 0: any free one")
      ->check(CLI::Range(0, 65535).description(""));
  add_place_flags(app, options);
  make.flag("allow-delete-finalized", options.engine.allow_delete_finalized,
            "let finalized, healthy recordings be deleted");
  make.flag("require-api-keys", options.require_api_keys,
            "refuse calls without an API key (see `mosaicod key --help`)");
  make.value("tls-cert", options.tls_cert,
             "certificate in PEM form, and those between it and the root; turns TLS on")
      ->type_name("FILE");
  make.value("tls-key", options.tls_key, "its private key in PEM form, without a passphrase")
      ->type_name("FILE");
  make.value("log-level", options.log_level, "how much to log to stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}));
  make.milliseconds("shutdown-grace-ms", options.shutdown_grace,
                    "how long running calls may go on after SIGTERM");
  add_limits(make, options);

  app.allow_config_extras(CLI::config_extras_mode::error);
  app.footer(
      "SIZE is a number of bytes, or one with a unit: 64KiB, 32MiB, 1GiB.\nEvery flag is also a "
      "key of the config file and an environment variable "
      "MOSAICO_<FLAG>.\nFlags win over the environment, that over the file.");
}

std::vector<std::string> with_environment(const CLI::App& app,
                                          const std::vector<std::string>& arguments) {
  std::vector<std::string> result;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_envname().empty()) continue;
    const char* const text = std::getenv(option->get_envname().c_str());
    if (text == nullptr || *text == '\0') continue;
    result.push_back("--" + option->get_lnames().front() + "=" + text);
  }
  result.insert(result.end(), arguments.begin(), arguments.end());
  std::reverse(result.begin(), result.end());
  return result;
}

core::Status validate(const ServerOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return error(ErrorKind::Invalid, "--tls-cert and --tls-key go together");
  }
  const protocol::MessageLimits& limits = options.service.limits;
  const auto check_range = [](const char* flag, int64_t bytes) {
    if (bytes >= kMessageBytesMin && bytes <= kMessageBytesMax) return core::Status::OK();
    return error(ErrorKind::Invalid, flag, " must be from ", size_text(kMessageBytesMin), " to ",
                 size_text(kMessageBytesMax), ", not ", size_text(bytes));
  };
  ARROW_RETURN_NOT_OK(check_range("--max-decode-bytes", limits.max_decode_bytes));
  ARROW_RETURN_NOT_OK(check_range("--max-encode-bytes", limits.max_encode_bytes));
  if (limits.target_encode_bytes > limits.max_encode_bytes) {
    return error(ErrorKind::Invalid, "--target-encode-bytes is larger than --max-encode-bytes");
  }
  if (options.engine.name_bytes_max > static_cast<int64_t>(core::kNameBytesMax)) {
    return error(ErrorKind::Invalid, "--name-bytes must be at most ", core::kNameBytesMax);
  }
  if (options.service.json_bytes_max > kMessageBytesMin) {
    return error(ErrorKind::Invalid, "--json-bytes must be at most ", size_text(kMessageBytesMin));
  }
  if (options.engine.user_metadata_bytes_max > options.service.json_bytes_max) {
    return error(ErrorKind::Invalid,
                 "--user-metadata-bytes is larger than --json-bytes, which has to hold it");
  }
  if (limits.max_record_bytes >= int64_t{2} << 30) {
    return error(ErrorKind::Invalid, "--max-record-bytes must be less than 2 GiB");
  }
  if (limits.max_record_bytes > options.engine.ingest_memory_bytes) {
    return error(ErrorKind::Invalid,
                 "--max-record-bytes is larger than --ingest-memory-bytes, which has to hold it");
  }
  return core::Status::OK();
}

}  // namespace mosaico::server
