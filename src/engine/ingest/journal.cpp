#include "engine/ingest/journal.hpp"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/util/compression.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/crash_point.hpp"
#include "core/crc32c.hpp"
#include "engine/ingest/absent_fields.hpp"
#include "engine/ingest/tail_merge.hpp"
#include "engine/ingest/time_column.hpp"
#include "ontology/record_batch.hpp"

namespace mosaico::engine {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "MOSJRNL1";
constexpr std::string_view kExtension = ".journal";
constexpr const char* kDescriptionFile = "/topic.json";
constexpr int kRowDigits = 20;

// Both as they lie in the file, little-endian, without padding.
struct FileHeader {
  std::array<char, 8> magic;
  uint32_t checksum;         // CRC-32C of what follows it here.
  uint32_t schema_checksum;  // CRC-32C of the schema bytes in the catalog.
  int64_t topic_id;
  int64_t first_row;
};
static_assert(sizeof(FileHeader) == 32);

struct FrameHeader {
  uint32_t checksum;      // CRC-32C of what follows it here, and of the payload.
  uint32_t absent_bytes;  // Of the list of absent fields, with which the payload begins.
  int64_t payload_bytes;
  int64_t first_row;
  int64_t rows;
  int64_t arrow_bytes;
};
static_assert(sizeof(FrameHeader) == 40);

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "journal files are little-endian, and written as they lie in memory");

constexpr size_t kChecksummedFrom = sizeof(uint32_t);

template <typename Header>
std::string_view bytes_of(const Header& header) {
  return {reinterpret_cast<const char*>(&header), sizeof(header)};
}

uint32_t file_checksum(const FileHeader& header) {
  return core::crc32c(bytes_of(header).substr(kMagic.size() + sizeof(uint32_t)));
}

FileHeader make_file_header(const JournalIdentity& identity, int64_t first_row) {
  FileHeader header{};
  std::copy(kMagic.begin(), kMagic.end(), header.magic.begin());
  header.schema_checksum = core::crc32c(identity.schema_bytes);
  header.topic_id = static_cast<int64_t>(identity.topic);
  header.first_row = first_row;
  header.checksum = file_checksum(header);
  return header;
}

// The whole number that `text` is; nothing for anything else.
std::optional<int64_t> parse_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// Fills the list of absent fields up to where a message may begin.
int64_t padding_behind(int64_t absent_bytes) {
  constexpr int64_t kAlignment = 8;
  return (kAlignment - absent_bytes % kAlignment) % kAlignment;
}

// Whether compressing pays: on a slow disk it must save more time than it takes.
bool is_worthwhile(const arrow::ipc::IpcPayload& payload) {
  constexpr int64_t kJudgedFromBytes = 64 << 10;
  return payload.raw_body_length < kJudgedFromBytes ||
         payload.body_length <= payload.raw_body_length / 3 * 2;
}

std::unique_ptr<arrow::ipc::IpcWriteOptions> make_write_options(bool compress) {
  auto options = std::make_unique<arrow::ipc::IpcWriteOptions>();
  options->use_threads = false;
  if (compress) {
    auto codec = arrow::util::Codec::Create(arrow::Compression::LZ4_FRAME);
    // An Arrow built without LZ4 writes larger journals.
    if (codec.ok()) options->codec = std::move(codec).ValueUnsafe();
    options->min_space_savings = 0.1;
  }
  return options;
}

// Counts bytes and takes their checksum.
class ChecksumSink : public arrow::io::OutputStream {
 public:
  explicit ChecksumSink(uint32_t seed) : checksum_(seed) {}

  using arrow::io::OutputStream::Write;
  Status Write(const void* data, int64_t bytes) override {
    checksum_ =
        core::crc32c({static_cast<const char*>(data), static_cast<size_t>(bytes)}, checksum_);
    bytes_ += bytes;
    return Status::OK();
  }
  Result<int64_t> Tell() const override { return bytes_; }
  Status Close() override { return Status::OK(); }
  bool closed() const override { return false; }

