// Writer: the store's one writing thread.
//
// What enters: jobs, from any thread, which never wait for the disk. What leaves: rows in
// the store, many jobs a transaction. While the disk is full jobs wait in memory, as many
// as kMostWaiting, and are written when there is room again; a damaged file is set aside
// and a fresh one begun. Each of these is said once, when it begins and when it is over.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "store/database.h"

namespace podtap::store {

class Writer {
 public:
  // Runs inside a transaction, perhaps more than once: if it can't be committed.
  using Job = std::function<Result<void>(Recording&)>;
  struct Options {
    std::string folder;
    std::string group;
    std::string version;
    Retention retention;
    bool session_begun = false;  // in the recording already
  };
  struct Moment {
    int64_t unix_ns = 0;
    int64_t boot_ns = 0;
  };
  struct Hooks {
    std::function<Moment()> now;
    // A sentence for the operator; called on the writer's thread.
    std::function<void(const std::string&)> note;
  };
  static constexpr size_t kMostWaiting = 4096;

  // Begins the session unless Options says that it has; says the recording's note().
  Writer(Recording recording, Options options, Archive::Session session, Hooks hooks);
  // Stop().
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Post(Job job);
  void SetRetention(const Retention& retention);
  // Writes what waits, if the disk lets it, and ends the session.
  void Stop();

  struct Numbers {
    uint64_t written = 0;  // jobs
    uint64_t dropped = 0;  // there was no room, on the disk and then here
    uint64_t waiting = 0;
    uint64_t failures = 0;    // of transactions
    int64_t bytes = 0;        // of the file
    bool in_trouble = false;  // it can't be written now
  };
  Numbers numbers() const;

 private:
  void Run(const std::stop_token& stop);
  Result<void> WriteAll();
  Result<void> TryWrite(size_t count);
  Result<void> Reopen();
  void Tidy();
  void Say(const std::string& note) const { hooks_.note(note); }

  Options options_;
  Archive::Session session_;
  Hooks hooks_;
  std::optional<Recording> recording_;
  bool begun_;             // the session is in the file
  std::string lost_file_;  // what became of the file before, until there is another

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Job> jobs_;  // posted
  Retention retention_;
  uint64_t dropped_ = 0;
  uint64_t dropped_told_ = 0;  // in blind windows
  int64_t dropping_since_unix_ns_ = 0;

  std::deque<Job> batch_;  // of the writer's thread: taken, not yet committed
  std::atomic<bool> in_trouble_{false};
  std::atomic<uint64_t> written_{0};
  std::atomic<uint64_t> failures_{0};
  std::atomic<uint64_t> held_{0};
  std::atomic<int64_t> bytes_{0};
  std::jthread thread_;
};

}  // namespace podtap::store
