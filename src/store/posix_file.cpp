#include "store/posix_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace mosaico::store {

namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

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

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

std::string parent_of(const std::string& path) {
  // "a/" lies in the same folder as "a".
  const size_t last = path.find_last_not_of('/');
  if (last == std::string::npos) return "/";
  std::string parent = std::filesystem::path(path.substr(0, last + 1)).parent_path();
  return parent.empty() ? "." : parent;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Status errno_status(int error_number, std::string_view action, const std::string& path) {
  return core::error(kind_of_errno(error_number), "cannot ", action, ": ",
                     std::generic_category().message(error_number), ": ", path);
}

Status write_all(FileSystem& files, const FileDescriptor& file, std::string_view bytes,
                 const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = files.write(file.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno_status(errno, "write", path);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return Status::OK();
}

Status sync(FileSystem& files, const FileDescriptor& file, const std::string& path) {
  if (files.sync(file.get()) != 0) return errno_status(errno, "sync", path);
  return Status::OK();
}

Status sync_folder(FileSystem& files, const std::string& path) {
  const FileDescriptor folder(files.open(AT_FDCWD, path.c_str(), kFolderFlags));
  if (folder.get() < 0) return errno_status(errno, "open", path);
  return sync(files, folder, path);
}

Result<FileDescriptor> open_folder_at(FileSystem& files, const FileDescriptor& parent,
                                      const std::string& name, const std::string& path) {
  FileDescriptor folder(files.open(parent.get(), name.c_str(), kFolderFlags | O_NOFOLLOW));
  if (folder.get() >= 0) return folder;
  if (errno != ENOTDIR && errno != ELOOP) return errno_status(errno, "open", path);
  struct stat info;
  if (::fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISLNK(info.st_mode)) {
    return core::error(ErrorKind::Io, "a symbolic link, which is not followed: ", path);
  }
  return core::error(ErrorKind::NotFound, "not a folder: ", path);
}

Result<std::vector<std::string>> names_in(FileSystem& files, const FileDescriptor& folder,
                                          const std::string& path) {
  // A second descriptor, since reading takes ownership of it.
  FileDescriptor copy(files.open(folder.get(), ".", kFolderFlags));
  if (copy.get() < 0) return errno_status(errno, "open", path);
  const Directory directory(::fdopendir(copy.get()));
  if (directory == nullptr) return errno_status(errno, "read the folder", path);
  copy.release();

  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return errno_status(errno, "read the folder", path);
  return names;
}

Status remove_tree(FileSystem& files, const FileDescriptor& parent, const std::string& name,
                   const std::string& path) {
  if (files.remove(parent.get(), name.c_str(), 0) == 0 || errno == ENOENT) return Status::OK();
  if (errno != EISDIR && errno != EPERM) return errno_status(errno, "remove", path);

  const auto folder = open_folder_at(files, parent, name, path);
  if (core::is_kind(folder.status(), ErrorKind::NotFound)) return Status::OK();
  ARROW_RETURN_NOT_OK(folder.status());
  ARROW_ASSIGN_OR_RAISE(const auto names, names_in(files, *folder, path));
  for (const std::string& child : names) {
    ARROW_RETURN_NOT_OK(remove_tree(files, *folder, child, path + "/" + child));
  }
  if (files.remove(parent.get(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return errno_status(errno, "remove", path);
  }
  return Status::OK();
}

Status make_folders(FileSystem& files, const std::string& path) {
  const std::string parent = parent_of(path);
  struct stat info;
  const bool there = ::stat(path.c_str(), &info) == 0;
  if (there) {
    if (!S_ISDIR(info.st_mode)) return core::error(ErrorKind::Io, "not a folder: ", path);
  } else {
    if (errno != ENOENT && errno != ENOTDIR) return errno_status(errno, "look at", path);
    struct stat above;
    if (parent != path && ::stat(parent.c_str(), &above) != 0) {
      ARROW_RETURN_NOT_OK(make_folders(files, parent));
    }
    if (files.make_folder(AT_FDCWD, path.c_str()) != 0 && errno != EEXIST) {
      return errno_status(errno, "make the folder", path);
    }
  }
  const FileDescriptor folder(files.open(AT_FDCWD, parent.c_str(), kFolderFlags));
  if (folder.get() < 0) {
    // It was made by somebody who may read the folder above, and who has seen to it.
    if (there && errno == EACCES) return Status::OK();
    return errno_status(errno, "open", parent);
  }
  if (files.sync(folder.get()) == 0) return Status::OK();
  // A mount point in a file system that cannot be written, or has no folders to sync.
  if (there && (errno == EINVAL || errno == EROFS)) return Status::OK();
  return errno_status(errno, "sync", parent);
}

}  // namespace mosaico::store
