#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.hpp"

namespace mosaico::store {

using core::Result;
using core::Status;

// Owns a file descriptor; -1 is none.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// The Status of an `errno` after trying to `action` `path`: NotFound, LimitExceeded (no space,
// quota, size), Invalid (name too long) or Io.
Status errno_status(int error_number, std::string_view action, const std::string& path);

// `path` is for the error only.
Status write_all(const FileDescriptor& file, std::string_view bytes, const std::string& path);
Status sync(const FileDescriptor& file, const std::string& path);

// Opens the folder `name` inside `parent`. NotFound when it is absent or a file; Io when it is a
// symbolic link, which is never followed.
Result<FileDescriptor> open_folder_at(const FileDescriptor& parent, const std::string& name,
                                      const std::string& path);

// Makes the folder `path` and its parents, as far as they are absent, durably.
Status make_folders(const std::string& path);

}  // namespace mosaico::store