  uint32_t checksum() const { return checksum_; }

 private:
  uint32_t checksum_;
  int64_t bytes_ = 0;
};

// Appends to a file. Small pieces are put together, large ones go out as they are.
class FrameSink : public arrow::io::OutputStream {
 public:
  FrameSink(store::FileSystem& files, const store::FileDescriptor& file, const std::string& path)
      : files_(files), file_(file), path_(path) {}

  using arrow::io::OutputStream::Write;
  Status Write(const void* data, int64_t bytes) override {
    const std::string_view piece(static_cast<const char*>(data), static_cast<size_t>(bytes));
    bytes_ += bytes;
    if (buffer_.size() + piece.size() > kBufferBytes) ARROW_RETURN_NOT_OK(Flush());
    if (piece.size() > kBufferBytes) return store::write_all(files_, file_, piece, path_);
    buffer_ += piece;
    return Status::OK();
  }
  Status Flush() override {
    const Status written = store::write_all(files_, file_, buffer_, path_);
    buffer_.clear();
    return written;
  }
  Result<int64_t> Tell() const override { return bytes_; }
  Status Close() override { return Flush(); }
  bool closed() const override { return false; }

 private:
  static constexpr size_t kBufferBytes = size_t{64} << 10;

  store::FileSystem& files_;
  const store::FileDescriptor& file_;
  const std::string& path_;
  std::string buffer_;
  int64_t bytes_ = 0;
};

// The payload of a frame: which fields are absent, and a message of the others.
struct FramePayload {
  std::string list;  // Of absent fields, padded.
  uint32_t absent_bytes = 0;
  arrow::ipc::IpcPayload message;

  Status write(const arrow::ipc::IpcWriteOptions& options, arrow::io::OutputStream* sink) const {
    ARROW_RETURN_NOT_OK(sink->Write(list));
    int32_t metadata_bytes = 0;
    return arrow::ipc::WriteIpcPayload(message, options, sink, &metadata_bytes);
  }
};

Result<FramePayload> payload_of(const TailBatch& batch,
                                const arrow::ipc::IpcWriteOptions& options) {
  PresentFields present = leave_out_absent_fields(batch.batch);
  FramePayload payload;
  payload.absent_bytes = static_cast<uint32_t>(present.absent.size());
  payload.list = std::move(present.absent);
  payload.list.append(static_cast<size_t>(padding_behind(payload.absent_bytes)), '\0');
  ARROW_RETURN_NOT_OK(arrow::ipc::GetRecordBatchPayload(*present.batch, options, &payload.message));
  return payload;
}

Result<FrameHeader> frame_header_of(const TailBatch& batch, const FramePayload& payload,
                                    const arrow::ipc::IpcWriteOptions& options) {
  FrameHeader header{};
  header.absent_bytes = payload.absent_bytes;
  header.payload_bytes =
      std::ssize(payload.list) + arrow::ipc::GetPayloadSize(payload.message, options);
  header.first_row = batch.first_row;
  header.rows = batch.batch->num_rows();
  header.arrow_bytes = batch.bytes;
  ChecksumSink sink(core::crc32c(bytes_of(header).substr(kChecksummedFrom)));
  ARROW_RETURN_NOT_OK(payload.write(options, &sink));
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, sink.Tell());
  if (bytes != header.payload_bytes) {
    return core::error(ErrorKind::Internal, "a frame of ", bytes, " bytes, not ",
                       header.payload_bytes);
  }
  header.checksum = sink.checksum();
  return header;
}

