#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "catalog/sqlite/database.hpp"

namespace mosaico::catalog::sqlite {

// Whether a commit survives a power cut when the call returns, or from the next durable one on.
enum class Durability { Now, WithTheNext };

// The connection for writing. What threads want to write while a commit is synced goes into the
// next transaction together, so that they share its sync: each in a savepoint of its own, in the
// order in which they came. Thread-safe.
class GroupWriter {
 public:
  using Work = std::function<Status(Database*)>;

  struct Options {
    size_t group_max = 64;  // Works in a transaction, at least 1.
    bool sync = true;       // False: nothing is synced.
  };

  GroupWriter(std::unique_ptr<Database> database, Options options)
      : database_(std::move(database)), options_(options) {}

  // Calls `work`, perhaps on another thread, and commits what it did when it returned OK. Its error
  // or exception otherwise, or the commit's error: then nothing of it happened. A group that cannot
  // be committed is done again one by one, so `work` may be called twice; it must not write()
  // itself.
  Status write(const Work& work, Durability durability = Durability::Now);

  // Calls of write() whose work has not begun.
  size_t waiting() const;

 private:
  struct Member {
    const Work* work;
    Durability durability;
    Status status = Status::OK();
    std::exception_ptr exception = nullptr;
    bool done = false;
  };

  // After it what the members did is there, or they have an error.
  void commit(const std::vector<Member*>& group);
  // The statement that has SQLite sync the commit of a group, or not.
  std::string sync_level_of(const std::vector<Member*>& group) const;
  Status commit_transaction(const std::vector<Member*>& group);
  // Its changes are gone when it fails. An error: the whole transaction is.
  Status run_in_savepoint(Member* member);
  void run(Member* member);

  const std::unique_ptr<Database> database_;  // Of the thread that leads.
  const Options options_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<Member*> waiting_;
  bool leading_ = false;  // One of the callers runs the works of a group.
};

}  // namespace mosaico::catalog::sqlite
