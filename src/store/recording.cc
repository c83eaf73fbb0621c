#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>

#include "base/file.h"
#include "store/database.h"
#include "store/evidence_json.h"
#include "store/schema.h"

namespace podtap::store {
namespace {

constexpr const char* kLockName = "podtap.lock";
// Rows that one Prune() takes away, and pages that it gives back: some milliseconds.
constexpr int64_t kPruneRows = 256;
constexpr const char* kGivePages = "PRAGMA incremental_vacuum(512)";

Result<Fd> Lock(const std::string& folder) {
  const std::string path = folder + "/" + kLockName;
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return std::unexpected(SystemError("lock the store", path, errno));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(SystemError("lock the store", path, errno));
    std::array<char, 32> text{};
    const ssize_t n = ::pread(fd.get(), text.data(), text.size() - 1, 0);
    const std::string pid = n > 0 ? std::string(text.data(), static_cast<size_t>(n)) : "?";
    return std::unexpected(
        Error{.kind = ErrorKind::kInput,
              .tried = "record into",
              .on = folder,
              .reason = "process " + pid + " records into it already",
              .remedy = "leave it to that one, or use another folder with --store"});
  }
  const std::string pid = std::to_string(::getpid());
  // The lock holds without it; a second recorder just can't name the pid then.
  [[maybe_unused]] const bool named =
      ::ftruncate(fd.get(), 0) == 0 && ::pwrite(fd.get(), pid.data(), pid.size(), 0) > 0;
  return fd;
}

Result<void> MakeFolder(const std::string& folder) {
  // Its parents too, as /var/lib always is there.
  for (size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    const std::string part = folder.substr(0, end);
    if (::mkdir(part.c_str(), 0750) != 0 && errno != EEXIST) {
      return std::unexpected(
          SystemError("make the store's folder", part, errno, "use another folder with --store"));
    }
    if (end == std::string::npos) break;
  }
  // Whoever may write there could give the recorder another file for its own.
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) {
    return std::unexpected(SystemError("look at the store's folder", folder, errno));
  }
  const bool foreign = status.st_uid != ::geteuid() && status.st_uid != 0;
  if (!foreign && (status.st_mode & S_IWOTH) == 0) return {};
  return std::unexpected(
      Error{.kind = ErrorKind::kInput,
            .tried = "record into",
            .on = folder,
            .reason = foreign ? "the folder belongs to uid " + std::to_string(status.st_uid)
                              : "everybody may write there",
            .remedy = "chown root and chmod 0750 it, or use another with "
                      "--store"});
}

std::string SetAside(const std::string& path) {
  const std::string aside = path + ".corrupt-" + std::to_string(::time(nullptr));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    ::rename((path + suffix).c_str(), (aside + suffix).c_str());
  }
  return aside;
}

// getgrnam(3) would load the name service's modules, which a static program can't.
std::optional<gid_t> GroupId(const std::string& name) {
  const auto text = ReadFile("/etc/group", "look up the group");
  if (!text) return std::nullopt;
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    const std::string line = text->substr(at, end - at);
    at = end + 1;
    // "name:x:gid:members"
    if (!line.starts_with(name + ":")) continue;
    const size_t colon = line.find(':', name.size() + 1);
    gid_t id = 0;
    if (colon == std::string::npos) continue;
    const auto read = std::from_chars(line.data() + colon + 1, line.data() + line.size(), id);
    if (read.ec == std::errc() && *read.ptr == ':') return id;
  }
  return std::nullopt;
}

Result<void> ShareWith(const std::string& group, const std::string& folder) {
  if (group.empty()) return {};
  const std::optional<gid_t> id = GroupId(group);
  if (!id) {
    return std::unexpected(Error{.kind = ErrorKind::kInput,
                                 .tried = "share the store with the group",
                                 .on = group,
                                 .reason = "there is no such group in /etc/group",
                                 .remedy = "groupadd --system " + group + ", or no --group"});
  }
  // The folder's set-group-id bit hands the group on to what is made in it later.
  struct stat status {};
  const bool has = ::stat(folder.c_str(), &status) == 0 && status.st_gid == *id &&
                   (status.st_mode & S_ISGID) != 0;
  if (!has && (::chown(folder.c_str(), static_cast<uid_t>(-1), *id) != 0 ||
               ::chmod(folder.c_str(), 02750) != 0)) {
    return std::unexpected(SystemError("share the store with " + group, folder, errno));
  }
  // What was made before it was shared.
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const std::string path = folder + "/" + kFileName + suffix;
    const Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || status.st_gid == *id) continue;
    if (::fchown(fd.get(), static_cast<uid_t>(-1), *id) != 0 || ::fchmod(fd.get(), 0640) != 0) {
      return std::unexpected(SystemError("share the store with " + group, path, errno));
    }
  }
  return {};
}

