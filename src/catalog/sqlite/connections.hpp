#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catalog/sqlite/database.hpp"
#include "catalog/sqlite/group_writer.hpp"

namespace mosaico::catalog::sqlite {

// Read-only connections, opened when first needed, at most `connections_max`. A lease waits for
// one. Thread-safe.
class ReaderPool {
 public:
  class Lease {
   public:
    Lease(ReaderPool* pool, std::unique_ptr<Database> database)
        : pool_(pool), database_(std::move(database)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (database_ != nullptr) pool_->give_back(std::move(database_));
    }
    Database* get() const { return database_.get(); }

   private:
    ReaderPool* pool_;
    std::unique_ptr<Database> database_;
  };

  ReaderPool(std::string path, int busy_timeout_ms, size_t connections_max);

  // A thread must not hold two.
  Result<Lease> lease();

 private:
  void give_back(std::unique_ptr<Database> database);
  void forget_one();

  // Constant after construction.
  const std::string path_;
  const int busy_timeout_ms_;
  const size_t connections_max_;

  std::mutex mutex_;
  std::condition_variable given_back_;
  // Guarded by mutex_.
  std::vector<std::unique_ptr<Database>> idle_;
  size_t connections_ = 0;
};

// One connection for writing, whose commits callers share, and some for reading, which see what is
// committed and never wait for a writer. Thread-safe.
class Connections {
 public:
  // `writer` is null for a catalog that is only read.
  Connections(std::unique_ptr<GroupWriter> writer, std::string path, int busy_timeout_ms);

  // GroupWriter::write() of a function that returns a Status or a Result. Locked when the catalog
  // was opened for reading only.
  template <typename Function>
  std::invoke_result_t<Function, Database*> write(const Function& function,
                                                  Durability durability = Durability::Now) {
    if (writer_ == nullptr) return refuse_to_write();
    std::optional<std::invoke_result_t<Function, Database*>> result;
    const auto work = [&](Database* database) -> Status {
      return arrow::ToStatus(result.emplace(function(database)));
    };
    ARROW_RETURN_NOT_OK(writer_->write(work, durability));
    return *std::move(result);
  }

  // Calls `function(Database*)` with one unchanging view of the database.
  template <typename Function>
  std::invoke_result_t<Function, Database*> read(const Function& function) {
    ARROW_ASSIGN_OR_RAISE(const ReaderPool::Lease reader, readers_.lease());
    ARROW_ASSIGN_OR_RAISE(const Transaction transaction,
                          Transaction::begin(reader.get(), Transaction::Mode::Read));
    return function(reader.get());
  }

 private:
  Status refuse_to_write() const;

  const std::string path_;
  const std::unique_ptr<GroupWriter> writer_;
  ReaderPool readers_;  // After writer_: the last connection to close tidies up the log.
};

}  // namespace mosaico::catalog::sqlite
