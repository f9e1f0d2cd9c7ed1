#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "faults/disk_image.hpp"
#include "faults/fault_plan.hpp"
#include "store/file_system.hpp"

namespace mosaico::engine {

// The disk below a folder. Calls happen there for real, except that nothing is synced; beside it
// the disk keeps account of what would be durable. SQLite's files below the folder are part of it
// (simulated_disk_vfs.cpp). Thread-safe; must outlive all that has files open on it.
class SimulatedDisk final : public store::FileSystem {
 public:
  // What lies in `root` already is durable. The n-th change fails where the plan says so; a sync
  // that fails loses what it was for.
  explicit SimulatedDisk(std::filesystem::path root, std::shared_ptr<FaultPlan> plan = nullptr);
  ~SimulatedDisk() override;

  // Called in front of each change and each sync, with its number and what a cut in that moment
  // would meet. Nothing else happens on the disk meanwhile.
  using Observer = std::function<void(int64_t change, const DiskImage& image)>;
  void observe(Observer observer);
  // What a cut would meet now.
  DiskImage image() const;

  int open(int folder, const char* path, int flags) override;
  int make_folder(int folder, const char* path) override;
  int remove(int folder, const char* path, int flags) override;
  int rename(int from_folder, const char* from, int to_folder, const char* to) override;
  ssize_t write(int file, const void* data, size_t bytes) override;
  int sync(int file) override;
  int sync_data(int file) override { return sync(file); }

  // --- For the VFS ---

  // The disk that a path lies on; null when it lies on none.
  static SimulatedDisk* of(const std::string& path);

  // A change that somebody else makes, who holds the lock meanwhile. `fault` is not OK when it has
  // to fail.
  class OwnChange {
   public:
    explicit OwnChange(SimulatedDisk* disk);
    const core::Status& fault() const { return fault_; }
    DiskImage& image() { return disk_->image_; }
    DiskImage::NodeId find(const std::string& path);
    DiskImage::NodeId folder_of(const std::string& path);
    // A file that is there and was not known.
    DiskImage::NodeId made(const std::string& path);
    void removed(const std::string& path, const struct stat& before);

   private:
    SimulatedDisk* const disk_;
    const std::unique_lock<std::mutex> lock_;
    const core::Status fault_;
  };

 private:
  struct Place {
    DiskImage::NodeId folder = DiskImage::kNone;  // kNone: not on this disk.
    std::string name;
  };

  void take_over(const std::filesystem::path& folder, DiskImage::NodeId node);
  core::Status next_change();
  bool fails();  // With errno set.
  DiskImage::NodeId find(const struct stat& info) const;
  DiskImage::NodeId find(int folder, const char* path) const;
  DiskImage::NodeId find(int file) const;
  Place place_of(int folder, const char* path) const;
  void forget(const struct stat& info);

  const std::filesystem::path root_;
  const std::shared_ptr<FaultPlan> plan_;
  dev_t device_ = 0;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Observer observer_;
  int64_t changes_ = 0;
  DiskImage image_;
  std::map<ino_t, DiskImage::NodeId> nodes_;  // What has a name now.
};

// Makes SQLite tell simulated disks what it does, from now on.
void install_simulated_disk_vfs();

}  // namespace mosaico::engine
