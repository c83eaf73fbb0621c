#include "store/writer.h"

#include <chrono>
#include <utility>

namespace podtap::store {
namespace {

constexpr std::chrono::milliseconds kBeat{1000};  // alive, retries, retention
constexpr size_t kBatch = 512;

}  // namespace

Writer::Writer(Recording recording, Options options, Archive::Session session, Hooks hooks)
    : options_(std::move(options)),
      session_(std::move(session)),
      hooks_(std::move(hooks)),
      recording_(std::move(recording)),
      begun_(options_.session_begun),
      retention_(options_.retention),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {
  if (!recording_->note().empty()) Say(recording_->note());
}

Writer::~Writer() { Stop(); }

void Writer::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Writer::Post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() + held_ >= kMostWaiting) {
      if (dropped_ == dropped_told_) dropping_since_unix_ns_ = hooks_.now().unix_ns;
      dropped_++;
      return;
    }
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void Writer::SetRetention(const Retention& retention) {
  const std::lock_guard lock(mutex_);
  retention_ = retention;
}

Writer::Numbers Writer::numbers() const {
  const std::lock_guard lock(mutex_);
  return {.written = written_,
          .dropped = dropped_,
          .waiting = jobs_.size() + held_,
          .failures = failures_,
          .bytes = bytes_,
          .in_trouble = in_trouble_};
}

void Writer::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto written = WriteAll();
    if (written) Tidy();
    std::unique_lock lock(mutex_);
    // In trouble it waits for the beat, whatever comes.
    wake_.wait_for(lock, stop, kBeat, [this] { return !jobs_.empty() && !in_trouble_; });
  }
  const auto last = WriteAll();
  if (!last) return;
  static_cast<void>(recording_->EndSession(hooks_.now().unix_ns));
  static_cast<void>(recording_->Checkpoint());
}

// A transaction of some jobs after the other. What can't be written stays in batch_.
Result<void> Writer::WriteAll() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      while (!jobs_.empty() && batch_.size() < kBatch) {
        batch_.push_back(std::move(jobs_.front()));
        jobs_.pop_front();
      }
      held_ = batch_.size();
    }
    auto written = TryWrite(batch_.size());
    if (!written && Connection::IsCorrupt(written.error())) {
      // It lets go of the file and of its lock; the next try opens another, and tells.
      lost_file_ = written.error().Message();
      recording_.reset();
      written = TryWrite(batch_.size());
    }
    if (!written) {
      failures_++;
      if (!in_trouble_.exchange(true)) {
        Say(written.error().Message() + "; until then it is kept in memory");
      }
      return written;
    }
    if (in_trouble_.exchange(false)) Say("the store can be written again");
    written_ += batch_.size();
    batch_.clear();
    const std::lock_guard lock(mutex_);
    held_ = 0;
    if (jobs_.empty()) return {};
  }
}

Result<void> Writer::TryWrite(size_t count) {
  if (!recording_) {
    if (auto opened = Reopen(); !opened) return opened;
  }
  if (auto intact = recording_->CheckFile(); !intact) return intact;
  auto transaction = recording_->Begin();
  if (!transaction) return std::unexpected(std::move(transaction.error()));
  const Moment now = hooks_.now();
  if (!begun_) {
    if (auto begun = recording_->BeginSession(session_, options_.version); !begun) return begun;
  }
  if (auto alive = recording_->SetAlive(now.unix_ns, now.boot_ns); !alive) return alive;
  for (size_t i = 0; i < count; i++) {
    if (auto done = batch_[i](*recording_); !done) {
      // What the disk can't help: this job alone.
      if (!Connection::IsCorrupt(done.error()) && !Connection::IsFull(done.error())) {
        Say(done.error().Message());
        batch_[i] = [](Recording&) -> Result<void> { return {}; };
      }
      return done;
    }
  }
  uint64_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    dropped = dropped_ - dropped_told_;
  }
  if (dropped > 0) {
    auto told = recording_->AddBlind({.from_unix_ns = dropping_since_unix_ns_,
                                      .to_unix_ns = now.unix_ns,
                                      .why = "not kept",
                                      .count = dropped});
    if (!told) return told;
  }
  auto committed = transaction->Commit();
  if (!committed) return committed;
  begun_ = true;
  const std::lock_guard lock(mutex_);
  dropped_told_ += dropped;
  return {};
}

Result<void> Writer::Reopen() {
  auto fresh = Recording::Open(options_.folder, options_.group);
  if (!fresh) return std::unexpected(std::move(fresh.error()));
  recording_.emplace(std::move(*fresh));
  begun_ = false;
  Say(std::exchange(lost_file_, ""));
  if (!recording_->note().empty()) Say(recording_->note());
  return {};
}

void Writer::Tidy() {
  Retention retention;
  {
    const std::lock_guard lock(mutex_);
    retention = retention_;
  }
  // While it is at it new jobs don't wait longer than one round.
  for (int round = 0; round < 16; round++) {
    const auto more = recording_->Prune(retention, hooks_.now().unix_ns);
    if (!more || !*more) break;
    const std::lock_guard lock(mutex_);
    if (!jobs_.empty()) break;
  }
  if (const auto counts = recording_->Bytes()) bytes_ = *counts;
}

}  // namespace podtap::store
