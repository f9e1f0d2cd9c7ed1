#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "core/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace mosaico::catalog::sqlite {

using core::Result;
using core::Status;

struct StatementCloser {
  void operator()(sqlite3_stmt* statement) const;
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, StatementCloser>;

// Bytes that are bound as a BLOB, not as text.
struct Blob {
  std::string_view bytes;
};

class Database;

// A prepared statement with its parameters, on loan from its connection's cache; goes back when it
// is destroyed. Columns count from 0 and are read after a step() that returned true. One thread.
class Statement {
 public:
  Statement(Database* database, std::string sql, StatementHandle handle);
  Statement(Statement&&) = default;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Parameters count from 1. Text may hold zero bytes.
  Status bind(int parameter, int64_t value);
  Status bind(int parameter, std::string_view text);
  Status bind(int parameter, Blob blob);
  template <typename Enum>
    requires std::is_enum_v<Enum>
  Status bind(int parameter, Enum value) {
    return bind(parameter, static_cast<int64_t>(value));
  }
  template <typename T>
  Status bind(int parameter, const std::optional<T>& value) {
    return value.has_value() ? bind(parameter, *value) : bind_null(parameter);
  }
  Status bind_null(int parameter);

  // True when there is a row, false after the last one.
  Result<bool> step();

  int64_t integer(int column) const;
  std::optional<int64_t> optional_integer(int column) const;
  double real(int column) const;
  std::string bytes(int column) const;      // Of text or a BLOB.
  std::string_view view(int column) const;  // The same, as long as there is no other step().
  bool is_null(int column) const;
  template <typename Id>
  Id id(int column) const {
    return Id{integer(column)};
  }

 private:
  Status check(int code) const;

  Database* database_;
  std::string sql_;
  StatementHandle handle_;
};

enum class Access { ReadWrite, ReadOnly };

// One connection to a database file. One thread at a time.
class Database {
 public:
  // ReadWrite makes the file when it is absent and turns WAL, foreign keys and full syncing on.
  // Errors: NotFound (read-only, absent), Corrupt, LimitExceeded (no space), Io.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Access access,
                                                int busy_timeout_ms);

  Database(sqlite3* handle, std::string path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // A prepared statement with its parameters bound from 1 on.
  template <typename... Values>
  Result<Statement> query(std::string_view sql, const Values&... values) {
    ARROW_ASSIGN_OR_RAISE(Statement statement, prepare(sql));
    [[maybe_unused]] int parameter = 0;
    Status status;
    ((status = status.ok() ? statement.bind(++parameter, values) : status), ...);
    ARROW_RETURN_NOT_OK(status);
    return statement;
  }

  // Runs a statement that gives no rows. How many rows it changed.
  template <typename... Values>
  Result<int64_t> execute(std::string_view sql, const Values&... values) {
    ARROW_ASSIGN_OR_RAISE(Statement statement, query(sql, values...));
    ARROW_RETURN_NOT_OK(statement.step());
    return changes();
  }

  // Runs several statements without parameters.
  Status execute_script(const std::string& sql);

  int64_t last_insert_id() const;

 private:
  friend class Statement;

  Status configure(Access access, int busy_timeout_ms);
  Result<Statement> prepare(std::string_view sql);
  int64_t changes() const;
  // The Status of a result code of SQLite.
  Status status_of(int code) const;

  sqlite3* const handle_;
  const std::string path_;
  std::unordered_map<std::string, StatementHandle> idle_statements_;
};

// Rolls back unless committed.
class Transaction {
 public:
  // A Write transaction keeps other writers out from its start, so that what it read stays true.
  enum class Mode { Read, Write };

  static Result<Transaction> begin(Database* database, Mode mode);

  explicit Transaction(Database* database) : database_(database) {}
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Status commit();

 private:
  Database* database_;  // Null when it is over.
};

}  // namespace mosaico::catalog::sqlite