// SQLite makes the log beside it with the same mode.
Result<void> MakeFile(const std::string& path, bool shared) {
  const Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.valid() && (!shared || ::fchmod(fd.get(), 0640) == 0)) return {};
  return std::unexpected(
      SystemError("make the store", path, errno, "use another folder with --store"));
}

}  // namespace

// A file that isn't whole says so at the latest to quick_check.
Result<Connection> Recording::OpenFile(const std::string& path, bool shared) {
  if (auto made = MakeFile(path, shared); !made) return std::unexpected(made.error());
  auto connection = Connection::Open(path, Connection::Access::kWrite);
  if (!connection) return connection;
  if (auto migrated = Migrate(*connection); !migrated) return std::unexpected(migrated.error());
  auto check = connection->Prepare("PRAGMA quick_check(1)", "check the store");
  if (!check) return std::unexpected(std::move(check.error()));
  const auto row = check->Step();
  if (!row) return std::unexpected(row.error());
  if (check->Text(0) == "ok") return connection;
  return std::unexpected(Connection::Corrupt(path, check->Text(0)));
}

Result<Recording> Recording::Open(const std::string& folder, const std::string& group) {
  if (auto made = MakeFolder(folder); !made) return std::unexpected(made.error());
  auto lock = Lock(folder);
  if (!lock) return std::unexpected(std::move(lock.error()));
  const std::string path = folder + "/" + kFileName;
  std::string note;
  if (auto shared = ShareWith(group, folder); !shared) return std::unexpected(shared.error());
  auto connection = OpenFile(path, !group.empty());
  if (!connection && Connection::IsCorrupt(connection.error())) {
    const std::string aside = SetAside(path);
    note = path + " is damaged (" + connection.error().reason + "); it was set aside as " + aside +
           ", and a new one was begun: what was recorded before is known there alone";
    connection = OpenFile(path, !group.empty());
  }
  if (!connection) return std::unexpected(std::move(connection.error()));
  Recording recording(std::move(*connection));
  recording.lock_ = std::move(*lock);
  recording.file_ = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  recording.note_ = std::move(note);
  return recording;
}

Result<void> Recording::BeginSession(const Session& session, std::string_view version) {
  auto done = connection_.Execute(
      "INSERT INTO session(pid, boot_id, version, started_unix_ns, alive_unix_ns, alive_boot_ns) "
      "VALUES(?, ?, ?, ?, ?, ?)",
      "begin a session in the store", int64_t{session.pid}, session.boot_id, version,
      session.started_unix_ns, session.alive_unix_ns, session.alive_boot_ns);
  if (done) session_ = connection_.last_id();
  return done;
}

Result<void> Recording::SetAlive(int64_t unix_ns, int64_t boot_ns) {
  return connection_.Execute("UPDATE session SET alive_unix_ns = ?, alive_boot_ns = ? WHERE id = ?",
                             "note in the store that the recorder is alive", unix_ns, boot_ns,
                             session_);
}

Result<void> Recording::EndSession(int64_t unix_ns) {
  return connection_.Execute("UPDATE session SET ended_unix_ns = ? WHERE id = ?",
                             "end the session in the store", unix_ns, session_);
}

Result<void> Recording::PutLife(const LifeRow& life) {
  std::optional<int64_t> memory_limit;
  if (life.memory_limit) memory_limit = static_cast<int64_t>(*life.memory_limit);
  // What was known of it before isn't made worse by a runtime that knows less.
  return connection_.Execute(
      "INSERT INTO life(container_id, started_unix_ns, runtime, namespace, pod, name, image, "
      "cgroup_path, memory_limit, restarts, ended_unix_ns) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET name = iif(excluded.name = '', name, excluded.name), "
      "namespace = iif(excluded.namespace = '', namespace, excluded.namespace), "
      "pod = iif(excluded.pod = '', pod, excluded.pod), "
      "image = iif(excluded.image = '', image, excluded.image), "
      "memory_limit = coalesce(excluded.memory_limit, memory_limit), restarts = excluded.restarts, "
      "ended_unix_ns = coalesce(excluded.ended_unix_ns, ended_unix_ns)",
      "keep a container's life", life.container_id, life.started_unix_ns, life.runtime, life.ns,
      life.pod, life.name, life.image, life.cgroup_path, memory_limit, int64_t{life.restarts},
      life.ended_unix_ns);
}

