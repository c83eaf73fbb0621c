// The store: a SQLite file with what the recorder saw, in a folder of its own.
//
// One process writes (Recording), any number reads (Archive); with SQLite's write-ahead
// log neither waits for the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "store/rows.h"
#include "store/sqlite.h"

namespace podtap::store {

inline constexpr const char* kDefaultFolder = "/var/lib/podtap";
inline constexpr const char* kFileName = "podtap.db";

// For reading.
class Archive {
 public:
  static Result<Archive> Open(const std::string& folder);

  Result<std::vector<DeathRow>> Deaths(const Query& query);
  Result<Death> ReadDeath(int64_t id);
  Result<std::vector<IncidentRow>> Incidents(const Query& query);
  // The latest of a process, "pid:7942"; nullopt: none.
  Result<std::optional<Death>> ReadIncident(const std::string& name);
  // `since` and `until` mean their ends.
  Result<std::vector<BlindRow>> BlindWindows(const Query& query);
  // Of whom no end is known.
  Result<std::vector<LifeRow>> OpenLives();
  Result<std::vector<LifeRow>> Lives(const Query& query);
  // Of the last recorder: its pid, when it was alive last, when it ended.
  struct Session {
    int32_t pid = 0;
    std::string boot_id;
    int64_t started_unix_ns = 0;
    int64_t alive_unix_ns = 0;
    int64_t alive_boot_ns = 0;
    std::optional<int64_t> ended_unix_ns;
  };
  Result<std::optional<Session>> LastSession();
  // When the first recorder began whose session is still kept; nullopt: there was none.
  Result<std::optional<int64_t>> RecordingSince();
  Result<Counts> Count();
  Result<int64_t> Bytes();      // of the file
  Result<int64_t> UsedBytes();  // without pages that hold nothing
  // Another file stands in its place, or none: nobody will write into this one.
  bool Replaced() const;

 protected:
  explicit Archive(Connection connection);
  Result<int64_t> Number(std::string_view sql);
  Connection connection_;

 private:
  uint64_t inode_ = 0;  // of the file when it was opened
};

struct Retention {
  int64_t most_age_ns = 7LL * 24 * 3600 * 1'000'000'000;
  int64_t most_bytes = 256LL << 20;
};

// For writing; it may read too.
class Recording : public Archive {
 public:
  // Makes the folder (0750) and the file (0600; 0640 for `group`, a name, "" for none). A
  // file that isn't a database any more is renamed and a fresh one begun: note() says so.
  // A second recorder is refused: kInput, naming the pid of the first.
  static Result<Recording> Open(const std::string& folder, const std::string& group = "");

  // A sentence about what was found on opening; empty: nothing worth it.
  const std::string& note() const { return note_; }

  // What follows until Commit() is one transaction.
  Result<Transaction> Begin() { return Transaction::Begin(connection_, "write to the store"); }

  // From then on SetAlive() and EndSession() mean this one.
  Result<void> BeginSession(const Session& session, std::string_view version);
  Result<void> SetAlive(int64_t unix_ns, int64_t boot_ns);
  Result<void> EndSession(int64_t unix_ns);
  Result<void> PutLife(const LifeRow& life);
  // Returns its id, and ends the container's life.
  Result<int64_t> AddDeath(const DeathRow& row, const Death& death);
  Result<void> AddIncident(const IncidentRow& row, const Death& death);
  Result<void> AddBlind(const BlindRow& row);

  // Takes away what is too old or too much, the oldest first, no more than some hundred
  // rows a call, and gives free pages back to the file system. True: there is more to do.
  Result<bool> Prune(const Retention& retention, int64_t now_unix_ns);
  // Corrupt, if the file was removed or replaced: SQLite itself would go on writing into
  // what nobody will read.
  Result<void> CheckFile() const;
  // Writes the log back into the file; for the end.
  Result<void> Checkpoint();

 private:
  explicit Recording(Connection connection) : Archive(std::move(connection)) {}
  static Result<Connection> OpenFile(const std::string& path, bool shared);

  Fd lock_;
  Fd file_;  // of the database, to be compared with what stands at its path
  std::string note_;
  int64_t session_ = 0;
};

}  // namespace podtap::store
