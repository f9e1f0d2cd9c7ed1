#include "store/space_floor.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/log.hpp"
#include "store/posix_file.hpp"

namespace mosaico::store {

namespace {

constexpr int64_t kIntervalNs = 100'000'000;
constexpr int64_t kBytesMin = 1 << 20;

}  // namespace

SpaceFloor::SpaceFloor(std::shared_ptr<FileSystem> files, Options options)
    : files_(std::move(files)), options_(std::move(options)) {}

Status SpaceFloor::check(int64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_due_locked(bytes, options_.clock())) return seen_;
  }
  // Others go on with what was seen before.
  const Status seen = look();
  const std::lock_guard lock(mutex_);
  if (!seen.ok() && seen_.ok()) core::log().error("{}", seen.message());
  if (seen.ok() && !seen_.ok())
    core::log().info("there is room again on the disk of {}", options_.path);
  seen_ = seen;
  return seen;
}

bool SpaceFloor::is_due_locked(int64_t bytes, int64_t now_ns) {
  bytes_since_ += bytes;
  // A clock may be set back.
  const bool in_time = looked_ && looked_at_ns_ <= now_ns && now_ns < looked_at_ns_ + kIntervalNs;
  if (in_time && bytes_since_ < std::max(options_.bytes_min / 2, kBytesMin)) return false;
  looked_ = true;
  looked_at_ns_ = now_ns;
  bytes_since_ = 0;
  return true;
}

Status SpaceFloor::look() const {
  const int64_t free = files_->free_bytes(options_.path.c_str());
  if (free < 0 && errno == ENOENT) {
    return core::error(ErrorKind::Io, "the directory is gone: ", options_.path);
  }
  // Who cannot be asked does not stop a recording.
  if (free < 0 || free >= options_.bytes_min) return Status::OK();
  return core::error(
      ErrorKind::LimitExceeded, "min_free_bytes: ", free, " bytes are free on the disk, and ",
      options_.bytes_min,
      " must stay free; nothing more is recorded until there is room: ", options_.path);
}

}  // namespace mosaico::store