Result<int64_t> Recording::AddDeath(const DeathRow& row, const Death& death) {
  const std::optional<int64_t> exit_status = row.exit_status;
  auto added = connection_.Execute(
      "INSERT INTO death(unix_ns, container_id, runtime, namespace, pod, name, cause, confidence, "
      "headline, culprit, exit_status, is_sandbox, evidence) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      "keep a death", row.unix_ns, row.container_id, row.runtime, row.ns, row.pod, row.name,
      row.cause, row.confidence, row.headline, row.culprit, exit_status, int64_t{row.is_sandbox},
      DeathToJson(death));
  if (!added) return std::unexpected(std::move(added.error()));
  const int64_t id = connection_.last_id();
  // The life that it ended: the latest that began before, and has no end.
  auto ended = connection_.Execute(
      "UPDATE life SET ended_unix_ns = ?1 WHERE id = (SELECT id FROM life WHERE container_id = ?2 "
      "AND ended_unix_ns IS NULL AND started_unix_ns <= ?1 ORDER BY started_unix_ns DESC LIMIT 1)",
      "end a container's life", row.unix_ns, row.container_id);
  if (!ended) return std::unexpected(std::move(ended.error()));
  return id;
}

Result<void> Recording::AddIncident(const IncidentRow& row, const Death& death) {
  return connection_.Execute(
      "INSERT INTO incident(unix_ns, name, cause, culprit, headline, evidence) "
      "VALUES(?, ?, ?, ?, ?, ?)",
      "keep an incident", row.unix_ns, row.name, row.kind, row.culprit, row.text,
      DeathToJson(death));
}

Result<void> Recording::AddBlind(const BlindRow& row) {
  return connection_.Execute(
      "INSERT INTO blind(from_unix_ns, to_unix_ns, why, count) VALUES(?, ?, ?, ?)",
      "keep a blind window", row.from_unix_ns, std::max(row.from_unix_ns, row.to_unix_ns), row.why,
      static_cast<int64_t>(row.count));
}

namespace {

struct Kept {
  const char* too_old;  // ?1: the time before which nothing is kept, ?2: how many rows
  const char* oldest;   // ?1: how many rows
};

// What takes little room goes by age alone.
constexpr std::array<Kept, 5> kKept = {{
    {"DELETE FROM death WHERE id IN (SELECT id FROM death WHERE unix_ns < ?1 LIMIT ?2)",
     "DELETE FROM death WHERE id IN (SELECT id FROM death ORDER BY unix_ns LIMIT ?1)"},
    {"DELETE FROM incident WHERE id IN (SELECT id FROM incident WHERE unix_ns < ?1 LIMIT ?2)",
     "DELETE FROM incident WHERE id IN (SELECT id FROM incident ORDER BY unix_ns LIMIT ?1)"},
    {"DELETE FROM life WHERE id IN (SELECT id FROM life WHERE ended_unix_ns < ?1 LIMIT ?2)",
     "DELETE FROM life WHERE id IN (SELECT id FROM life WHERE ended_unix_ns IS NOT NULL "
     "ORDER BY ended_unix_ns LIMIT ?1)"},
    {"DELETE FROM blind WHERE id IN (SELECT id FROM blind WHERE to_unix_ns < ?1 LIMIT ?2)",
     nullptr},
    {"DELETE FROM session WHERE id IN (SELECT id FROM session WHERE alive_unix_ns < ?1 LIMIT ?2)",
     nullptr},
}};

}  // namespace

Result<bool> Recording::Prune(const Retention& retention, int64_t now_unix_ns) {
  int64_t removed = 0;
  const auto remove = [&](const char* sql, const auto&... values) -> Result<void> {
    auto done = connection_.Execute(sql, "take old rows out of the store", values...);
    if (done) removed += connection_.changes();
    return done;
  };
  for (const Kept& kept : kKept) {
    auto done = remove(kept.too_old, now_unix_ns - retention.most_age_ns, kPruneRows);
    if (!done) return std::unexpected(std::move(done.error()));
  }
  const auto bytes = UsedBytes();
  if (!bytes) return std::unexpected(bytes.error());
  for (const Kept& kept : kKept) {
    if (*bytes <= retention.most_bytes) break;
    if (kept.oldest == nullptr) continue;
    auto done = remove(kept.oldest, kPruneRows);
    if (!done) return std::unexpected(std::move(done.error()));
  }
  if (auto given = connection_.Run(kGivePages, "give room back to the file system"); !given) {
    return std::unexpected(given.error());
  }
  return removed > 0;
}

Result<void> Recording::CheckFile() const {
  const std::string& path = connection_.path();
  struct stat ours {};
  struct stat there {};
  if (!file_.valid() || ::fstat(file_.get(), &ours) != 0) return {};
  if (::stat(path.c_str(), &there) != 0) {
    if (errno != ENOENT) return {};
    return std::unexpected(Connection::Corrupt(path, "it was removed; a new one was begun"));
  }
  if (ours.st_ino != there.st_ino || ours.st_dev != there.st_dev) {
    return std::unexpected(Connection::Corrupt(path, "another file took its place"));
  }
  return {};
}

Result<void> Recording::Checkpoint() {
  return connection_.Run("PRAGMA wal_checkpoint(TRUNCATE)", "write the store's log back");
}

}  // namespace podtap::store
