#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace mosaico::store {

// The calls by which the store and the journal change a disk. This class hands them to the kernel;
// tests derive from it to count them, to fail them, or to lose what was not synced. Each is as the
// call of the kernel: -1 and errno when it fails. `folder` is what a relative path starts from, or
// AT_FDCWD. Thread-safe.
class FileSystem {
 public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  // A file that it makes has mode 0666, less the umask.
  virtual int open(int folder, const char* path, int flags);
  virtual int make_folder(int folder, const char* path);
  // `flags`: AT_REMOVEDIR for a folder.
  virtual int remove(int folder, const char* path, int flags);
  virtual int rename(int from_folder, const char* from, int to_folder, const char* to);

  virtual ssize_t write(int file, const void* data, size_t bytes);
  virtual ssize_t read(int file, void* data, size_t bytes, int64_t position);
  // Has the kernel begin to bring these bytes to the disk, if it likes. Nothing is durable by that,
  // and nobody waits for it.
  virtual void begin_write_back(int file, int64_t position, int64_t bytes);
  // Of a file or a folder.
  virtual int sync(int file);
  // Without what is not needed to read the file.
  virtual int sync_data(int file);
  virtual int close(int file);

  // What an ordinary user may still write to the disk that `path` lies on.
  virtual int64_t free_bytes(const char* path);
};

// The kernel itself.
const std::shared_ptr<FileSystem>& kernel_files();

}  // namespace mosaico::store
