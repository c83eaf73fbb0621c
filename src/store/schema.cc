#include "store/schema.h"

#include <array>

namespace podtap::store {
namespace {

// Each makes version N of N-1, N being its place from 1. A step that has landed is never
// changed: files made by it are about.
constexpr std::array kSteps = {
    // 1. Times are nanoseconds of Unix, evidence is podtap.death/v1.
    R"(
CREATE TABLE session(
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  version TEXT NOT NULL,
  started_unix_ns INTEGER NOT NULL,
  alive_unix_ns INTEGER NOT NULL,
  alive_boot_ns INTEGER NOT NULL,
  ended_unix_ns INTEGER);
CREATE TABLE life(
  id INTEGER PRIMARY KEY,
  container_id TEXT NOT NULL,
  started_unix_ns INTEGER NOT NULL,
  ended_unix_ns INTEGER,
  runtime TEXT NOT NULL,
  namespace TEXT NOT NULL,
  pod TEXT NOT NULL,
  name TEXT NOT NULL,
  image TEXT NOT NULL,
  cgroup_path TEXT NOT NULL,
  memory_limit INTEGER,
  restarts INTEGER NOT NULL,
  UNIQUE(container_id, started_unix_ns));
CREATE INDEX life_open ON life(ended_unix_ns) WHERE ended_unix_ns IS NULL;
CREATE INDEX life_ended ON life(ended_unix_ns);
CREATE TABLE death(
  id INTEGER PRIMARY KEY,
  unix_ns INTEGER NOT NULL,
  container_id TEXT NOT NULL,
  runtime TEXT NOT NULL,
  namespace TEXT NOT NULL,
  pod TEXT NOT NULL,
  name TEXT NOT NULL,
  cause TEXT NOT NULL,
  confidence TEXT NOT NULL,
  headline TEXT NOT NULL,
  culprit TEXT NOT NULL,
  exit_status INTEGER,
  is_sandbox INTEGER NOT NULL,
  evidence TEXT NOT NULL);
CREATE INDEX death_time ON death(unix_ns);
CREATE INDEX death_container ON death(container_id, unix_ns);
CREATE INDEX death_pod ON death(pod, namespace, unix_ns);
CREATE INDEX death_name ON death(name, unix_ns);
CREATE TABLE incident(
  id INTEGER PRIMARY KEY,
  unix_ns INTEGER NOT NULL,
  name TEXT NOT NULL,
  cause TEXT NOT NULL,
  culprit TEXT NOT NULL,
  headline TEXT NOT NULL,
  evidence TEXT NOT NULL);
CREATE INDEX incident_time ON incident(unix_ns);
CREATE INDEX incident_name ON incident(name);
CREATE TABLE blind(
  id INTEGER PRIMARY KEY,
  from_unix_ns INTEGER NOT NULL,
  to_unix_ns INTEGER NOT NULL,
  why TEXT NOT NULL,
  count INTEGER NOT NULL);
CREATE INDEX blind_time ON blind(to_unix_ns);
)",
};
constexpr int64_t kVersion = std::ssize(kSteps);

Result<int64_t> VersionOf(Connection& connection) {
  auto statement = connection.Prepare("PRAGMA user_version", "read the store's version");
  if (!statement) return std::unexpected(std::move(statement.error()));
  const auto row = statement->Step();
  if (!row) return std::unexpected(row.error());
  return statement->Int(0);
}

std::unexpected<Error> Newer(const Connection& connection, int64_t version) {
  return std::unexpected(
      Error{.kind = ErrorKind::kUnsupported,
            .tried = "use the store",
            .on = connection.path(),
            .reason = "its schema is " + std::to_string(version) + ", and this podtap knows " +
                      std::to_string(kVersion),
            .remedy = "use the podtap that made it, or another folder with --store"});
}

}  // namespace

Result<void> Migrate(Connection& connection) {
  const auto version = VersionOf(connection);
  if (!version) return std::unexpected(version.error());
  if (*version > kVersion) return Newer(connection, *version);
  // Takes effect in a file that is still empty.
  constexpr const char* kSetUp =
      "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
      "PRAGMA journal_size_limit=16777216; PRAGMA foreign_keys=OFF";
  if (auto set = connection.Run(kSetUp, "set up the store"); !set) return set;
  for (int64_t step = *version; step < kVersion; step++) {
    auto transaction = Transaction::Begin(connection, "bring the store up to date");
    if (!transaction) return std::unexpected(std::move(transaction.error()));
    const std::string sql = std::string(kSteps.at(static_cast<size_t>(step))) +
                            "PRAGMA user_version=" + std::to_string(step + 1);
    if (auto made = connection.Run(sql.c_str(), "bring the store up to date"); !made) return made;
    if (auto done = transaction->Commit(); !done) return done;
  }
  return {};
}

Result<void> CheckSchema(Connection& connection) {
  const auto version = VersionOf(connection);
  if (!version) return std::unexpected(version.error());
  if (*version > kVersion) return Newer(connection, *version);
  if (*version < kVersion) {
    return std::unexpected(Error{.kind = ErrorKind::kInput,
                                 .tried = "read the store",
                                 .on = connection.path(),
                                 .reason = "it is empty, or of an older podtap",
                                 .remedy = "start podtap record, which brings it up to date"});
  }
  return {};
}

}  // namespace podtap::store
