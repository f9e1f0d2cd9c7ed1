#include "store/posix_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace mosaico::store {

namespace {

ErrorKind kind_of_errno(int error_number) {
  switch (error_number) {
    case ENOENT:
      return ErrorKind::NotFound;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorKind::LimitExceeded;
    case ENAMETOOLONG:
      return ErrorKind::Invalid;
    default:
      return ErrorKind::Io;
  }
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Status errno_status(int error_number, std::string_view action, const std::string& path) {
  return core::error(kind_of_errno(error_number), "cannot ", action, ": ",
                     std::generic_category().message(error_number), ": ", path);
}

Status write_all(const FileDescriptor& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno_status(errno, "write", path);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return Status::OK();
}

Status sync(const FileDescriptor& file, const std::string& path) {
  if (::fsync(file.get()) != 0) return errno_status(errno, "sync", path);
  return Status::OK();
}

Result<FileDescriptor> open_folder_at(const FileDescriptor& parent, const std::string& name,
                                      const std::string& path) {
  FileDescriptor folder(
      ::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder.get() >= 0) return folder;
  if (errno != ENOTDIR && errno != ELOOP) return errno_status(errno, "open", path);
  struct stat info;
  if (::fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISLNK(info.st_mode)) {
    return core::error(ErrorKind::Io, "a symbolic link, which is not followed: ", path);
  }
  return core::error(ErrorKind::NotFound, "not a folder: ", path);
}

Status make_folders(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return Status::OK();
    return core::error(ErrorKind::Io, "not a folder: ", path);
  }
  std::string parent = std::filesystem::path(path).parent_path();
  if (parent.empty()) parent = ".";
  ARROW_RETURN_NOT_OK(make_folders(parent));
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
    return errno_status(errno, "make the folder", path);
  }
  const FileDescriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return errno_status(errno, "open", parent);
  return sync(folder, parent);
}

}  // namespace mosaico::store
