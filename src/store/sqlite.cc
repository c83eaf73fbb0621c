#include "store/sqlite.h"

#include <sqlite3.h>

#include <cstdlib>
#include <memory>

namespace podtap::store {

namespace {

// Error::error_number holds SQLite's code; errno's numbers have no use here.
constexpr std::string_view kNoSpaceRemedy = "make room there, or use --store with another folder";

std::string_view Remedy(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return kNoSpaceRemedy;
    case SQLITE_CANTOPEN:
      return "is it there, and may you read it? podtap record makes it";
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "run it as root, or as a member of the store's group";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return "podtap record sets it aside and begins a new one";
    default:
      return "";
  }
}

ErrorKind KindOf(int code) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return ErrorKind::kInput;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorKind::kPrivilege;
    case SQLITE_MISUSE:
    case SQLITE_ERROR:
      return ErrorKind::kInternal;
    default:
      return ErrorKind::kSystem;
  }
}

}  // namespace

void Statement::Finalise::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Connection::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Statement& Statement::Bind(int index, int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
  return *this;
}

Statement& Statement::Bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::Bind(int index, const std::optional<int64_t>& value) {
  if (value) return Bind(index, *value);
  sqlite3_bind_null(statement_.get(), index);
  return *this;
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = connection_->MakeError(code, tried_);
  sqlite3_reset(statement_.get());
  return std::unexpected(std::move(error));
}

Result<void> Statement::Run() {
  for (;;) {
    const auto row = Step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
  }
  sqlite3_reset(statement_.get());
  return {};
}

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::Text(int column) const {
  const auto* text = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return text == nullptr ? std::string() : std::string(text, static_cast<size_t>(size));
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

namespace {

// The folder may be reached by a symbolic link (/var/lib on another disk); the file itself
// may be none, and SQLite's NOFOLLOW means every part of the path.
std::string WithoutLinks(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(folder.c_str(), nullptr),
                                                         &std::free);
  if (!real) return path;
  return std::string(real.get()) + "/" + path.substr(slash == std::string::npos ? 0 : slash + 1);
}

}  // namespace

Result<Connection> Connection::Open(const std::string& path, Access access, int busy_ms) {
  Connection connection;
  connection.path_ = path;
  sqlite3* handle = nullptr;
  const int flags =
      access == Access::kWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(WithoutLinks(path).c_str(), &handle,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  connection.handle_.reset(handle);
  if (code != SQLITE_OK) return std::unexpected(connection.MakeError(code, "open the store"));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_ms);
  return connection;
}

Result<Statement> Connection::Prepare(std::string_view sql, std::string_view tried) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(MakeError(code, tried));
  return Statement(*this, statement, tried);
}

Result<void> Connection::Run(const char* sql, std::string_view tried) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(MakeError(code, tried));
  return {};
}

int64_t Connection::last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

int64_t Connection::changes() const { return sqlite3_changes64(handle_.get()); }

Error Connection::Corrupt(const std::string& path, std::string reason) {
  return {.kind = ErrorKind::kInput,
          .tried = "read the store",
          .on = path,
          .reason = std::move(reason),
          .error_number = SQLITE_CORRUPT,
          .remedy = std::string(Remedy(SQLITE_CORRUPT))};
}

Error Connection::MakeError(int code, std::string_view tried) const {
  const char* reason = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  return {.kind = KindOf(code),
          .tried = std::string(tried),
          .on = path_,
          .reason = reason,
          .error_number = code & 0xff,
          .remedy = std::string(Remedy(code))};
}

bool Connection::IsCorrupt(const Error& error) {
  return error.error_number == SQLITE_CORRUPT || error.error_number == SQLITE_NOTADB;
}

bool Connection::IsFull(const Error& error) {
  return error.error_number == SQLITE_FULL || error.error_number == SQLITE_IOERR ||
         error.error_number == SQLITE_READONLY || error.error_number == SQLITE_CANTOPEN ||
         error.error_number == SQLITE_BUSY;
}

Result<Transaction> Transaction::Begin(Connection& connection, std::string_view tried) {
  if (auto begun = connection.Run("BEGIN IMMEDIATE", tried); !begun) {
    return std::unexpected(std::move(begun.error()));
  }
  return Transaction(connection, tried);
}

Transaction::~Transaction() {
  // It may have ended by itself, after a full disk for one.
  if (connection_ != nullptr) static_cast<void>(connection_->Run("ROLLBACK", tried_));
}

Result<void> Transaction::Commit() {
  auto done = connection_->Run("COMMIT", tried_);
  if (done) connection_ = nullptr;
  return done;
}

}  // namespace podtap::store
