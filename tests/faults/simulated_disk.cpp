#include "faults/simulated_disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace mosaico::engine {

namespace fs = std::filesystem;

namespace {

std::mutex disks_mutex;
std::set<std::pair<std::string, SimulatedDisk*>>& disks() {
  static std::set<std::pair<std::string, SimulatedDisk*>> all;
  return all;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

struct stat look_at(const fs::path& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) throw std::runtime_error("lstat: " + path.string());
  return info;
}

}  // namespace

SimulatedDisk::SimulatedDisk(fs::path root, std::shared_ptr<FaultPlan> plan)
    : root_(std::move(root)), plan_(std::move(plan)) {
  fs::create_directories(root_);
  const struct stat info = look_at(root_);
  device_ = info.st_dev;
  nodes_[info.st_ino] = DiskImage::kRoot;
  take_over(root_, DiskImage::kRoot);
  install_simulated_disk_vfs();
  const std::lock_guard lock(disks_mutex);
  disks().emplace(root_.string() + "/", this);
}

SimulatedDisk::~SimulatedDisk() {
  const std::lock_guard lock(disks_mutex);
  disks().erase({root_.string() + "/", this});
}

SimulatedDisk* SimulatedDisk::of(const std::string& path) {
  const std::lock_guard lock(disks_mutex);
  for (const auto& [root, disk] : disks()) {
    if (path.starts_with(root)) return disk;
  }
  return nullptr;
}

void SimulatedDisk::take_over(const fs::path& folder, DiskImage::NodeId node) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    // Shared memory, which SQLite makes anew.
    if (entry.path().string().ends_with("-shm")) continue;
    const DiskImage::NodeId child = image_.make(entry.is_directory());
    nodes_[look_at(entry.path()).st_ino] = child;
    image_.name(node, entry.path().filename(), child);
    if (entry.is_directory()) {
      take_over(entry.path(), child);
    } else {
      image_.write(child, 0, bytes_of(entry.path()));
      image_.sync(child);
    }
  }
  image_.sync(node);
}

void SimulatedDisk::observe(Observer observer) {
  const std::lock_guard lock(mutex_);
  observer_ = std::move(observer);
}

DiskImage SimulatedDisk::image() const {
  const std::lock_guard lock(mutex_);
  return image_;
}

core::Status SimulatedDisk::next_change() {
  const int64_t change = changes_++;
  if (observer_) observer_(change, image_);
  return plan_ == nullptr ? core::Status::OK() : plan_->next();
}

bool SimulatedDisk::fails() {
  const core::Status fault = next_change();
  if (fault.ok()) return false;
  errno = core::is_kind(fault, ErrorKind::LimitExceeded) ? ENOSPC : EIO;
  return true;
}

DiskImage::NodeId SimulatedDisk::find(const struct stat& info) const {
  if (info.st_dev != device_) return DiskImage::kNone;
  const auto found = nodes_.find(info.st_ino);
  return found == nodes_.end() ? DiskImage::kNone : found->second;
}

DiskImage::NodeId SimulatedDisk::find(int folder, const char* path) const {
  struct stat info{};
  if (::fstatat(folder, path, &info, AT_SYMLINK_NOFOLLOW) != 0) return DiskImage::kNone;
  return find(info);
}

DiskImage::NodeId SimulatedDisk::find(int file) const {
  struct stat info{};
  return ::fstat(file, &info) == 0 ? find(info) : DiskImage::kNone;
}

SimulatedDisk::Place SimulatedDisk::place_of(int folder, const char* path) const {
  const fs::path whole(path);
  const std::string parent = whole.has_parent_path() ? whole.parent_path().string() : ".";
  struct stat info{};
  if (::fstatat(folder, parent.c_str(), &info, 0) != 0) return {};
  return {find(info), whole.filename()};
}

void SimulatedDisk::forget(const struct stat& info) {
  if (info.st_dev == device_ && (S_ISDIR(info.st_mode) || info.st_nlink <= 1)) {
    nodes_.erase(info.st_ino);
  }
}

int SimulatedDisk::open(int folder, const char* path, int flags) {
  if ((flags & O_CREAT) == 0) return FileSystem::open(folder, path, flags);
  const std::lock_guard lock(mutex_);
  if (fails()) return -1;
  struct stat before{};
  const bool there = ::fstatat(folder, path, &before, AT_SYMLINK_NOFOLLOW) == 0;
  const int file = FileSystem::open(folder, path, flags);
  if (file < 0) return file;
  struct stat info{};
  const Place place = place_of(folder, path);
  if (place.folder == DiskImage::kNone || ::fstat(file, &info) != 0) return file;
  if (!there) {
    nodes_[info.st_ino] = image_.make(/*is_folder=*/false);
    image_.name(place.folder, place.name, nodes_[info.st_ino]);
  } else if ((flags & O_TRUNC) != 0 && find(info) != DiskImage::kNone) {
    image_.truncate(find(info), 0);
  }
  return file;
}

