#include "catalog/sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "core/crash_point.hpp"

namespace mosaico::catalog::sqlite {

namespace {

ErrorKind kind_of_code(int extended_code) {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return ErrorKind::AlreadyExists;
    default:
      break;
  }
  switch (extended_code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
      return ErrorKind::LimitExceeded;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::Corrupt;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return ErrorKind::Internal;
    default:
      return ErrorKind::Io;
  }
}

// Whether nobody can write to the database while it is open, us included: SQLite would make shared
// memory beside it even to read. A log with something in it has to be read with that memory.
bool cannot_change(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  if (::faccessat(AT_FDCWD, folder.empty() ? "." : folder.c_str(), W_OK, AT_EACCESS) == 0) {
    return false;
  }
  std::error_code absent;
  const auto log_bytes = std::filesystem::file_size(path + "-wal", absent);
  return absent || log_bytes == 0;
}

std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#') {
      uri += {'%', kDigits[byte / 16], kDigits[byte % 16]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

void StatementCloser::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(Database* database, std::string sql, StatementHandle handle)
    : database_(database), sql_(std::move(sql)), handle_(std::move(handle)) {}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  database_->idle_statements_.insert_or_assign(std::move(sql_), std::move(handle_));
}

Status Statement::check(int code) const {
  return code == SQLITE_OK ? Status::OK() : database_->status_of(code);
}

Status Statement::bind(int parameter, int64_t value) {
  return check(sqlite3_bind_int64(handle_.get(), parameter, value));
}

Status Statement::bind(int parameter, std::string_view text) {
  return check(sqlite3_bind_text64(handle_.get(), parameter, text.data() ? text.data() : "",
                                   text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

Status Statement::bind(int parameter, Blob blob) {
  return check(sqlite3_bind_blob64(handle_.get(), parameter,
                                   blob.bytes.data() ? blob.bytes.data() : "", blob.bytes.size(),
                                   SQLITE_TRANSIENT));
}

Status Statement::bind_null(int parameter) {
  return check(sqlite3_bind_null(handle_.get(), parameter));
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->status_of(code);
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

double Statement::real(int column) const { return sqlite3_column_double(handle_.get(), column); }

std::optional<int64_t> Statement::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::string Statement::bytes(int column) const { return std::string(view(column)); }

std::string_view Statement::view(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return data == nullptr ? std::string_view() : std::string_view(data, static_cast<size_t>(size));
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access,
                                                 int busy_timeout_ms) {
  int flags = SQLITE_OPEN_NOMUTEX |
              (access == Access::ReadOnly ? SQLITE_OPEN_READONLY
                                          : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  std::string name = path;
  if (access == Access::ReadOnly && cannot_change(path)) {
    name = immutable_uri(path);
    flags |= SQLITE_OPEN_URI;
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  // Also a failed open may give a handle, which must be closed.
  auto database = std::make_unique<Database>(handle, path);
  if (code != SQLITE_OK) return database->status_of(code);
  ARROW_RETURN_NOT_OK(database->configure(access, busy_timeout_ms));
  return database;
}

Database::Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

Database::~Database() {
  idle_statements_.clear();
  sqlite3_close(handle_);
}

Status Database::configure(Access access, int busy_timeout_ms) {
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, busy_timeout_ms);
  ARROW_RETURN_NOT_OK(execute_script("PRAGMA trusted_schema = OFF"));
  if (access == Access::ReadOnly) {
    // KiB of pages kept. A query reads the topics of a whole catalog, again and again.
    return execute_script("PRAGMA query_only = ON; PRAGMA cache_size = -16384");
  }

  ARROW_RETURN_NOT_OK(execute_script("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL"));
  ARROW_ASSIGN_OR_RAISE(Statement journal_mode, query("PRAGMA journal_mode = WAL"));
  ARROW_RETURN_NOT_OK(journal_mode.step());
  if (journal_mode.bytes(0) != "wal") {
    return core::error(ErrorKind::Io,
                       "catalog: the file system offers no write-ahead log: ", path_);
  }
  return Status::OK();
}

Result<Statement> Database::prepare(std::string_view sql) {
  std::string key(sql);
  // Taken out, not lent from its place: the same text in use twice is two statements.
  if (auto idle = idle_statements_.extract(key); !idle.empty()) {
    return Statement(this, std::move(key), std::move(idle.mapped()));
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, key.data(), static_cast<int>(key.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return status_of(code);
  return Statement(this, std::move(key), StatementHandle(handle));
}

Status Database::execute_script(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status::OK() : status_of(code);
}

int64_t Database::changes() const { return sqlite3_changes64(handle_); }

int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(handle_); }

Status Database::status_of(int code) const {
  const int extended_code = handle_ == nullptr ? code : sqlite3_extended_errcode(handle_);
  const char* text = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  return core::error(kind_of_code(extended_code), "catalog: ", text, " (SQLite ", extended_code,
                     "): ", path_);
}

Result<Transaction> Transaction::begin(Database* database, Mode mode) {
  ARROW_RETURN_NOT_OK(database->execute(mode == Mode::Write ? "BEGIN IMMEDIATE" : "BEGIN"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // It fails only when SQLite has rolled back by itself, after an error that was reported.
  if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK"));
}

Status Transaction::commit() {
  core::crash_point("catalog.commit.before");
  ARROW_RETURN_NOT_OK(database_->execute("COMMIT"));
  core::crash_point("catalog.commit.after");
  database_ = nullptr;
  return Status::OK();
}

}  // namespace mosaico::catalog::sqlite
