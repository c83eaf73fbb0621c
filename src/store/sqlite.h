// SQLite behind Result: a connection and its statements.
//
// Callers: this room alone. Every failure says what was tried on which file. A text
// that enters is bound, never part of the SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace podtap::store {

class Connection;

// Steps through its rows; columns count from 0, parameters from 1.
class Statement {
 public:
  Statement& Bind(int index, int64_t value);
  Statement& Bind(int index, std::string_view text);
  Statement& Bind(int index, const std::optional<int64_t>& value);
  // To the parameters from 1 on.
  template <typename... Values>
  Statement& BindAll(const Values&... values) {
    int index = 0;
    (Bind(++index, values), ...);
    return *this;
  }
  // True: there is a row.
  Result<bool> Step();
  // Steps to the end and makes it ready for the next values.
  Result<void> Run();

  int64_t Int(int column) const;
  std::string Text(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Connection;
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(Connection& connection, sqlite3_stmt* statement, std::string_view tried)
      : connection_(&connection), statement_(statement), tried_(tried) {}

  Connection* connection_;
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
  std::string_view tried_;
};

class Connection {
 public:
  enum class Access : uint8_t { kWrite, kRead };
  // Waits for other users of the file no longer than `busy_ms`.
  static Result<Connection> Open(const std::string& path, Access access, int busy_ms = 2000);

  // `tried` goes into the message ("keep a death"); it must outlive the statement.
  Result<Statement> Prepare(std::string_view sql, std::string_view tried);
  // One statement with its values, to its end.
  template <typename... Values>
  Result<void> Execute(std::string_view sql, std::string_view tried, const Values&... values) {
    auto statement = Prepare(sql, tried);
    if (!statement) return std::unexpected(std::move(statement.error()));
    return statement->BindAll(values...).Run();
  }
  // Statements without a result, several if need be.
  Result<void> Run(const char* sql, std::string_view tried);
  int64_t last_id() const;
  int64_t changes() const;  // rows that the last statement changed
  const std::string& path() const { return path_; }

  // The file holds something else than an intact database.
  static bool IsCorrupt(const Error& error);
  static Error Corrupt(const std::string& path, std::string reason);
  // No space, no permission, a device's failure: it may work again later.
  static bool IsFull(const Error& error);

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Error MakeError(int code, std::string_view tried) const;

  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

// All or nothing: what was run since is undone unless Commit() was called.
class Transaction {
 public:
  static Result<Transaction> Begin(Connection& connection, std::string_view tried);
  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)), tried_(other.tried_) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> Commit();

 private:
  Transaction(Connection& connection, std::string_view tried)
      : connection_(&connection), tried_(tried) {}
  Connection* connection_;
  std::string_view tried_;
};

}  // namespace podtap::store
