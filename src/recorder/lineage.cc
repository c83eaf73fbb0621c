#include "recorder/lineage.h"

#include <algorithm>
#include <utility>

namespace podtap::recorder {

// What exec sets; children share it with their parent until they run something else.
struct Lineage::Program {
  std::string exe;
  bool deleted = false;
  bool memfd = false;
  uint64_t inode = 0;
  std::vector<std::string> args;
  bool args_cut = false;
  std::string cwd;
};

// Parents are held by their children, so a chain lives as long as its last link.
struct Lineage::Entry : std::enable_shared_from_this<Lineage::Entry> {
  Entry(Index& index, const ProcessKey& its_key)
      : key(its_key), index_(index), place_(index.emplace(its_key.pid.value, this)) {}
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  ProcessKey key;
  EntryPtr parent;
  uint32_t depth = 0;  // at most: how many ancestors it holds
  store::Seen seen = store::Seen::kMentioned;
  bool exact = false;  // key.start isn't rounded
  bool kernel_thread = false;
  bool deleted = false;  // its program was, after it began
  bool acted = false;    // it sent a signal, as this program
  std::string comm;
  std::shared_ptr<const Program> program;
  uint32_t uid = store::kNoUid;
  uint32_t login_uid = store::kNoUid;
  uint32_t session = store::kNoUid;
  int32_t ns_pid = 0;
  cgroup::CgroupId cgroup;
  std::optional<BootNs> exited;
  int32_t exit_status = 0;
  // What only a look at the living process could tell: tty, ssh, sha256, names.
  std::unique_ptr<store::Process> details;

  ~Entry() {
    index_.erase(place_);
    // A long chain of ended parents is let go one by one, not by recursion.
    EntryPtr next = std::move(parent);
    while (next && next.use_count() == 1) next = std::exchange(next->parent, nullptr);
  }

