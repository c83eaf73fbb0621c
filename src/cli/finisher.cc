#include "cli/finisher.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <memory>
#include <set>

#include "recorder/digest.h"
#include "recorder/proc_files.h"
#include "recorder/symbol.h"

namespace podtap::cli {
namespace {

// Of the senders of a death, the first so many have their executables read.
constexpr size_t kMostDigests = 4;

// The executable of a process: while it runs by /proc, else by its path on the host, if
// that is still the same file.
Fd OpenExecutable(const HostRoot& root, const store::Process& process) {
  const recorder::ProcFiles proc;
  if (proc.Read(process.key)) return proc.OpenExe(process.key.pid.value);
  if (process.exe.empty() || process.exe_deleted || process.exe_memfd ||
      !process.container.value.empty()) {
    return {};
  }
  auto fd = root.Open(process.exe, O_RDONLY | O_NONBLOCK, "read the executable");
  struct stat status {};
  if (!fd || ::fstat(fd->get(), &status) != 0) return {};
  if (process.exe_inode != 0 && status.st_ino != process.exe_inode) return {};
  return std::move(*fd);
}

}  // namespace

Finisher::Finisher(const HostRoot& root, TaskQueue& answers, Done done)
    : root_(root), answers_(answers), done_(std::move(done)), users_(root.Path("/etc/passwd")) {}

void Finisher::Post(uint64_t life, store::Death death) {
  pending_++;
  auto shared = std::make_shared<store::Death>(std::move(death));
  worker_.Post([this, life, shared] {
    Complete(*shared);
    verdict::Verdict verdict = verdict::Judge(*shared);
    answers_.Post([this, life, shared, verdict = std::move(verdict)]() mutable {
      pending_--;
      done_(life, std::move(*shared), std::move(verdict));
    });
  });
}

void Finisher::Complete(store::Death& death) {
  for (store::Process& process : death.processes) {
    // A container's own users have the host's numbers, and not its names.
    if (process.uid != store::kNoUid) process.user = users_.Name(process.uid);
    if (process.login_uid != store::kNoUid) process.login_user = users_.Name(process.login_uid);
  }
  AddSymbols(death);
  AddDigests(death);
}

void Finisher::AddSymbols(store::Death& death) const {
  for (store::Row& row : death.rows) {
    auto* sent = std::get_if<store::SignalSent>(&row.fact);
    if (sent == nullptr || !sent->mapping || sent->mapping->path.empty()) continue;
    store::Mapping& mapping = *sent->mapping;
    if (!mapping.symbol.empty() || sent->instruction < mapping.start) continue;
    // A container's files can be reached through any process that is in it.
    for (const store::Process& process : death.processes) {
      const store::Process* target = death.Find(sent->target);
      if (target == nullptr || process.container != target->container || process.exited) continue;
      const std::string root = process.container.value.empty()
                                   ? ""
                                   : "/proc/" + std::to_string(process.key.pid.value) + "/root";
      const HostRoot place(root.empty() ? root_.folder() : root);
      const auto fd = place.Open(mapping.path, O_RDONLY | O_NONBLOCK, "read symbols");
      if (!fd) continue;
      mapping.symbol =
          recorder::SymbolAt(fd->get(), sent->instruction - mapping.start + mapping.file_offset);
      break;
    }
  }
}

void Finisher::AddDigests(store::Death& death) {
  std::set<store::ProcessKey> senders;
  for (const store::Row& row : death.rows) {
    const auto* sent = std::get_if<store::SignalSent>(&row.fact);
    if (sent != nullptr && sent->sender != sent->target && senders.size() < kMostDigests) {
      senders.insert(sent->sender);
    }
  }
  for (store::Process& process : death.processes) {
    if (!senders.contains(process.key) || !process.sha256.empty()) continue;
    const Fd fd = OpenExecutable(root_, process);
    if (fd.valid()) process.sha256 = digests_.Of(fd.get());
  }
}

}  // namespace podtap::cli