int SimulatedDisk::make_folder(int folder, const char* path) {
  const std::lock_guard lock(mutex_);
  if (fails()) return -1;
  if (FileSystem::make_folder(folder, path) != 0) return -1;
  struct stat info{};
  const Place place = place_of(folder, path);
  if (place.folder != DiskImage::kNone && ::fstatat(folder, path, &info, 0) == 0) {
    nodes_[info.st_ino] = image_.make(/*is_folder=*/true);
    image_.name(place.folder, place.name, nodes_[info.st_ino]);
  }
  return 0;
}

int SimulatedDisk::remove(int folder, const char* path, int flags) {
  const std::lock_guard lock(mutex_);
  if (fails()) return -1;
  struct stat before{};
  const bool there = ::fstatat(folder, path, &before, AT_SYMLINK_NOFOLLOW) == 0;
  if (FileSystem::remove(folder, path, flags) != 0) return -1;
  const Place place = place_of(folder, path);
  if (there && place.folder != DiskImage::kNone) {
    forget(before);
    image_.name(place.folder, place.name, DiskImage::kNone);
  }
  return 0;
}

int SimulatedDisk::rename(int from_folder, const char* from, int to_folder, const char* to) {
  const std::lock_guard lock(mutex_);
  if (fails()) return -1;
  const DiskImage::NodeId node = find(from_folder, from);
  struct stat replaced{};
  const bool replaces = ::fstatat(to_folder, to, &replaced, AT_SYMLINK_NOFOLLOW) == 0;
  if (FileSystem::rename(from_folder, from, to_folder, to) != 0) return -1;
  if (replaces) forget(replaced);
  const Place source = place_of(from_folder, from);
  const Place target = place_of(to_folder, to);
  if (node == DiskImage::kNone || target.folder == DiskImage::kNone) return 0;
  image_.name(source.folder, source.name, DiskImage::kNone);
  image_.name(target.folder, target.name, node);
  return 0;
}

ssize_t SimulatedDisk::write(int file, const void* data, size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (fails()) return -1;
  const ssize_t written = FileSystem::write(file, data, bytes);
  const DiskImage::NodeId node = find(file);
  if (written <= 0 || node == DiskImage::kNone) return written;
  const auto length = static_cast<size_t>(written);
  image_.write(node, ::lseek(file, 0, SEEK_CUR) - written,
               {static_cast<const char*>(data), length});
  return written;
}

int SimulatedDisk::sync(int file) {
  const std::lock_guard lock(mutex_);
  const DiskImage::NodeId node = find(file);
  const bool failed = fails();
  if (node == DiskImage::kNone) return failed ? -1 : 0;
  if (!failed) {
    image_.sync(node);
    return 0;
  }
  struct stat info{};
  // A file system whose folders cannot be written goes read-only; it does not forget them.
  if (::fstat(file, &info) == 0 && S_ISREG(info.st_mode)) image_.lose_unsynced(node);
  return -1;
}

// --- For the VFS ---

SimulatedDisk::OwnChange::OwnChange(SimulatedDisk* disk)
    : disk_(disk), lock_(disk->mutex_), fault_(disk->next_change()) {}

DiskImage::NodeId SimulatedDisk::OwnChange::find(const std::string& path) {
  return disk_->find(AT_FDCWD, path.c_str());
}

DiskImage::NodeId SimulatedDisk::OwnChange::folder_of(const std::string& path) {
  return disk_->place_of(AT_FDCWD, path.c_str()).folder;
}

DiskImage::NodeId SimulatedDisk::OwnChange::made(const std::string& path) {
  const DiskImage::NodeId node = disk_->image_.make(/*is_folder=*/false);
  disk_->nodes_[look_at(path).st_ino] = node;
  const Place place = disk_->place_of(AT_FDCWD, path.c_str());
  disk_->image_.name(place.folder, place.name, node);
  return node;
}

void SimulatedDisk::OwnChange::removed(const std::string& path, const struct stat& before) {
  disk_->forget(before);
  const Place place = disk_->place_of(AT_FDCWD, path.c_str());
  disk_->image_.name(place.folder, place.name, DiskImage::kNone);
}

}  // namespace mosaico::engine
