#include "testimony/oom_report.h"

#include <charconv>

namespace podtap::testimony {
namespace {

using store::OomKill;

constexpr uint64_t kKiB = 1024;

// Behind `key`, up to `end`; empty when either isn't there.
std::string_view Between(std::string_view text, std::string_view key, std::string_view end) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return "";
  text.remove_prefix(at + key.size());
  const size_t stop = text.find(end);
  return stop == std::string_view::npos ? std::string_view() : text.substr(0, stop);
}

template <typename T>
T NumberAfter(std::string_view text, std::string_view key) {
  T number{};
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return number;
  text.remove_prefix(at + key.size());
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

uint64_t BytesAfter(std::string_view text, std::string_view key) {
  const auto kib = NumberAfter<uint64_t>(text, key);
  return kib > UINT64_MAX / kKiB ? UINT64_MAX : kib * kKiB;
}

}  // namespace

void OomReader::ReadUsage(std::string_view line) {
  limit_.usage = BytesAfter(line, "usage ");
  limit_.limit = BytesAfter(line, "limit ");
  // Version 1 writes "no limit" as the largest number of pages.
  if (limit_.limit >= UINT64_MAX / 4096) limit_.limit = UINT64_MAX;
}

// A process' name may hold anything, so that it is what stands between the first ",task="
// and the last ",pid=".
void OomReader::ReadSummary(std::string_view line) {
  summary_.reset();
  group_.clear();
  const size_t memcg = line.find(",task_memcg=");
  const size_t task = line.find(",task=", memcg == std::string_view::npos ? 0 : memcg);
  const size_t pid = line.rfind(",pid=");
  if (memcg == std::string_view::npos || task == std::string_view::npos ||
      pid == std::string_view::npos || pid < task) {
    return;
  }
  OomKill kill;
  kill.victim.pid.value = NumberAfter<int32_t>(line.substr(pid), ",pid=");
  if (kill.victim.pid.value <= 0) return;
  kill.comm = line.substr(task + 6, pid - task - 6);
  const std::string own(line.substr(memcg + 12, task - memcg - 12));
  kill.levels.push_back({.path = own});
  const std::string_view head = line.substr(0, memcg + 12);
  const std::string limit(Between(head, ",oom_memcg=", ",task_memcg="));
  if (limit == own) {
    limit_.path = own;
    kill.levels.front() = limit_;
    kill.levels.front().locked = true;
  } else if (!limit.empty()) {
    limit_.path = limit;
    limit_.locked = true;
    kill.levels.push_back(limit_);
  }
  summary_ = std::move(kill);
  limit_ = {};
}

void OomReader::ReadOldSummary(std::string_view line) {
  const std::string own(Between(line, "Task in ", " killed as a result of limit of "));
  constexpr std::string_view kLimit = " killed as a result of limit of ";
  const size_t at = line.find(kLimit);
  if (own.empty() || at == std::string_view::npos) return;
  const std::string limit(line.substr(at + kLimit.size()));
  OomKill kill;
  kill.levels.push_back({.path = own, .locked = own == limit});
  if (own != limit) kill.levels.push_back({.path = limit, .locked = true});
  summary_ = std::move(kill);
  group_.clear();
}

std::optional<OomKill> OomReader::ReadVictim(std::string_view line) {
  constexpr std::string_view kKilled = "Killed process ";
  const size_t at = line.find(kKilled);
  if (at == std::string_view::npos) return std::nullopt;
  line.remove_prefix(at + kKilled.size());
  const auto pid = NumberAfter<int32_t>(line, "");
  const size_t open = line.find('(');
  // A name may hold a bracket of its own.
  const size_t close = line.find(") total-vm:");
  if (pid <= 0 || open == std::string_view::npos || close == std::string_view::npos ||
      close < open) {
    return std::nullopt;
  }
  OomKill kill;
  if (summary_ && (summary_->victim.pid.value == pid || summary_->victim.pid.value == 0)) {
    kill = *summary_;
    // The limit's numbers follow an old summary.
    for (OomKill::Level& level : kill.levels) {
      if (!level.locked || level.limit != 0) continue;
      level.usage = limit_.usage;
      level.limit = limit_.limit;
    }
    limit_ = {};
  } else if (!group_.empty()) {
    kill.levels.push_back({.path = group_, .group = true});
  }
  if (!group_.empty() && !kill.levels.empty()) kill.levels.front().group = true;
  kill.victim.pid.value = pid;
  kill.comm = line.substr(open + 1, close - open - 1);
  kill.anon_kb = NumberAfter<uint64_t>(line, "anon-rss:");
  kill.file_kb = NumberAfter<uint64_t>(line, "file-rss:");
  kill.shmem_kb = NumberAfter<uint64_t>(line, "shmem-rss:");
  kill.score_adj = NumberAfter<int32_t>(line, "oom_score_adj:");
  return kill;
}

std::optional<OomKill> OomReader::Add(std::string_view line) {
  if (line.starts_with("memory: usage ")) {
    ReadUsage(line);
  } else if (line.starts_with("oom-kill:constraint=")) {
    ReadSummary(line);
  } else if (line.starts_with("Task in ")) {
    ReadOldSummary(line);
  } else if (line.starts_with("Tasks in ")) {
    group_ = Between(line, "Tasks in ", " are going to be killed");
  } else {
    return ReadVictim(line);
  }
  return std::nullopt;
}

}  // namespace podtap::testimony
