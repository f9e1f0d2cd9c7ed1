#include "store/local_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <unordered_set>
#include <utility>

#include <arrow/io/file.h>

#include "core/crash_point.hpp"
#include "core/ids.hpp"
#include "core/names.hpp"
#include "store/local_writer.hpp"
#include "store/posix_file.hpp"

namespace mosaico::store {

namespace {

constexpr const char* kTemporaryFolder = ".tmp";

// Folders whose own names are known to be durable. A folder that merely exists may have been made
// by a thread or a process that has not synced it (yet), so each is synced once, by us.
// Thread-safe.
class DurableFolders {
 public:
  bool contains(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return paths_.contains(path);
  }

  void add(const std::string& path) {
    const std::lock_guard lock(mutex_);
    // Forgetting costs a sync; never forgetting would cost memory for every topic ever written.
    if (paths_.size() >= kPathsMax) paths_.clear();
    paths_.insert(path);
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    paths_.clear();
  }

 private:
  static constexpr size_t kPathsMax = 10'000;

  std::mutex mutex_;
  std::unordered_set<std::string> paths_;  // Guarded by mutex_.
};

bool is_absent(const Status& status) { return core::is_kind(status, ErrorKind::NotFound); }

// Appends the objects at or below `name`. Hidden names and everything that is neither a file nor a
// folder are no objects.
Status list_tree(FileSystem& files, const FileDescriptor& parent, const std::string& name,
                 const std::string& path, std::vector<ObjectInfo>* objects) {
  struct stat info;
  if (::fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? Status::OK() : errno_status(errno, "look at", path);
  }
  if (S_ISREG(info.st_mode)) objects->push_back({path, static_cast<int64_t>(info.st_size)});
  if (!S_ISDIR(info.st_mode)) return Status::OK();

  auto folder = open_folder_at(files, parent, name, path);
  if (is_absent(folder.status())) return Status::OK();
  ARROW_RETURN_NOT_OK(folder.status());
  ARROW_ASSIGN_OR_RAISE(const auto names, names_in(files, *folder, path));
  for (const std::string& child : names) {
    if (child.front() == '.') continue;
    ARROW_RETURN_NOT_OK(
        list_tree(files, *folder, child, path.empty() ? child : path + "/" + child, objects));
  }
  return Status::OK();
}

// The folder part and the last segment.
std::pair<std::string, std::string> split(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

class LocalStore : public Store {
 public:
  LocalStore(std::shared_ptr<FileSystem> files, std::string root, FileDescriptor root_folder,
             FileDescriptor temporary_folder, bool read_only)
      : files_(std::move(files)),
        root_(std::move(root)),
        read_only_(read_only),
        root_folder_(std::move(root_folder)),
        temporary_folder_(std::make_shared<const FileDescriptor>(std::move(temporary_folder))) {}

  Result<std::unique_ptr<ObjectWriter>> create(const std::string& path) override;
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> open(const std::string& path) override;
  Result<std::vector<ObjectInfo>> list(const std::string& prefix) override;
  Status remove(const std::string& path) override;
  Status remove_all(const std::string& prefix) override;
  std::string describe() const override { return root_; }

 private:
  std::string full_path(const std::string& path) const { return root_ + "/" + path; }
  Status validate_change(const std::string& path) const;
  Result<FileDescriptor> open_folder(const std::string& path, bool make);
  Result<FileDescriptor> make_folder(const FileDescriptor& parent, const std::string& name,
                                     const std::string& path);

  // Constant after construction.
  const std::shared_ptr<FileSystem> files_;
  const std::string root_;
  const bool read_only_;
  const FileDescriptor root_folder_;
  const std::shared_ptr<const FileDescriptor> temporary_folder_;  // Writers share it.

  // Synchronised by itself.
  DurableFolders durable_;
};

Status LocalStore::validate_change(const std::string& path) const {
  ARROW_RETURN_NOT_OK(validate_object_path(path));
  if (read_only_) {
    return core::error(ErrorKind::Locked, "the store was opened for reading only: ", root_);
  }
  return Status::OK();
}

Result<FileDescriptor> LocalStore::make_folder(const FileDescriptor& parent,
                                               const std::string& name, const std::string& path) {
  const bool made = files_->make_folder(parent.get(), name.c_str()) == 0;
  if (!made && errno == ENOENT && path == name) {
    return core::error(ErrorKind::Io, "the directory of the store is gone: ", root_);
  }
  if (!made && errno != EEXIST) return errno_status(errno, "make the folder", full_path(path));
  if (made || !durable_.contains(path)) {
    core::crash_point("store.make_folder.before");
    const Status synced = sync(*files_, parent, full_path(path));
    // Another sync would succeed and mean nothing, so the next attempt has to make it anew.
    if (!synced.ok() && made) files_->remove(parent.get(), name.c_str(), AT_REMOVEDIR);
    ARROW_RETURN_NOT_OK(synced);
    core::crash_point("store.make_folder.after");
    durable_.add(path);
  }
  auto folder = open_folder_at(*files_, parent, name, full_path(path));
  if (is_absent(folder.status())) {
    return core::error(ErrorKind::Io, "cannot make the folder: ", full_path(path));
  }
  return folder;
}

// Walks from the root one segment at a time, because a whole path would follow symbolic links.
Result<FileDescriptor> LocalStore::open_folder(const std::string& path, bool make) {
  FileDescriptor folder(files_->open(root_folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return errno_status(errno, "open", root_);
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    const std::string so_far = path.substr(0, end);
    ARROW_ASSIGN_OR_RAISE(folder, make ? make_folder(folder, name, so_far)
                                       : open_folder_at(*files_, folder, name, full_path(so_far)));
    begin = end + 1;
  }
  return folder;
}

Result<std::unique_ptr<ObjectWriter>> LocalStore::create(const std::string& path) {
  ARROW_RETURN_NOT_OK(validate_change(path));
  auto [folder_path, name] = split(path);
  ARROW_ASSIGN_OR_RAISE(FileDescriptor folder, open_folder(folder_path, /*make=*/true));
  return LocalObjectWriter::open({.files = files_,
                                  .temporary_folder = temporary_folder_,
                                  .temporary_name = core::make_uuid(),
                                  .folder = std::move(folder),
                                  .name = std::move(name),
                                  .path = full_path(path)});
}

Result<std::shared_ptr<arrow::io::RandomAccessFile>> LocalStore::open(const std::string& path) {
  ARROW_RETURN_NOT_OK(validate_object_path(path));
  const auto [folder_path, name] = split(path);
  ARROW_ASSIGN_OR_RAISE(const FileDescriptor folder, open_folder(folder_path, /*make=*/false));
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  FileDescriptor file(
      files_->open(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) return errno_status(errno, "open", full_path(path));
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return errno_status(errno, "look at", full_path(path));
  if (!S_ISREG(info.st_mode)) {
    return core::error(ErrorKind::NotFound, "not a file: ", full_path(path));
  }
  return arrow::io::ReadableFile::Open(file.release());
}

Result<std::vector<ObjectInfo>> LocalStore::list(const std::string& prefix) {
  if (!prefix.empty()) ARROW_RETURN_NOT_OK(validate_object_path(prefix));
  const auto [folder_path, name] = split(prefix);
  std::vector<ObjectInfo> objects;
  const auto folder = open_folder(folder_path, /*make=*/false);
  if (is_absent(folder.status())) return objects;
  ARROW_RETURN_NOT_OK(folder.status());
  ARROW_RETURN_NOT_OK(list_tree(*files_, *folder, name.empty() ? "." : name, prefix, &objects));
  std::sort(objects.begin(), objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.path < b.path; });
  return objects;
}

Status LocalStore::remove(const std::string& path) {
  ARROW_RETURN_NOT_OK(validate_change(path));
  const auto [folder_path, name] = split(path);
  const auto folder = open_folder(folder_path, /*make=*/false);
  if (is_absent(folder.status())) return Status::OK();
  ARROW_RETURN_NOT_OK(folder.status());
  if (files_->remove(folder->get(), name.c_str(), 0) != 0 && errno != ENOENT && errno != EISDIR) {
    return errno_status(errno, "remove", full_path(path));
  }
  // Also when nothing was there: it may have been removed by a process that died before its sync.
  return sync(*files_, *folder, full_path(folder_path));
}

Status LocalStore::remove_all(const std::string& prefix) {
  ARROW_RETURN_NOT_OK(validate_change(prefix));
  const auto [folder_path, name] = split(prefix);
  const auto folder = open_folder(folder_path, /*make=*/false);
  if (is_absent(folder.status())) return Status::OK();
  ARROW_RETURN_NOT_OK(folder.status());
  ARROW_RETURN_NOT_OK(remove_tree(*files_, *folder, name, full_path(prefix)));
  durable_.clear();
  return sync(*files_, *folder, full_path(folder_path));
}

Result<FileDescriptor> open_root(FileSystem& files, const std::string& root, bool read_only) {
  if (root.empty()) return core::error(ErrorKind::Invalid, "the store needs a folder");
  if (!read_only) ARROW_RETURN_NOT_OK(make_folders(files, root));
  FileDescriptor folder(files.open(AT_FDCWD, root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return errno_status(errno, "open the store", root);
  return folder;
}

// An empty folder for temporary files.
Result<FileDescriptor> renew_temporary_folder(FileSystem& files, const FileDescriptor& root_folder,
                                              const std::string& path) {
  ARROW_RETURN_NOT_OK(remove_tree(files, root_folder, kTemporaryFolder, path));
  if (files.make_folder(root_folder.get(), kTemporaryFolder) != 0) {
    return errno_status(errno, "make the folder", path);
  }
  return open_folder_at(files, root_folder, kTemporaryFolder, path);
}

}  // namespace

Result<std::unique_ptr<Store>> open_local_store(const std::string& root, bool read_only,
                                                std::shared_ptr<FileSystem> files) {
  ARROW_ASSIGN_OR_RAISE(FileDescriptor root_folder, open_root(*files, root, read_only));
  FileDescriptor temporary_folder;
  if (!read_only) {
    ARROW_ASSIGN_OR_RAISE(temporary_folder, renew_temporary_folder(*files, root_folder,
                                                                   root + "/" + kTemporaryFolder));
  }
  return std::make_unique<LocalStore>(std::move(files), root, std::move(root_folder),
                                      std::move(temporary_folder), read_only);
}

}  // namespace mosaico::store
