#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "store/file_system.hpp"

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

// In all that follows `path` is for errors only, where a descriptor or a name stands beside it.

Status write_all(FileSystem& files, const FileDescriptor& file, std::string_view bytes,
                 const std::string& path);

// What failed must not be tried again: the kernel forgets what it could not write, and the second
// call returns success.
Status sync(FileSystem& files, const FileDescriptor& file, const std::string& path);

// Opens the folder `path` and syncs it, so that the names in it are durable.
Status sync_folder(FileSystem& files, const std::string& path);

// Opens the folder `name` inside `parent`. NotFound when it is absent or a file; Io when it is a
// symbolic link, which is never followed.
Result<FileDescriptor> open_folder_at(FileSystem& files, const FileDescriptor& parent,
                                      const std::string& name, const std::string& path);

// The names in a folder, without "." and "..".
Result<std::vector<std::string>> names_in(FileSystem& files, const FileDescriptor& folder,
                                          const std::string& path);

// Removes the file or folder `name` inside `parent` with all it contains. What is absent is fine.
Status remove_tree(FileSystem& files, const FileDescriptor& parent, const std::string& name,
                   const std::string& path);

// Makes the folder `path` and its parents, as far as they are absent, durably. Its own name is
// synced also when it was there: whoever made it may have died before that.
Status make_folders(FileSystem& files, const std::string& path);

}  // namespace mosaico::store