// Reads a journal file from its start.
class JournalFile {
 public:
  static Result<JournalFile> open(store::FileSystem& files, const std::string& path) {
    store::FileDescriptor file(
        files.open(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0) return store::errno_status(errno, "open", path);
    struct stat info;
    if (::fstat(file.get(), &info) != 0) return store::errno_status(errno, "look at", path);
    return JournalFile(files, std::move(file), path, info.st_size);
  }

  int64_t bytes_left() const { return bytes_ - position_; }
  void step_back(int64_t bytes) { position_ -= bytes; }

  // Never asked for more than bytes_left().
  Status read(void* into, int64_t bytes) {
    auto* out = static_cast<char*>(into);
    while (bytes > 0) {
      const ssize_t got = files_.read(file_.get(), out, static_cast<size_t>(bytes), position_);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return store::errno_status(errno, "read", path_);
      if (got == 0) return core::error(ErrorKind::Io, "became shorter while it was read: ", path_);
      out += got;
      bytes -= got;
      position_ += got;
    }
    return Status::OK();
  }

 private:
  JournalFile(store::FileSystem& files, store::FileDescriptor file, std::string path, int64_t bytes)
      : files_(files), file_(std::move(file)), path_(std::move(path)), bytes_(bytes) {}

  store::FileSystem& files_;
  store::FileDescriptor file_;
  std::string path_;
  int64_t bytes_;
  int64_t position_ = 0;
};

Result<bool> read_file_header(JournalFile* file, const JournalIdentity& identity) {
  FileHeader header;
  if (file->bytes_left() < static_cast<int64_t>(sizeof(header))) return false;
  ARROW_RETURN_NOT_OK(file->read(&header, sizeof(header)));
  const FileHeader expected = make_file_header(identity, header.first_row);
  return bytes_of(header) == bytes_of(expected);
}

// The next frame; null at the end or where the rest is damaged, with the position before it.
Result<std::shared_ptr<arrow::Buffer>> read_frame(JournalFile* file, FrameHeader* header) {
  constexpr int64_t kHeader = sizeof(FrameHeader);
  const std::shared_ptr<arrow::Buffer> none;
  if (file->bytes_left() < kHeader) return none;
  ARROW_RETURN_NOT_OK(file->read(header, kHeader));
  if (header->payload_bytes <= 0 || header->payload_bytes > file->bytes_left() ||
      header->rows <= 0 || header->first_row < 0 ||
      header->rows > std::numeric_limits<int64_t>::max() - header->first_row) {
    file->step_back(kHeader);
    return none;
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> payload,
                        arrow::AllocateBuffer(header->payload_bytes));
  ARROW_RETURN_NOT_OK(file->read(payload->mutable_data(), payload->size()));
  const uint32_t seed = core::crc32c(bytes_of(*header).substr(kChecksummedFrom));
  if (core::crc32c(std::string_view(*payload), seed) != header->checksum) {
    file->step_back(kHeader + payload->size());
    return none;
  }
  return payload;
}

Result<TailBatch> decode_frame(const FrameHeader& header,
                               const std::shared_ptr<arrow::Buffer>& payload,
                               const JournalIdentity& identity) {
  const int64_t list_bytes = int64_t{header.absent_bytes} + padding_behind(header.absent_bytes);
  if (list_bytes > payload->size()) {
    return core::error(ErrorKind::Corrupt, "a frame of ", payload->size(), " bytes has a list of ",
                       list_bytes, " bytes");
  }
  PresentFields present;
  present.absent = std::string_view(*payload).substr(0, header.absent_bytes);
  std::shared_ptr<arrow::Schema> schema = identity.schema;
  if (!present.absent.empty()) {
    ARROW_ASSIGN_OR_RAISE(schema, present_schema(*schema, present.absent));
  }
  arrow::io::BufferReader reader(arrow::SliceBuffer(payload, list_bytes));
  arrow::ipc::IpcReadOptions options;
  options.use_threads = false;
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  const arrow::ipc::DictionaryMemo no_dictionaries;
  ARROW_ASSIGN_OR_RAISE(present.batch,
                        arrow::ipc::ReadRecordBatch(schema, &no_dictionaries, options, &reader));
  if (present.batch->num_rows() != header.rows) {
    return core::error(ErrorKind::Corrupt, "a frame of ", header.rows, " rows holds ",
                       present.batch->num_rows());
  }
  // The checksum says that these are the bytes that were written, and not that they make sense.
  if (const Status valid = ontology::check_arrays(*present.batch); !valid.ok()) {
    return core::error(ErrorKind::Corrupt, "a frame holds a malformed batch: ", valid.message());
  }
  TailBatch batch;
  batch.batch = present.batch;
  if (!present.absent.empty()) {
    ARROW_ASSIGN_OR_RAISE(batch.batch, put_back_absent_fields(present, identity.schema));
  }
  batch.first_row = header.first_row;
  batch.bytes = header.arrow_bytes;
  const TimeRange times = time_range(*batch.batch);
  batch.timestamp_ns_min = times.min;
  batch.timestamp_ns_max = times.max;
  return batch;
}

// Makes the folder of a topic, durably: its name is synced also when it was there, since whoever
// made it may have failed, or died, before that.
Status make_folder(const JournalDirectory& directory, const std::string& folder) {
  if (directory.files->make_folder(AT_FDCWD, folder.c_str()) != 0 && errno != EEXIST) {
    if (errno != ENOENT) return store::errno_status(errno, "make the folder", folder);
    return core::error(ErrorKind::Io, "the journal directory is gone: ", directory.path);
  }
  return store::sync_folder(*directory.files, directory.path);
}

}  // namespace

