#include "store/local_writer.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/crash_point.hpp"

namespace mosaico::store {

namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;
// The disk writes one such piece while the next is encoded or copied.
constexpr size_t kWriteBackBytes = size_t{4} << 20;

}  // namespace

FileSink::FileSink(std::shared_ptr<FileSystem> files, FileDescriptor file, std::string path)
    : files_(std::move(files)), file_(std::move(file)), path_(std::move(path)) {}

FileSink::~FileSink() = default;

Status FileSink::check_open() const {
  if (closed_) return core::error(ErrorKind::Invalid, "written after it was closed: ", path_);
  return failure_;
}

Status FileSink::write_through(std::string_view bytes) {
  while (!bytes.empty() && failure_.ok()) {
    const std::string_view piece = bytes.substr(0, kWriteBackBytes);
    failure_ = write_all(*files_, file_, piece, path_);
    bytes.remove_prefix(piece.size());
    written_ += std::ssize(piece);
    if (written_ - write_back_from_ >= static_cast<int64_t>(kWriteBackBytes)) {
      files_->begin_write_back(file_.get(), write_back_from_, written_ - write_back_from_);
      write_back_from_ = written_;
    }
  }
  return failure_;
}

Status FileSink::Write(const void* data, int64_t bytes) {
  ARROW_RETURN_NOT_OK(check_open());
  const std::string_view piece(static_cast<const char*>(data), static_cast<size_t>(bytes));
  if (buffer_.size() + piece.size() > kBufferBytes) {
    ARROW_RETURN_NOT_OK(Flush());
    if (piece.size() >= kBufferBytes) {
      bytes_ += bytes;
      return write_through(piece);
    }
  }
  buffer_ += piece;
  bytes_ += bytes;
  return Status::OK();
}

Status FileSink::Flush() {
  ARROW_RETURN_NOT_OK(check_open());
  ARROW_RETURN_NOT_OK(write_through(buffer_));
  buffer_.clear();
  return Status::OK();
}

Status FileSink::Close() {
  if (closed_) return failure_;
  ARROW_RETURN_NOT_OK(Flush());
  closed_ = true;
  return Status::OK();
}

Status FileSink::sync_and_close() {
  ARROW_RETURN_NOT_OK(Close());
  core::crash_point("store.file_sync.before");
  ARROW_RETURN_NOT_OK(sync(*files_, file_, path_));
  core::crash_point("store.file_sync.after");
  // Some file systems (NFS) report a failed write only here.
  if (files_->close(file_.release()) != 0) return errno_status(errno, "close", path_);
  return Status::OK();
}

Result<std::unique_ptr<ObjectWriter>> LocalObjectWriter::open(LocalPlace place) {
  FileDescriptor file(place.files->open(place.temporary_folder->get(), place.temporary_name.c_str(),
                                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC));
  if (file.get() < 0) {
    // The folder for temporary files was there when the store was opened.
    const int error_number = errno == ENOENT ? EIO : errno;
    return errno_status(error_number, "make a temporary file for", place.path);
  }
  return std::make_unique<LocalObjectWriter>(std::move(place), std::move(file));
}

LocalObjectWriter::LocalObjectWriter(LocalPlace place, FileDescriptor file)
    : place_(std::move(place)), sink_(place_.files, std::move(file), place_.path) {}

LocalObjectWriter::~LocalObjectWriter() {
  if (open_) remove_temporary_file();
}

void LocalObjectWriter::remove_temporary_file() {
  // Best effort: what cannot be removed now goes when the store is opened the next time.
  place_.files->remove(place_.temporary_folder->get(), place_.temporary_name.c_str(), 0);
}

Status LocalObjectWriter::close() {
  if (!open_) return core::error(ErrorKind::Invalid, "closed twice: ", place_.path);
  open_ = false;
  const Status status = sink_.sync_and_close();
  if (status.ok()) return publish();
  remove_temporary_file();
  return status;
}

Status LocalObjectWriter::publish() {
  core::crash_point("store.rename.before");
  if (place_.files->rename(place_.temporary_folder->get(), place_.temporary_name.c_str(),
                           place_.folder.get(), place_.name.c_str()) != 0) {
    const Status status = errno_status(errno, "name", place_.path);
    remove_temporary_file();
    return status;
  }
  core::crash_point("store.rename.after");
  const Status status = sync(*place_.files, place_.folder, place_.path);
  core::crash_point("store.folder_sync.after");
  if (!status.ok()) place_.files->remove(place_.folder.get(), place_.name.c_str(), 0);
  return status;
}

}  // namespace mosaico::store
