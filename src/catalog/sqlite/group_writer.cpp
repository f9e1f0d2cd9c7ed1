#include "catalog/sqlite/group_writer.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace mosaico::catalog::sqlite {

Status GroupWriter::write(const Work& work, Durability durability) {
  Member member{.work = &work, .durability = durability};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&member);
  while (true) {
    changed_.wait(lock, [&] { return member.done || !leading_; });
    if (member.done) break;
    // The first of those that wait leads, for itself and those behind it.
    const auto end = waiting_.begin() +
                     static_cast<std::ptrdiff_t>(std::min(waiting_.size(), options_.group_max));
    const std::vector<Member*> group(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    leading_ = true;
    lock.unlock();
    commit(group);
    lock.lock();
    leading_ = false;
    for (Member* done : group) done->done = true;
    changed_.notify_all();
  }
  lock.unlock();
  if (member.exception != nullptr) std::rethrow_exception(member.exception);
  return member.status;
}

size_t GroupWriter::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void GroupWriter::commit(const std::vector<Member*>& group) {
  const Status committed = commit_transaction(group);
  if (committed.ok()) return;
  if (group.size() > 1) {
    // What failed may concern one of them, or have passed.
    for (Member* member : group) commit({member});
  } else if (group.front()->status.ok()) {
    group.front()->status = committed;
  }
}

std::string GroupWriter::sync_level_of(const std::vector<Member*>& group) const {
  if (!options_.sync) return "PRAGMA synchronous = OFF";
  const bool now = std::any_of(group.begin(), group.end(), [](const Member* member) {
    return member->durability == Durability::Now;
  });
  return now ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
}

Status GroupWriter::commit_transaction(const std::vector<Member*>& group) {
  ARROW_RETURN_NOT_OK(database_->execute_script(sync_level_of(group)));
  ARROW_ASSIGN_OR_RAISE(Transaction transaction,
                        Transaction::begin(database_.get(), Transaction::Mode::Write));
  if (group.size() == 1) {
    run(group.front());
  } else {
    for (Member* member : group) ARROW_RETURN_NOT_OK(run_in_savepoint(member));
  }
  const bool any = std::any_of(group.begin(), group.end(), [](const Member* member) {
    return member->status.ok() && member->exception == nullptr;
  });
  return any ? transaction.commit() : Status::OK();
}

Status GroupWriter::run_in_savepoint(Member* member) {
  ARROW_RETURN_NOT_OK(database_->execute("SAVEPOINT member"));
  run(member);
  if (!member->status.ok() || member->exception != nullptr) {
    // It fails when SQLite has rolled back the whole transaction after an error.
    ARROW_RETURN_NOT_OK(database_->execute("ROLLBACK TO member"));
  }
  return database_->execute("RELEASE member").status();
}

void GroupWriter::run(Member* member) {
  member->exception = nullptr;
  try {
    member->status = (*member->work)(database_.get());
  } catch (...) {
    member->exception = std::current_exception();
  }
}

}  // namespace mosaico::catalog::sqlite
