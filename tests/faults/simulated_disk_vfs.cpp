#include <sqlite3.h>
#include <sys/stat.h>

#include <cstring>
#include <mutex>
#include <string>

#include "faults/simulated_disk.hpp"

// A VFS that is SQLite's default in this process. It hands all on to the real one and tells the
// disk on which a file lies what was changed and synced. Shared memory is no file of a disk.
namespace mosaico::engine {

namespace {

sqlite3_vfs* real_vfs() {
  static sqlite3_vfs* const kVfs = sqlite3_vfs_find("unix");
  return kVfs;
}

// SQLite allocates it, with room for the real file behind it.
struct File {
  sqlite3_file base;
  SimulatedDisk* disk;  // Null: not on a simulated one.
  DiskImage::NodeId node;
  DiskImage::NodeId unsynced_folder;  // The first sync makes the file's name durable as well.
};

File& ours(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
}

int code_of(const core::Status& fault, int io_error) {
  return core::is_kind(fault, ErrorKind::LimitExceeded) && io_error != SQLITE_IOERR_FSYNC
             ? SQLITE_FULL
             : io_error;
}

int close_file(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }

int read_file(sqlite3_file* file, void* data, int bytes, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), data, bytes, offset);
}

int write_file(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 offset) {
  const File& mine = ours(file);
  if (mine.disk == nullptr) return real(file)->pMethods->xWrite(real(file), data, bytes, offset);
  SimulatedDisk::OwnChange change(mine.disk);
  if (!change.fault().ok()) return code_of(change.fault(), SQLITE_IOERR_WRITE);
  const int code = real(file)->pMethods->xWrite(real(file), data, bytes, offset);
  if (code == SQLITE_OK) {
    change.image().write(mine.node, offset,
                         {static_cast<const char*>(data), static_cast<size_t>(bytes)});
  }
  return code;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 bytes) {
  const File& mine = ours(file);
  if (mine.disk == nullptr) return real(file)->pMethods->xTruncate(real(file), bytes);
  SimulatedDisk::OwnChange change(mine.disk);
  if (!change.fault().ok()) return code_of(change.fault(), SQLITE_IOERR_TRUNCATE);
  const int code = real(file)->pMethods->xTruncate(real(file), bytes);
  if (code == SQLITE_OK) change.image().truncate(mine.node, bytes);
  return code;
}

int sync_file(sqlite3_file* file, int flags) {
  File& mine = ours(file);
  if (mine.disk == nullptr) return real(file)->pMethods->xSync(real(file), flags);
  SimulatedDisk::OwnChange change(mine.disk);
  if (!change.fault().ok()) {
    change.image().lose_unsynced(mine.node);
    return SQLITE_IOERR_FSYNC;
  }
  change.image().sync(mine.node);
  if (mine.unsynced_folder != DiskImage::kNone) change.image().sync(mine.unsynced_folder);
  mine.unsynced_folder = DiskImage::kNone;
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* bytes) {
  return real(file)->pMethods->xFileSize(real(file), bytes);
}
int lock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_reserved_lock(sqlite3_file* file, int* result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int device_characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int map_shared(sqlite3_file* file, int page, int bytes, int extend, void volatile** memory) {
  return real(file)->pMethods->xShmMap(real(file), page, bytes, extend, memory);
}
int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void shared_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int unmap_shared(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

// Version 2: with shared memory, without mapped files, whose writes nobody would see.
const sqlite3_io_methods kMethods = {2,
                                     close_file,
                                     read_file,
                                     write_file,
                                     truncate_file,
                                     sync_file,
                                     file_size,
                                     lock_file,
                                     unlock_file,
                                     check_reserved_lock,
                                     file_control,
                                     sector_size,
                                     device_characteristics,
                                     map_shared,
                                     lock_shared,
                                     shared_barrier,
                                     unmap_shared,
                                     nullptr,
                                     nullptr};

int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  File& mine = ours(file);
  std::memset(&mine, 0, sizeof(mine));
  std::memset(real(file), 0, static_cast<size_t>(real_vfs()->szOsFile));
  SimulatedDisk* const disk = path == nullptr ? nullptr : SimulatedDisk::of(path);
  int code = SQLITE_OK;
  if (disk == nullptr) {
    code = real_vfs()->xOpen(real_vfs(), path, real(file), flags, out_flags);
  } else {
    SimulatedDisk::OwnChange change(disk);
    if (!change.fault().ok()) return SQLITE_CANTOPEN;
    const bool there = change.find(path) != DiskImage::kNone;
    code = real_vfs()->xOpen(real_vfs(), path, real(file), flags, out_flags);
    if (code == SQLITE_OK) {
      mine.disk = disk;
      mine.node = there ? change.find(path) : change.made(path);
      // As SQLite's own VFS does: with the first sync of a new log it syncs the folder.
      const bool log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
      mine.unsynced_folder = !there && log ? change.folder_of(path) : DiskImage::kNone;
    }
  }
  if (real(file)->pMethods != nullptr) file->pMethods = &kMethods;
  return code;
}

int delete_file(sqlite3_vfs*, const char* path, int sync_folder) {
  SimulatedDisk* const disk = SimulatedDisk::of(path);
  if (disk == nullptr) return real_vfs()->xDelete(real_vfs(), path, sync_folder);
  SimulatedDisk::OwnChange change(disk);
  if (!change.fault().ok()) return SQLITE_IOERR_DELETE;
  struct stat before{};
  const bool there = ::lstat(path, &before) == 0;
  const int code = real_vfs()->xDelete(real_vfs(), path, /*syncDir=*/0);
  if (code != SQLITE_OK || !there) return code;
  change.removed(path, before);
  if (sync_folder != 0) change.image().sync(change.folder_of(path));
  return SQLITE_OK;
}

}  // namespace

void install_simulated_disk_vfs() {
  static std::once_flag once;
  std::call_once(once, [] {
    static sqlite3_vfs vfs = *real_vfs();
    vfs.zName = "simulated-disk";
    vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs()->szOsFile;
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    sqlite3_vfs_register(&vfs, /*makeDflt=*/1);
  });
}

}  // namespace mosaico::engine
