// Evidence: what was seen around a death, one row a fact.
//
// What enters: recorder/ fills a Death in from the kernel's events and the runtime's
// words. What leaves: verdict/ judges it, and it alone; store/ keeps it. A rule may
// only use what stands here, so that every verdict can be repeated from a file
// (evidence_json.h) and names the rows that prove it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "container/container.h"
#include "store/process.h"

namespace podtap::store {

using RowId = uint32_t;  // its place in Death::rows; 0 is the first

// A mapping of a process' memory.
struct Mapping {
  std::string path;  // "/usr/lib/libc.so.6"; empty: anonymous
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t file_offset = 0;  // of `start`
  std::string symbol;        // "main+0x1c", where the file has it
  friend bool operator==(const Mapping&, const Mapping&) = default;
};

// tracepoint signal:signal_generate, of a signal that can end or stop a process.
struct SignalSent {
  int32_t signal = 0;
  // The raw info pointer: kill(2) and its kin always bring a siginfo of their own.
  enum class Info : uint8_t {
    kNone,    // SEND_SIG_NOINFO: inside the kernel, in a process' name (cgroup.kill, the
              // parent-death signal, SIGPIPE, SIGXFSZ)
    kKernel,  // SEND_SIG_PRIV: the kernel (OOM, pid namespace's end, terminal, RLIMIT_CPU)
    kReal,
  } info = Info::kNone;
  int32_t code = 0;         // si_code; 0 for kNone, 128 for kKernel
  uint64_t address = 0;     // si_addr of a fault
  int32_t fault_call = 0;   // SIGSYS: si_syscall
  uint32_t fault_arch = 0;  // SIGSYS: si_arch, AUDIT_ARCH_…
  bool to_group = false;    // to the process, not to one thread
  enum class Result : uint8_t { kDelivered, kIgnored, kAlreadyPending, kOverflow, kLoseInfo };
  Result result = Result::kDelivered;  // TRACE_SIGNAL_…: what became of it

  // Who ran when it was raised. For kKernel, timers and faults that is the target
  // itself or whoever was interrupted: no sender.
  ProcessKey sender;
  int32_t sender_tid = 0;
  std::string sender_comm;
  cgroup::CgroupId sender_cgroup;
  bool sender_exiting = false;  // PF_EXITING: it can run no user code any more
  bool sender_kthread = false;
  uint32_t sender_uid = kNoUid;
  int32_t call = -1;     // the system call that the sender is in (x86-64's number); -1: none
  int64_t call_arg = 0;  // its first argument: kill(-1, …)

  ProcessKey target;
  int32_t target_tid = 0;
  std::string target_comm;
  cgroup::CgroupId target_cgroup;
  int32_t target_ns_pid = 0;
  enum class Action : uint8_t { kDefault, kIgnore, kHandle };
  Action action = Action::kDefault;  // what the target does about this signal
  bool blocked = false;              // the target's thread blocks it
  bool unkillable = false;           // SIGNAL_UNKILLABLE: a namespace's init, against its own kind
  int32_t pdeath_signal = 0;         // what the target asked for by PR_SET_PDEATHSIG
  uint64_t cpu_limit_s = 0;          // the target's hard RLIMIT_CPU; 0: none

