#include "store/file_system.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

namespace mosaico::store {

namespace {

constexpr mode_t kFileMode = 0666;
constexpr mode_t kFolderMode = 0777;

}  // namespace

int FileSystem::open(int folder, const char* path, int flags) {
  return ::openat(folder, path, flags, kFileMode);
}

int FileSystem::make_folder(int folder, const char* path) {
  return ::mkdirat(folder, path, kFolderMode);
}

int FileSystem::remove(int folder, const char* path, int flags) {
  return ::unlinkat(folder, path, flags);
}

int FileSystem::rename(int from_folder, const char* from, int to_folder, const char* to) {
  return ::renameat(from_folder, from, to_folder, to);
}

ssize_t FileSystem::write(int file, const void* data, size_t bytes) {
  return ::write(file, data, bytes);
}

ssize_t FileSystem::read(int file, void* data, size_t bytes, int64_t position) {
  return ::pread(file, data, bytes, position);
}

void FileSystem::begin_write_back(int file, int64_t position, int64_t bytes) {
  // What fails here is tried again, and told, by the sync.
  ::sync_file_range(file, position, bytes, SYNC_FILE_RANGE_WRITE);
}

int FileSystem::sync(int file) { return ::fsync(file); }

int FileSystem::sync_data(int file) { return ::fdatasync(file); }

int FileSystem::close(int file) { return ::close(file); }

int64_t FileSystem::free_bytes(const char* path) {
  struct statvfs info;
  if (::statvfs(path, &info) != 0) return -1;
  const double bytes = static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize);
  constexpr auto kMost = static_cast<double>(int64_t{1} << 62);
  return static_cast<int64_t>(std::min(bytes, kMost));
}

const std::shared_ptr<FileSystem>& kernel_files() {
  // Never destroyed: an engine may be closed while the process ends.
  static const auto& files = *new auto(std::make_shared<FileSystem>());
  return files;
}

}  // namespace mosaico::store