 private:
  Index& index_;
  Index::iterator place_;
};

namespace {

constexpr uint32_t kDeepest = 256;

// "/memfd:name": what the kernel calls a file that was made by memfd_create(2).
bool IsMemfd(const std::string& exe) {
  return exe.starts_with("/memfd:") || exe.starts_with("memfd:");
}

}  // namespace

Lineage::Lineage() = default;
Lineage::~Lineage() = default;

Lineage::EntryPtr Lineage::Lookup(const ProcessKey& key) const {
  const auto [first, last] = index_.equal_range(key.pid.value);
  for (auto at = first; at != last; ++at) {
    if (Same(at->second->key, key)) return at->second->shared_from_this();
  }
  return nullptr;
}

Lineage::EntryPtr Lineage::Insert(const ProcessKey& key) {
  auto entry = std::make_shared<Entry>(index_, key);
  EntryPtr& place = living_[key.pid.value];
  // Its end was not seen.
  if (place) Retire(std::exchange(place, nullptr));
  place = entry;
  return entry;
}

void Lineage::Retire(EntryPtr entry) {
  ended_.push_back(std::move(entry));
  if (ended_.size() > kEndedKept) ended_.pop_front();
}

Lineage::EntryPtr Lineage::LookupOrMake(const ProcessKey& key) {
  EntryPtr entry = Lookup(key);
  if (!entry) entry = Insert(key);
  if (!entry->exact && key.start.value % kTickNs != 0) {
    entry->key.start = key.start;
    entry->exact = true;
  }
  return entry;
}

// A process that is replaced by its child again and again would hold all that ever
// were: half of them are let go.
void Lineage::CutChain(Entry& youngest) {
  constexpr uint32_t kKept = kDeepest / 2;
  Entry* at = &youngest;
  for (uint32_t depth = kKept; depth > 0 && at->parent; depth--) {
    at->depth = depth;
    at = at->parent.get();
  }
  at->depth = 0;
  at->parent = nullptr;
}

void Lineage::OnBorn(const Born& born) {
  const EntryPtr parent = LookupOrMake(born.parent);
  EntryPtr entry = Lookup(born.process);
  if (!entry) entry = Insert(born.process);
  entry->key = born.process;
  entry->exact = true;
  entry->seen = store::Seen::kBorn;
  if (entry != parent) {
    entry->parent = parent;
    entry->depth = parent->depth + 1;
    if (entry->depth > kDeepest) CutChain(*entry);
  }
  entry->comm = born.comm;
  entry->ns_pid = born.ns_pid;
  entry->cgroup = born.cgroup;
  entry->uid = born.uid;
  if (entry->program) return;  // its exec came first, from another CPU
  entry->program = parent->program;
  entry->login_uid = parent->login_uid;
  entry->session = parent->session;
  entry->kernel_thread = parent->kernel_thread;
}

void Lineage::OnExecuted(BootNs at, const Executed& executed) {
  const EntryPtr entry = LookupOrMake(executed.process);
  if (std::exchange(entry->acted, false)) {
    acted_.push_back({at, ToProcess(*entry)});
    if (acted_.size() > kActedKept) acted_.pop_front();
  }
  auto program = std::make_shared<Program>();
  program->exe = executed.exe;
  program->memfd = IsMemfd(executed.exe);
  program->deleted = executed.exe_links == 0 && !program->memfd;
  program->inode = executed.exe_inode;
  program->args = executed.args;
  program->args_cut = executed.args_cut;
  program->cwd = executed.cwd;
  entry->program = std::move(program);
  entry->comm = executed.comm;
  entry->uid = executed.uid;
  entry->login_uid = executed.login_uid;
  entry->session = executed.session;
  entry->ns_pid = executed.ns_pid;
  entry->cgroup = executed.cgroup;
  entry->kernel_thread = false;
  entry->details.reset();  // of the program before
  entry->deleted = false;
}

void Lineage::OnExited(BootNs at, const store::ProcessExited& exited) {
  if (exited.thread_only) return;
  const EntryPtr entry = LookupOrMake(exited.process);
  // What it called itself when it sent a signal says more than its last name.
  if (!exited.comm.empty() && !entry->acted) entry->comm = exited.comm;
  if (entry->cgroup.value == 0) entry->cgroup = exited.cgroup;
  if (entry->ns_pid == 0) entry->ns_pid = exited.ns_pid;
  entry->exited = at;
  entry->exit_status = exited.status;
  const auto found = living_.find(exited.process.pid.value);
  if (found == living_.end() || found->second != entry) return;
  living_.erase(found);
  Retire(entry);
}

void Lineage::Mention(const ProcessKey& key, const std::string& comm) {
  const EntryPtr entry = LookupOrMake(key);
  // Its name may have changed since; a thread's name is not its process'.
  if (entry->comm.empty()) entry->comm = comm;
}

void Lineage::OnSent(const store::SignalSent& sent) {
  if (!sent.sender.known()) return;
  const EntryPtr entry = LookupOrMake(sent.sender);
  const bool first_thread = sent.sender_tid == sent.sender.pid.value;
  if (!sent.sender_comm.empty() && (first_thread || entry->comm.empty())) {
    entry->comm = sent.sender_comm;
  }
  if (sent.sender_uid != store::kNoUid) entry->uid = sent.sender_uid;
  entry->acted = true;
}

void Lineage::MarkDeleted(const ProcessKey& key) { LookupOrMake(key)->deleted = true; }

void Lineage::Prime(const std::vector<ProcStat>& stats) {
  for (const ProcStat& stat : stats) {
    const ProcessKey key{{stat.pid}, stat.start};
    if (Lookup(key)) continue;
    const EntryPtr entry = Insert(key);
    entry->seen = store::Seen::kProc;
    entry->comm = stat.comm;
    entry->kernel_thread = stat.kernel_thread;
  }
  // Parents, now that all are known. A parent that started after its child has only
  // the number of the true one.
  for (const ProcStat& stat : stats) {
    const EntryPtr entry = Lookup({{stat.pid}, stat.start});
    const auto parent = living_.find(stat.parent);
    if (!entry || entry->parent || parent == living_.end() || parent->second == entry) continue;
    if (parent->second->key.start.value <= entry->key.start.value + kTickNs) {
      entry->parent = parent->second;
    }
  }
}

void Lineage::Complete(const ProcessKey& key, const store::Process& details) {
  const EntryPtr entry = LookupOrMake(key);
  // It runs another program by now, whose exec hasn't been told yet. The names alone may
  // differ (a mount), and so may the arguments (a process can write over them).
  if (entry->program && !details.exe.empty() && details.exe != entry->program->exe &&
      details.args != entry->program->args) {
    return;
  }
  if (entry->seen == store::Seen::kMentioned) entry->seen = details.seen;
  if (entry->comm.empty()) entry->comm = details.comm;
  if (!entry->program && (!details.exe.empty() || !details.args.empty())) {
    auto program = std::make_shared<Program>();
    program->exe = details.exe;
    program->deleted = details.exe_deleted;
    program->memfd = details.exe_memfd;
    program->inode = details.exe_inode;
    program->args = details.args;
    program->args_cut = details.args_cut;
    program->cwd = details.cwd;
    entry->program = std::move(program);
  }
  if (entry->uid == store::kNoUid) entry->uid = details.uid;
  if (entry->login_uid == store::kNoUid) entry->login_uid = details.login_uid;
  if (entry->session == store::kNoUid) entry->session = details.session;
  if (entry->ns_pid == 0) entry->ns_pid = details.ns_pid;
  if (entry->cgroup.value == 0) entry->cgroup = details.cgroup;
  entry->details = std::make_unique<store::Process>(details);
}

store::Process Lineage::ToProcess(const Entry& entry) {
  store::Process process;
  if (entry.details) process = *entry.details;
  process.key = entry.key;
  process.parent = entry.parent ? entry.parent->key : ProcessKey{};
  process.seen = entry.seen;
  process.comm = entry.comm;
  if (entry.program) {
    const Program& program = *entry.program;
    process.exe = program.exe;
    process.exe_memfd = program.memfd;
    process.exe_deleted = !program.memfd && (program.deleted || entry.deleted ||
                                             (entry.details && entry.details->exe_deleted));
    process.exe_inode = program.inode;
    process.args = program.args;
    process.args_cut = program.args_cut;
    // The living process' word is newer than its exec's.
    if (!entry.details || entry.details->cwd.empty()) process.cwd = program.cwd;
  }
  process.uid = entry.uid;
  process.login_uid = entry.login_uid;
  process.session = entry.session;
  process.ns_pid = entry.ns_pid;
  process.kernel_thread = entry.kernel_thread;
  process.cgroup = entry.cgroup;
  process.exited = entry.exited;
  process.exit_status = entry.exit_status;
  return process;
}

ProcessKey Lineage::Exact(const ProcessKey& key) const {
  const EntryPtr entry = Lookup(key);
  return entry ? entry->key : key;
}

std::optional<store::Process> Lineage::Find(const ProcessKey& key) const {
  const EntryPtr entry = Lookup(key);
  if (!entry) return std::nullopt;
  return ToProcess(*entry);
}

std::optional<store::Process> Lineage::FindSender(const ProcessKey& key, BootNs at) const {
  std::optional<store::Process> now = Find(key);
  const auto acted = std::ranges::find_if(
      acted_, [&](const Acted& one) { return one.until > at && Same(one.process.key, key); });
  if (acted == acted_.end()) return now;
  store::Process then = acted->process;
  if (now) {
    then.exited = now->exited;
    then.exit_status = now->exit_status;
  }
  return then;
}

std::vector<ProcessKey> Lineage::Ancestors(const ProcessKey& key) const {
  std::vector<ProcessKey> chain;
  const EntryPtr entry = Lookup(key);
  if (!entry) return chain;
  constexpr size_t kLongest = 64;
  for (const Entry* at = entry->parent.get(); at != nullptr && chain.size() < kLongest;
       at = at->parent.get()) {
    chain.push_back(at->key);
  }
  return chain;
}

bool Lineage::IsAncestor(const ProcessKey& ancestor, const ProcessKey& of) const {
  const std::vector<ProcessKey> chain = Ancestors(of);
  return std::any_of(chain.begin(), chain.end(),
                     [&](const ProcessKey& key) { return Same(key, ancestor); });
}

std::optional<ProcessKey> Lineage::Living(int32_t pid) const {
  const auto found = living_.find(pid);
  if (found == living_.end() || found->second->exited) return std::nullopt;
  return found->second->key;
}

std::vector<ProcessKey> Lineage::LivingIn(cgroup::CgroupId cgroup) const {
  std::vector<ProcessKey> found;
  for (const auto& [pid, entry] : living_) {
    if (entry->cgroup == cgroup && !entry->exited) found.push_back(entry->key);
  }
  std::sort(found.begin(), found.end(),
            [](const ProcessKey& a, const ProcessKey& b) { return a.start < b.start; });
  return found;
}

size_t Lineage::size() const { return index_.size(); }

}  // namespace podtap::recorder
