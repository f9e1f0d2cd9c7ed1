#include "catalog/sqlite/connections.hpp"

namespace mosaico::catalog::sqlite {

namespace {

constexpr size_t kReadersMax = 4;

}  // namespace

ReaderPool::ReaderPool(std::string path, int busy_timeout_ms, size_t connections_max)
    : path_(std::move(path)),
      busy_timeout_ms_(busy_timeout_ms),
      connections_max_(connections_max) {}

Result<ReaderPool::Lease> ReaderPool::lease() {
  {
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [this] { return !idle_.empty() || connections_ < connections_max_; });
    if (!idle_.empty()) {
      Lease lease(this, std::move(idle_.back()));
      idle_.pop_back();
      return lease;
    }
    ++connections_;
  }
  auto database = Database::open(path_, Access::ReadOnly, busy_timeout_ms_);
  if (!database.ok()) {
    forget_one();
    return database.status();
  }
  return Lease(this, std::move(*database));
}

void ReaderPool::give_back(std::unique_ptr<Database> database) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(database));
  }
  given_back_.notify_one();
}

void ReaderPool::forget_one() {
  {
    const std::lock_guard lock(mutex_);
    --connections_;
  }
  given_back_.notify_one();
}

Connections::Connections(std::unique_ptr<GroupWriter> writer, std::string path, int busy_timeout_ms)
    : path_(path),
      writer_(std::move(writer)),
      readers_(std::move(path), busy_timeout_ms, kReadersMax) {}

Status Connections::refuse_to_write() const {
  return core::error(ErrorKind::Locked, "the catalog was opened for reading only: ", path_);
}

}  // namespace mosaico::catalog::sqlite