std::string journal_folder(const std::string& journal_directory, catalog::TopicId topic) {
  return journal_directory + "/" + std::to_string(static_cast<int64_t>(topic));
}

Status describe_journal(const JournalDirectory& directory, const ChunkOrigin& origin) {
  store::FileSystem& files = *directory.files;
  const std::string folder = journal_folder(directory.path, origin.topic.id);
  ARROW_RETURN_NOT_OK(make_folder(directory, folder));
  nlohmann::json description = to_json(origin);
  description["schema"] = schema_to_text(origin.topic.schema);
  const std::string path = folder + kDescriptionFile;
  const std::string unfinished = path + ".new";
  core::crash_point("journal.describe.before");
  {
    const store::FileDescriptor file(files.open(
        AT_FDCWD, unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0) return store::errno_status(errno, "make", unfinished);
    ARROW_RETURN_NOT_OK(store::write_all(files, file, core::dump(description), unfinished));
    ARROW_RETURN_NOT_OK(store::sync(files, file, unfinished));
  }
  if (files.rename(AT_FDCWD, unfinished.c_str(), AT_FDCWD, path.c_str()) != 0) {
    return store::errno_status(errno, "name", path);
  }
  ARROW_RETURN_NOT_OK(store::sync_folder(files, folder));
  core::crash_point("journal.describe.after");
  return Status::OK();
}

Result<ChunkOrigin> read_journal_description(const JournalDirectory& directory,
                                             catalog::TopicId topic) {
  const std::string path = journal_folder(directory.path, topic) + kDescriptionFile;
  ARROW_ASSIGN_OR_RAISE(JournalFile file, JournalFile::open(*directory.files, path));
  if (file.bytes_left() > static_cast<int64_t>(kStoredJsonLimits.bytes_max)) {
    return core::error(ErrorKind::Corrupt, "too large: ", path);
  }
  std::string text(static_cast<size_t>(file.bytes_left()), '\0');
  ARROW_RETURN_NOT_OK(file.read(text.data(), file.bytes_left()));
  const auto json = core::parse_json(text, kStoredJsonLimits);
  if (!json.ok()) return core::error(ErrorKind::Corrupt, json.status().message(), ": ", path);
  ARROW_ASSIGN_OR_RAISE(ChunkOrigin origin, origin_from_json(*json));
  const auto schema = core::string_member(*json, "schema");
  if (!schema.ok()) return core::error(ErrorKind::Corrupt, schema.status().message(), ": ", path);
  ARROW_RETURN_NOT_OK(schema_from_text(*schema, &origin));
  return origin;
}

Result<std::shared_ptr<JournalSegment>> JournalSegment::create(const JournalDirectory& directory,
                                                               const JournalIdentity& identity,
                                                               int64_t first_row, bool compress) {
  store::FileSystem& files = *directory.files;
  const std::string folder = journal_folder(directory.path, identity.topic);
  ARROW_RETURN_NOT_OK(make_folder(directory, folder));
  std::string number = std::to_string(first_row);
  number.insert(0, kRowDigits - number.size(), '0');
  std::string path = folder + "/" + number;
  path += kExtension;
  core::crash_point("journal.create.before");
  // A file of that name can only be one that ended before its first whole frame.
  store::FileDescriptor file(files.open(
      AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return store::errno_status(errno, "make", path);
  const FileHeader header = make_file_header(identity, first_row);
  ARROW_RETURN_NOT_OK(store::write_all(files, file, bytes_of(header), path));
  core::crash_point("journal.folder_sync.before");
  ARROW_RETURN_NOT_OK(store::sync_folder(files, folder));
  core::crash_point("journal.folder_sync.after");
  return std::make_shared<JournalSegment>(directory.files, std::move(file), std::move(path),
                                          compress);
}

JournalSegment::JournalSegment(std::shared_ptr<store::FileSystem> files, store::FileDescriptor file,
                               std::string path, bool compress)
    : files_(std::move(files)),
      file_(std::move(file)),
      path_(std::move(path)),
      options_(make_write_options(compress)) {}

JournalSegment::~JournalSegment() = default;

Status JournalSegment::append(const TailBatch& batch) {
  ARROW_ASSIGN_OR_RAISE(const FramePayload payload, payload_of(batch, *options_));
  ARROW_ASSIGN_OR_RAISE(const FrameHeader header, frame_header_of(batch, payload, *options_));
  FrameSink sink(*files_, file_, path_);
  ARROW_RETURN_NOT_OK(sink.Write(&header, sizeof(header)));
  ARROW_RETURN_NOT_OK(payload.write(*options_, &sink));
  ARROW_RETURN_NOT_OK(sink.Flush());
  if (!is_worthwhile(payload.message)) options_->codec = nullptr;
  core::crash_point("journal.append.after");
  ++written_frames_;
  return Status::OK();
}

Status JournalSegment::sync() {
  const std::lock_guard lock(sync_mutex_);
  ARROW_RETURN_NOT_OK(sync_failure_);
  const int64_t written = written_frames_;
  if (written == synced_frames_) return Status::OK();
  core::crash_point("journal.sync.before");
  if (files_->sync_data(file_.get()) != 0) {
    sync_failure_ = store::errno_status(errno, "sync", path_);
    return sync_failure_;
  }
  core::crash_point("journal.sync.after");
  synced_frames_ = written;
  return Status::OK();
}

void JournalSegment::remove() {
  core::crash_point("journal.remove.before");
  files_->remove(AT_FDCWD, path_.c_str(), 0);
  core::crash_point("journal.remove.after");
}

Result<std::vector<std::string>> list_journal(const JournalDirectory& directory,
                                              catalog::TopicId topic) {
  std::vector<std::string> paths;
  std::error_code failure;
  for (fs::directory_iterator entry(journal_folder(directory.path, topic), failure), end;
       !failure && entry != end; entry.increment(failure)) {
    if (entry->path().extension() == kExtension) paths.push_back(entry->path());
  }
  if (failure && failure != std::errc::no_such_file_or_directory) {
    return core::error(ErrorKind::Io, "cannot read the journal folder: ", failure.message(), ": ",
                       journal_folder(directory.path, topic));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<std::vector<catalog::TopicId>> topics_with_journal(const JournalDirectory& directory) {
  std::vector<catalog::TopicId> topics;
  std::error_code failure;
  for (fs::directory_iterator entry(directory.path, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const auto topic = parse_number(entry->path().filename().string());
    if (topic) topics.push_back(catalog::TopicId{*topic});
  }
  if (failure && failure != std::errc::no_such_file_or_directory) {
    return core::error(ErrorKind::Io, "cannot read the journal folder: ", failure.message(), ": ",
                       directory.path);
  }
  std::sort(topics.begin(), topics.end());
  return topics;
}

Status remove_journal(const JournalDirectory& directory, catalog::TopicId topic) {
  core::crash_point("journal.remove_all.before");
  store::FileSystem& files = *directory.files;
  const store::FileDescriptor parent(
      files.open(AT_FDCWD, directory.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0 && errno == ENOENT) return Status::OK();
  if (parent.get() < 0) return store::errno_status(errno, "open", directory.path);
  const Status removed =
      store::remove_tree(files, parent, std::to_string(static_cast<int64_t>(topic)),
                         journal_folder(directory.path, topic));
  core::crash_point("journal.remove_all.after");
  return core::with_context(removed, "removing a journal");
}

Result<JournalContents> read_journal(const std::string& path, const JournalIdentity& identity,
                                     int64_t from_row,
                                     const std::shared_ptr<store::FileSystem>& files) {
  ARROW_ASSIGN_OR_RAISE(JournalFile file, JournalFile::open(*files, path));
  JournalContents contents;
  ARROW_ASSIGN_OR_RAISE(const bool ours, read_file_header(&file, identity));
  int64_t next_row = -1;
  while (ours) {
    FrameHeader header;
    ARROW_ASSIGN_OR_RAISE(const auto payload, read_frame(&file, &header));
    if (payload == nullptr) break;
    // A frame with a good checksum that does not follow its predecessor is not one of ours.
    if (next_row >= 0 && header.first_row != next_row) {
      file.step_back(static_cast<int64_t>(sizeof(header)) + payload->size());
      break;
    }
    next_row = header.first_row + header.rows;
    if (next_row <= from_row) continue;
    auto batch = decode_frame(header, payload, identity);
    if (!batch.ok()) return core::with_context(batch.status(), path);
    append_merged(std::move(batch).ValueUnsafe(), &contents.batches);
  }
  contents.cut_bytes = file.bytes_left();
  return contents;
}

Result<JournalCondition> inspect_journal(const std::string& path, const JournalIdentity& identity) {
  ARROW_ASSIGN_OR_RAISE(JournalFile file, JournalFile::open(*store::kernel_files(), path));
  JournalCondition condition;
  ARROW_ASSIGN_OR_RAISE(condition.is_ours, read_file_header(&file, identity));
  while (condition.is_ours) {
    FrameHeader header;
    const int64_t before = file.bytes_left();
    ARROW_ASSIGN_OR_RAISE(const auto payload, read_frame(&file, &header));
    if (payload == nullptr) break;
    if (condition.rows == 0) condition.first_row = header.first_row;
    condition.is_damaged = header.first_row != condition.first_row + condition.rows ||
                           !decode_frame(header, payload, identity).ok();
    if (condition.is_damaged) {
      condition.torn_bytes = before;
      return condition;
    }
    condition.rows += header.rows;
  }
  condition.torn_bytes = file.bytes_left();
  // An append that was broken off is the last one: no whole frame is behind it.
  FrameHeader broken;
  constexpr int64_t kHeader = sizeof(FrameHeader);
  if (!condition.is_ours || file.bytes_left() < kHeader) return condition;
  ARROW_RETURN_NOT_OK(file.read(&broken, kHeader));
  if (broken.payload_bytes <= 0 || broken.payload_bytes > file.bytes_left()) return condition;
  file.step_back(-broken.payload_bytes);
  FrameHeader next;
  ARROW_ASSIGN_OR_RAISE(const auto behind, read_frame(&file, &next));
  condition.is_damaged = behind != nullptr;
  return condition;
}

}  // namespace mosaico::engine
