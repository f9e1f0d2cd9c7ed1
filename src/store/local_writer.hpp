#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <arrow/io/interfaces.h>

#include "store/posix_file.hpp"
#include "store/store.hpp"

namespace mosaico::store {

// Writes to a file through a buffer of about a MiB. After an error every call fails with it. One
// thread.
class FileSink : public arrow::io::OutputStream {
 public:
  // `path` is for errors only.
  FileSink(std::shared_ptr<FileSystem> files, FileDescriptor file, std::string path);
  ~FileSink() override;

  using arrow::io::OutputStream::Write;
  Status Write(const void* data, int64_t bytes) override;
  Status Flush() override;
  Status Close() override;
  bool closed() const override { return closed_; }
  Result<int64_t> Tell() const override { return bytes_; }

  // Flushes and makes the bytes durable.
  Status sync_and_close();

 private:
  Status check_open() const;
  Status write_through(std::string_view bytes);

  const std::shared_ptr<FileSystem> files_;
  FileDescriptor file_;
  const std::string path_;
  std::string buffer_;
  int64_t bytes_ = 0;            // Written by the caller so far.
  int64_t written_ = 0;          // Of them, handed to the kernel.
  int64_t write_back_from_ = 0;  // Up to here it was asked to begin.
  bool closed_ = false;
  Status failure_;
};

// Where an object is put together, and where it goes.
struct LocalPlace {
  std::shared_ptr<FileSystem> files;
  std::shared_ptr<const FileDescriptor> temporary_folder;
  std::string temporary_name;
  FileDescriptor folder;
  std::string name;
  std::string path;  // For errors.
};

class LocalObjectWriter : public ObjectWriter {
 public:
  static Result<std::unique_ptr<ObjectWriter>> open(LocalPlace place);

  LocalObjectWriter(LocalPlace place, FileDescriptor file);
  ~LocalObjectWriter() override;

  arrow::io::OutputStream& stream() override { return sink_; }
  Status close() override;

 private:
  Status publish();
  void remove_temporary_file();

  LocalPlace place_;
  FileSink sink_;
  bool open_ = true;
};

}  // namespace mosaico::store