  uint64_t instruction = 0;        // of a fault: where the target was in user space
  std::optional<Mapping> mapping;  // what holds the instruction
  friend bool operator==(const SignalSent&, const SignalSent&) = default;
};

// tracepoint sched:sched_process_exit, of a process' last thread, or of a thread that
// the seccomp filter ended alone.
struct ProcessExited {
  ProcessKey process;
  int32_t tid = 0;
  std::string comm;
  cgroup::CgroupId cgroup;
  int32_t ns_pid = 0;
  int32_t status = 0;        // as wait(2) gives it: low 7 bits the signal, bit 7 core, code << 8
  bool by_group = false;     // exit_group(2) or a fatal signal, not the last thread's own exit(2)
  bool thread_only = false;  // the process goes on
  friend bool operator==(const ProcessExited&, const ProcessExited&) = default;
};

// A new program: sched:sched_process_exec.
struct ProcessExec {
  ProcessKey process;
  std::string file;  // as it was asked for
  friend bool operator==(const ProcessExec&, const ProcessExec&) = default;
};

// tracepoint oom:mark_victim, with the memory cgroups above the victim as they
// stood at that moment, the victim's own first.
struct OomKill {
  ProcessKey victim;
  std::string comm;
  cgroup::CgroupId cgroup;
  ProcessKey allocator;  // whose allocation failed
  uint64_t anon_kb = 0;
  uint64_t file_kb = 0;
  uint64_t shmem_kb = 0;
  int32_t score_adj = 0;
  struct Level {
    cgroup::CgroupId cgroup;  // in the hierarchy of the memory controller
    std::string path;
    uint64_t usage = 0;                   // bytes
    uint64_t limit = 0;                   // bytes; UINT64_MAX: none
    uint64_t ooms = 0;                    // memory.events.local's oom, this one included
    std::optional<uint64_t> ooms_before;  // as it was read before this one
    bool locked = false;                  // the kernel's oom_lock: at or below where it ran out
    bool group = false;                   // memory.oom.group
    friend bool operator==(const Level&, const Level&) = default;
  };
  std::vector<Level> levels;
  friend bool operator==(const OomKill&, const OomKill&) = default;
};

// A cgroup comes, empties or goes.
struct CgroupChanged {
  enum class What : uint8_t { kMade, kEmptied, kRemoved, kKillWritten } what = What::kMade;
  cgroup::CgroupId cgroup;
  std::string path;
  ProcessKey by;
  friend bool operator==(const CgroupChanged&, const CgroupChanged&) = default;
};

// What a runtime said: an event of its stream.
struct RuntimeSaid {
  container::RuntimeKind runtime = container::RuntimeKind::kUnknown;
  std::string
      action;  // Docker's words: "kill", "stop", "die", "oom", "start", "restart", "destroy"
  container::ContainerId container;
  int32_t signal = 0;     // of "kill"
  int32_t exit_code = 0;  // of "die"
  std::string message;
  friend bool operator==(const RuntimeSaid&, const RuntimeSaid&) = default;
};

// Who was connected to a runtime's socket when the runtime sent a signal.
struct RuntimeClients {
  container::RuntimeKind runtime = container::RuntimeKind::kUnknown;
  std::string socket;
  std::vector<ProcessKey> clients;
  bool incomplete = false;  // not all of them could be looked at
  // Command lines of runtimes (docker, crictl, …) that ran then to end this container:
  // one that asks and goes may be gone before its connection can be looked at.
  std::vector<ProcessKey> named;
  friend bool operator==(const RuntimeClients&, const RuntimeClients&) = default;
};

// Why the kubelet ended a container, in its own words.
struct KubeletSaid {
  // "liveness", "startup", "eviction", "preemption", "deletion", "shutdown"; "killing": it
  // ends the container, and doesn't say why; "probe": a probe failed, once.
  std::string reason;
  std::string message;  // the line
  std::string source;   // "journal of kubelet.service", "kubelet's /pods"
  bool after = false;   // said when it was done, not before
  friend bool operator==(const KubeletSaid&, const KubeletSaid&) = default;
};

// A line of the kernel's log, the journal or another witness read after the fact.
struct LogLine {
  std::string source;  // "kernel log", "journal"
  std::string text;
  friend bool operator==(const LogLine&, const LogLine&) = default;
};

// Counters of a memory cgroup, read from its files.
struct MemoryCounters {
  std::string cgroup_path;
  uint64_t usage = 0;
  uint64_t limit = 0;  // UINT64_MAX: none
  uint64_t peak = 0;
  std::optional<uint64_t> ooms;        // memory.events' oom
  std::optional<uint64_t> ooms_local;  // memory.events.local's oom: at this very cgroup
  std::optional<uint64_t> oom_kills;   // memory.events' or memory.oom_control's oom_kill
  bool before = false;                 // read when the watch began, not at the death
  friend bool operator==(const MemoryCounters&, const MemoryCounters&) = default;
};

using Fact = std::variant<SignalSent, ProcessExited, ProcessExec, OomKill, CgroupChanged,
                          RuntimeSaid, RuntimeClients, KubeletSaid, LogLine, MemoryCounters>;

struct Row {
  BootNs at;
  Fact fact;
  friend bool operator==(const Row&, const Row&) = default;
};

// What weakens every conclusion from "it wasn't seen".
struct Gap {
  enum class Kind : uint8_t {
    kLost,         // `count` events didn't fit the ring buffer
    kNotRecording  // nobody watched
  } kind = Kind::kLost;
  BootNs from;
  BootNs to;
  uint64_t count = 0;
  friend bool operator==(const Gap&, const Gap&) = default;
};

// Somebody who was asked about a death after the fact.
inline constexpr std::string_view kAskedKernelLog = "kernel log";
inline constexpr std::string_view kAskedJournal = "journal";
inline constexpr std::string_view kAskedRuntimeEvents = "runtime events";
inline constexpr std::string_view kAskedKubeletLog = "kubelet log";
struct Asked {
  std::string source;  // one of those above
  // What its memory holds of that time: all between these. Both 0: it can't be told.
  BootNs from;
  BootNs to;
  std::string problem;  // why it didn't answer, or not wholly; empty: it did
  friend bool operator==(const Asked&, const Asked&) = default;
};

// One death: everything that a verdict may use.
struct Death {
  // What died. For a target that is no container, a Container with what is known:
  // name "pid:7942" or "cgroup:/x", its cgroup.
  container::Container container;
  // Its first process; not known when nobody saw it and the runtime doesn't say.
  ProcessKey init;
  int64_t real_minus_boot_ns = 0;  // a row's wall clock: unix ns = at + this
  BootNs at;                       // the end of init, as exactly as it is known
  // The kernel's word about init's end; nullopt when it wasn't seen.
  std::optional<int32_t> exit_status;
  // The runtime's word; may come late or never.
  std::optional<container::RuntimeExit> runtime_exit;
  bool watched = false;  // the kernel was watched through all of its last moments

  std::vector<Row> rows;                         // in order of time
  std::vector<Process> processes;                // everybody that a row names, and their ancestors
  std::vector<container::Container> containers;  // others that a process is in
  std::vector<Gap> gaps;
  std::vector<Asked> asked;  // nobody, for a death that was watched

  const Process* Find(const ProcessKey& key) const {
    for (const Process& process : processes) {
      if (process.key == key) return &process;
    }
    return nullptr;
  }
  friend bool operator==(const Death&, const Death&) = default;
};

}  // namespace podtap::store
