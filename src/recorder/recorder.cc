#include "recorder/recorder.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <ranges>

#include "container/runtime_command.h"

namespace podtap::recorder {
namespace {

using store::SignalSent;

// Bounds against whoever makes processes, cgroups or signals to fill our memory.
constexpr size_t kMostLookedAt = 16384;
constexpr int kLooksASecond = 500;
constexpr size_t kMostPending = 256;
constexpr size_t kMostRuntimeEnds = 32;
constexpr size_t kMostExecuted = 512;
// A command that asks a runtime may wait for its answer so long.
constexpr int64_t kCommandNs = 30'000'000'000;
// One that doesn't wait may be gone so long before the runtime acts.
constexpr int64_t kCommandAnswerNs = 1'000'000'000;
constexpr size_t kMostGaps = 64;
constexpr size_t kMostLives = 8192;

bool IsBelow(std::string_view path, std::string_view above) {
  return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// A runtime prepares a container in a process of its own program, which then becomes
// the container's: "runc init" runs /proc/self/exe, or a copy of itself in a memfd.
bool IsRuntimesOwn(const Executed& executed) {
  constexpr std::array<std::string_view, 5> kRuntimes = {"runc", "crun", "youki", "conmon",
                                                         "docker-runc"};
  if (executed.file.starts_with("/proc/self/") || executed.file.starts_with("/proc/thread-self/")) {
    return true;
  }
  const std::string_view exe = BaseName(executed.exe);
  return std::find(kRuntimes.begin(), kRuntimes.end(), exe) != kRuntimes.end() ||
         executed.exe.starts_with("/memfd:runc_cloned");
}

// dockerd is told to end, and ends its containers; a container's shim is killed, and the
// runtime cleans up after it.
bool IsRuntimesEnd(const SignalSent& sent) {
  if (sent.sender == sent.target || sent.info != SignalSent::Info::kReal) return false;
  constexpr std::array kAsks = {SIGTERM, SIGINT, SIGQUIT};
  if (sent.signal == SIGKILL) {
    return sent.target_comm.starts_with("containerd-shim") || sent.target_comm == "conmon";
  }
  return sent.target_comm == "dockerd" && std::ranges::find(kAsks, sent.signal) != kAsks.end();
}

}  // namespace

Recorder::Recorder(Node& node, Observer& observer, const RecorderOptions& options)
    : node_(node), observer_(observer), options_(options), cgroups_(node) {}
Recorder::~Recorder() = default;

void Recorder::Prime(BootNs now) {
  since_ = now;
  const std::vector<ProcStat> stats = node_.Processes();
  lineage_.Prime(stats);
  cgroups_.Prime();
  for (const ProcStat& stat : stats) {
    if (!stat.kernel_thread) to_detail_.push_back({{stat.pid}, stat.start});
  }
}

bool Recorder::PrimeDetails(size_t most) {
  for (; most > 0 && !to_detail_.empty(); most--) {
    const ProcessKey key = to_detail_.back();
    to_detail_.pop_back();
    const auto process = node_.ReadProcess(key);
    if (process) lineage_.Complete(key, *process);
  }
  return !to_detail_.empty();
}

// ------------------------------------------------------------------ which life

Recorder::LifePtr Recorder::LifeByPath(std::string_view path) const {
  for (const LifePtr& life : std::views::reverse(lives_)) {
    if (!life->cgroup_path.empty() && IsBelow(path, life->cgroup_path)) return life;
  }
  return nullptr;
}

Recorder::LifePtr Recorder::LifeOfContainer(const container::ContainerId& id) const {
  if (id.value.empty()) return nullptr;
  for (const LifePtr& life : std::views::reverse(lives_)) {
    if (life->container.id == id) return life;
  }
  return nullptr;
}

Recorder::LifePtr Recorder::LifeOf(cgroup::CgroupId cgroup, BootNs now) {
  const auto found = life_of_cgroup_.find(cgroup.value);
  if (found != life_of_cgroup_.end()) return found->second;
  if (buried_.contains(cgroup.value)) return nullptr;
  const std::string path = cgroups_.Path(cgroup, now);
  if (path.empty()) return nullptr;
  LifePtr life = LifeByPath(path);
  if (!life) {
    const Membership membership = node_.MembershipOf(path);
    if (membership.container.value.empty()) {
      // The host's own cgroups are many signals' targets: remembered as nobody's.
      life_of_cgroup_[cgroup.value] = nullptr;
      return nullptr;
    }
    life = Begin(now, membership.container_path,
                 {.runtime = membership.runtime, .id = membership.container}, false);
    if (life) observer_.OnNewContainer(membership);
  }
  if (life) life_of_cgroup_[cgroup.value] = life;
  return life;
}

template <typename Visit>
void Recorder::ForLives(cgroup::CgroupId cgroup, const ProcessKey& process, BootNs now,
                        Visit visit) {
  const LifePtr own = LifeOf(cgroup, now);
  if (own) visit(*own);
  for (const LifePtr& life : followed_) {
    if (Same(life->init, process) || lineage_.IsAncestor(life->init, process)) visit(*life);
  }
}

Recorder::LifePtr Recorder::Begin(BootNs now, const std::string& path,
                                  container::Container container, bool from_start) {
  if (lives_.size() >= kMostLives) return nullptr;
  auto life = std::make_shared<Life>(++lives_begun_, path, std::move(container), now);
  life->from_start = from_start;
  life->container.cgroup_path = path;
  lives_.push_back(life);
  if (path.empty()) return life;
  // Whoever was nobody's may be this one's.
  std::erase_if(life_of_cgroup_, [](const auto& entry) { return entry.second == nullptr; });
  for (std::string above = path; above.size() > 1; above.resize(above.rfind('/'))) {
    RememberOoms(above);
  }
  if (auto memory = node_.Memory(path)) {
    memory->before = true;
    life->Add(now, std::move(*memory));
  }
  return life;
}

void Recorder::RememberOoms(const std::string& cgroup_path) {
  const auto memory = node_.Memory(cgroup_path);
  if (memory && memory->ooms_local) ooms_at_[memory->cgroup_path] = *memory->ooms_local;
}

void Recorder::FindInit(Life& life) {
  if (life.init_certain) return;
  if (life.container.init_pid > 0) {
    const auto init = lineage_.Living(life.container.init_pid);
    if (init) {
      life.init = *init;
      life.init_certain = true;
      life.ran = true;
      return;
    }
  }
  if (life.init.known() || life.from_start) return;
  // The first to be there.
  for (const int32_t pid : node_.ProcessesIn(life.cgroup_path)) {
    const auto process = lineage_.Living(pid);
    if (process && (!life.init.known() || process->start < life.init.start)) life.init = *process;
  }
  life.ran = life.init.known();
}

void Recorder::Adopt(BootNs now, const container::Container& container) {
  LifePtr life = LifeOfContainer(container.id);
  if (life && life->dying && container.state == container::State::kRunning) {
    // Running again; unless the runtime hasn't noticed its end yet.
    const bool stale = container.init_pid == life->init.pid.value || container.init_pid == 0;
    if (stale) return;
    life = nullptr;
  }
  if (!life) {
    if (container.state != container::State::kRunning || container.cgroup_path.empty()) return;
    life = LifeByPath(container.cgroup_path);
    if (life && (life->dying || life->cgroup_path != container.cgroup_path)) life = nullptr;
    if (!life) life = Begin(now, container.cgroup_path, container, false);
    if (!life) return;
  }
  // What its cgroup alone tells, while the runtime can't be asked, is less than is known.
  if (container.name.empty() && !life->container.name.empty()) return;
  Remember(container);
  const bool first = !life->known_to_runtime;
  const std::string path = life->cgroup_path;
  life->container = container;
  life->container.cgroup_path = path;
  life->known_to_runtime = true;
  const bool ran = life->ran;
  FindInit(*life);
  if (life->ran && !life->dying && (first || !ran)) observer_.OnStarted(*life);
}

Result<void> Recorder::Follow(BootNs now, int32_t pid) {
  const auto key = lineage_.Living(pid);
  if (!key) {
    return std::unexpected(Error{.kind = ErrorKind::kInput,
                                 .tried = "watch the process",
                                 .on = std::to_string(pid),
                                 .reason = "it doesn't run",
                                 .remedy = "ps -e lists those that do"});
  }
  const LifePtr life = Begin(now, "", {.name = "pid:" + std::to_string(pid)}, false);
  life->container.state = container::State::kRunning;
  life->container.init_pid = pid;
  life->init = *key;
  life->init_certain = true;
  life->ran = true;
  followed_.push_back(life);
  observer_.OnStarted(*life);
  return {};
}

void Recorder::FollowCgroup(BootNs now, const std::string& path, const std::string& name) {
  const LifePtr life = Begin(now, path, {.name = name}, false);
  if (!life) return;
  FindInit(*life);
  if (life->ran) observer_.OnStarted(*life);
}

// --------------------------------------------------------------- what happened

void Recorder::Record(Life& life, BootNs at, store::Fact fact) {
  const store::Row row{at, fact};
  life.Add(at, std::move(fact));
  observer_.OnFact(life, row);
}

void Recorder::OnBorn(BootNs /*at*/, const Born& born) { lineage_.OnBorn(born); }

void Recorder::OnExecuted(BootNs at, const Executed& executed) {
  lineage_.OnExecuted(at, executed);
  looked_at_.erase(executed.process);
  executed_.push_back(executed.process);
  if (executed_.size() > kMostExecuted) executed_.pop_front();
  LifePtr life = LifeOf(executed.cgroup, at);
  if (!life || IsRuntimesOwn(executed)) return;
  if (life->dying && executed.process.start > life->dying->at &&
      !life->container.id.value.empty()) {
    return;  // an exec into a container that is ending
  }
  if (life->dying && executed.process.start > life->dying->at) {
    // What is no container fills again: a unit that was restarted.
    life = Begin(at, life->cgroup_path, life->container, true);
    if (!life) return;
    life_of_cgroup_[executed.cgroup.value] = life;
  }
  const bool first = !life->init_certain && !life->init.known();
  if (first) {
    life->init = executed.process;
    life->init_certain = true;
    life->container.init_pid = executed.process.pid.value;
  }
  if (!Same(executed.process, life->init)) return;
  life->init = executed.process;
  life->ran = true;
  Record(*life, at, store::ProcessExec{.process = executed.process, .file = executed.file});
  if (first) observer_.OnStarted(*life);
}

void Recorder::OnExited(BootNs at, const store::ProcessExited& exited) {
  lineage_.OnExited(at, exited);
  ForLives(exited.cgroup, exited.process, at, [&](Life& life) {
    const bool init = Same(exited.process, life.init) && !exited.thread_only;
    if (init) life.init = exited.process;
    // Most processes end well, and prove nothing.
    if (init || exited.status != 0) Record(life, at, exited);
    if (init) BeginDying(life, at, exited.status);
  });
  if (options_.incidents && !exited.thread_only) TellIncident(at, exited);
}

bool Recorder::IsToldByDeath(BootNs at, const store::ProcessExited& exited) {
  bool told = false;
  ForLives(exited.cgroup, exited.process, at,
           [&](Life& life) { told |= life.dying.has_value() || Same(exited.process, life.init); });
  return told;
}

void Recorder::OnMapped(BootNs /*at*/, const Mapped& mapped) {
  if (mappings_.size() >= kMostPending) mappings_.clear();
  mappings_[mapped.process] = mapped.mapping;
}

void Recorder::OnSignal(BootNs at, const SignalSent& sent, int64_t sender_links) {
  lineage_.OnSent(sent);
  lineage_.Mention(sent.target, sent.target_comm);
  if (sender_links == 0) lineage_.MarkDeleted(sent.sender);
  SignalSent whole = sent;
  const auto mapping = mappings_.find(sent.target);
  if (mapping != mappings_.end()) {
    if (sent.instruction != 0) whole.mapping = std::move(mapping->second);
    mappings_.erase(mapping);
  }
  ForLives(sent.target_cgroup, sent.target, at, [&](Life& life) {
    if (Same(sent.target, life.init)) life.init = sent.target;
    if (sent.sender != sent.target) LookAtSender(at, sent);
    const bool outsider = LifeOf(sent.sender_cgroup, at).get() != &life;
    Record(life, at, whole);
    if (outsider && sent.info == SignalSent::Info::kReal) observer_.OnOutsider(life, whole);
  });
  if (IsRuntimesEnd(sent)) {
    runtime_ends_.push_back({at, whole});
    if (runtime_ends_.size() > kMostRuntimeEnds) runtime_ends_.pop_front();
  }
  if (options_.incidents) RememberFatal(at, whole);
}

// While it lives: what its memory and its folders in /proc hold. A killer is often
// gone within a millisecond; then its birth and its program were seen at least.
void Recorder::LookAtSender(BootNs now, const SignalSent& sent) {
  if (sent.sender_kthread || sent.info == SignalSent::Info::kKernel) return;
  if (!looked_at_.insert(sent.sender).second) return;
  if (looked_at_.size() > kMostLookedAt) looked_at_.clear();
  if (now.value / 1'000'000'000 != look_second_) {
    look_second_ = now.value / 1'000'000'000;
    looks_ = 0;
  }
  if (++looks_ > kLooksASecond) return;
  std::optional<store::Process> process = node_.ReadProcess(sent.sender);
  if (!process) process = lineage_.Find(sent.sender);
  if (!process) return;
  process->ssh_from = SshPeer(sent.sender);
  lineage_.Complete(sent.sender, *process);
}

// sshd sets SSH_CONNECTION, "client-address client-port server-address server-port",
// for the login's first process; a nearer one may have lost it.
std::string Recorder::SshPeer(const ProcessKey& key) const {
  std::vector<ProcessKey> chain = lineage_.Ancestors(key);
  chain.insert(chain.begin(), key);
  for (const ProcessKey& process : chain) {
    const auto living = lineage_.Living(process.pid.value);
    if (!living || *living != process || process.pid.value <= 1) continue;
    const std::string value = node_.Environment(process.pid.value, "SSH_CONNECTION");
    const size_t space = value.find(' ');
    if (space == std::string::npos) continue;
    const std::string address = value.substr(0, space);
    const std::string port = value.substr(space + 1, value.find(' ', space + 1) - space - 1);
    return address.find(':') == std::string::npos ? address + ":" + port
                                                  : "[" + address + "]:" + port;
  }
  return "";
}

void Recorder::OnOomLevel(BootNs /*at*/, const OomLevel& level) {
  if (oom_levels_.size() >= kMostPending) oom_levels_.clear();
  oom_levels_[level.victim].push_back(level);
}

void Recorder::OnOom(BootNs at, const store::OomKill& oom) {
  lineage_.Mention(oom.victim, oom.comm);
  store::OomKill whole = oom;
  std::vector<OomLevel> levels = std::move(oom_levels_[oom.victim]);
  oom_levels_.erase(oom.victim);
  // The names from the root down make the paths.
  std::string path;
  for (OomLevel& level : std::views::reverse(levels)) {
    if (!level.name.empty() && level.name != "/") path += "/" + level.name;
    level.level.path = path.empty() ? "/" : path;
    const auto before = ooms_at_.find(level.level.path);
    if (before != ooms_at_.end()) level.level.ooms_before = before->second;
    ooms_at_[level.level.path] = level.level.ooms;
  }
  for (OomLevel& level : levels) whole.levels.push_back(std::move(level.level));
  ForLives(oom.cgroup, oom.victim, at, [&](Life& life) { Record(life, at, whole); });
  if (options_.incidents) RememberFatal(at, whole);
}

void Recorder::OnCgroup(BootNs at, const store::CgroupChanged& changed) {
  using What = store::CgroupChanged::What;
  if (changed.what == What::kMade) {
    cgroups_.OnMade(changed.cgroup, changed.path);
    if (LifePtr above = LifeByPath(changed.path); above && above->cgroup_path != changed.path) {
      life_of_cgroup_[changed.cgroup.value] = above;
      return;
    }
    const Membership membership = node_.MembershipOf(changed.path);
    if (membership.container.value.empty() || membership.container_path != changed.path) return;
    const LifePtr life =
        Begin(at, changed.path, {.runtime = membership.runtime, .id = membership.container}, true);
    if (!life) return;
    life->container.pod.uid = membership.pod_uid;
    life->container.cgroup = changed.cgroup;
    life_of_cgroup_[changed.cgroup.value] = life;
    observer_.OnNewContainer(membership);
    return;
  }
  LifePtr life;
  if (changed.what == What::kRemoved) {
    // Its removal is no news of a life that nobody saw: it may have been empty for long.
    const auto known = life_of_cgroup_.find(changed.cgroup.value);
    life = known != life_of_cgroup_.end() ? known->second : LifeByPath(changed.path);
    cgroups_.OnRemoved(changed.cgroup);
    life_of_cgroup_.erase(changed.cgroup.value);
  } else {
    life = LifeOf(changed.cgroup, at);
  }
  if (!life || life->cgroup_path != changed.path) return;
  Record(*life, at, changed);
  // Its first process' end was not seen, or it never had one of its own.
  if (!life->dying) BeginDying(*life, at, std::nullopt);
}

void Recorder::OnProbeError(BootNs at, const std::string& /*message*/) {
  probe_errors_++;
  OnLost(at, at, 1);
}

void Recorder::OnNamed(const container::RuntimeEvent& event) {
  if (event.name.empty()) return;
  const auto found = known_.find(event.container);
  container::Container named = found == known_.end() ? container::Container{} : found->second;
  if (named.name == event.name || (!named.name.empty() && event.action != "rename")) return;
  named.runtime = event.runtime;
  named.id = event.container;
  named.name = event.name;
  if (named.pod.name.empty()) named.pod = event.pod;
  Remember(named);
  if (const LifePtr life = LifeOfContainer(event.container)) {
    if (life->container.name.empty() || event.action == "rename") life->container.name = named.name;
    if (life->container.pod.name.empty()) life->container.pod = named.pod;
  }
}

void Recorder::OnRuntimeSaid(BootNs at, const store::RuntimeSaid& said) {
  if (const LifePtr life = LifeOfContainer(said.container)) Record(*life, at, said);
}

void Recorder::ExpectClients(const container::ContainerId& container) {
  if (const LifePtr life = LifeOfContainer(container)) life->looks_expected++;
}

void Recorder::OnRuntimeClients(BootNs at, const container::ContainerId& container,
                                const std::vector<store::RuntimeClients>& by_socket) {
  const LifePtr life = LifeOfContainer(container);
  if (!life) return;
  life->looks_expected = std::max(0, life->looks_expected - 1);
  const std::vector<ProcessKey> named = WhoNamed(*life, at);
  for (store::RuntimeClients clients : by_socket) {
    clients.named = named;
    for (const ProcessKey& client : clients.clients) {
      std::optional<store::Process> process = node_.ReadProcess(client);
      if (!process) process = lineage_.Find(client);
      if (!process) continue;
      process->ssh_from = SshPeer(client);
      lineage_.Complete(client, *process);
    }
    Record(*life, at, clients);
  }
}

// Commands that ran at `at` and asked for this container's end, as they were written.
std::vector<ProcessKey> Recorder::WhoNamed(const Life& life, BootNs at) const {
  std::vector<ProcessKey> found;
  for (const ProcessKey& key : executed_) {
    if (at.value - key.start.value > kCommandNs) continue;
    const auto process = lineage_.Find(key);
    if (!process || key.start > at) continue;
    if (process->exited && process->exited->value < at.value - kCommandAnswerNs) continue;
    const container::Asks asks =
        container::WhatItAsks(BaseName(process->exe), process->args, life.container);
    if (asks > container::Asks::kPerhaps) found.push_back(key);
  }
  return found;
}

void Recorder::ExpectKubelet(const container::ContainerId& container) {
  if (const LifePtr life = LifeOfContainer(container)) life->looks_expected++;
}

void Recorder::OnKubeletSaid(const container::ContainerId& container,
                             const std::vector<KubeletWord>& words) {
  const LifePtr life = LifeOfContainer(container);
  if (!life) return;
  life->looks_expected = std::max(0, life->looks_expected - 1);
  for (const KubeletWord& word : words) Record(*life, word.at, word.said);
}

void Recorder::OnRuntimeExit(BootNs /*now*/, const container::Container& container) {
  const LifePtr life = LifeOfContainer(container.id);
  if (!life || !life->dying || !container.last_exit) return;
  life->runtime_exit = container.last_exit;
  Remember(container);
  if (life->known_to_runtime) return;
  // It was gone before its runtime could be asked who it is.
  const std::string path = life->cgroup_path;
  life->container = container;
  life->container.cgroup_path = path;
  life->known_to_runtime = true;
}

void Recorder::OnRuntimeSilent(const container::ContainerId& container) {
  const LifePtr life = LifeOfContainer(container);
  if (life && life->dying) life->runtime_done = true;
}

// Another's death may name it after its own.
void Recorder::Remember(const container::Container& container) {
  if (known_.insert_or_assign(container.id, container).second) {
    known_order_.push_back(container.id);
  }
  if (known_order_.size() <= kMostLives) return;
  known_.erase(known_order_.front());
  known_order_.pop_front();
}

void Recorder::OnLost(BootNs from, BootNs to, uint64_t count) {
  if (gaps_.size() >= kMostGaps) gaps_.erase(gaps_.begin());
  gaps_.push_back({.kind = store::Gap::Kind::kLost, .from = from, .to = to, .count = count});
}

void Recorder::BeginDying(Life& life, BootNs at, std::optional<int32_t> status) {
  if (life.dying) return;
  life.dying = {.at = at, .status = status, .decide_by = {at.value + options_.runtime_wait_ns}};
  if (auto memory = node_.Memory(life.cgroup_path)) life.Add(at, std::move(*memory));
  observer_.OnDying(life);
}

}  // namespace podtap::recorder
