// Probe points that the kernel or the session itself provides.
//
// What enters: a point of the tree, after alias expansion
// (`kernel.trace("sched:*")`, `timer.ms(300)`). What leaves: one Match for each
// place it stands for: how to attach there and which context variables it has.
// One file a provider; the table of them all is providers.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ir/ir.h"
#include "kernel/kernel.h"
#include "lang/tree.h"
#include "source/diagnostic.h"

namespace podtap::probes {

// A context variable: $name.
struct ContextVar {
  std::string name;
  uint32_t arg = 0;             // index of the probe's argument (ir kArg's imm)
  kernel::TypeId btf_type = 0;  // as declared
  // Its type is a pointer's, and its value may be a small number that means something. The
  // verifier of some kernels (6.12) refuses loads through it, rightly.
  bool may_be_number = false;
};

struct Match {
  std::string name;  // canonical: `kernel.trace("signal:signal_generate")`
  ir::AttachSpec attach;
  std::vector<ContextVar> vars;
  std::string trace_name;  // $$name; empty where there is none
  // Lets lower() put a test before the body: the process.* points are
  // tracepoints (sched_process_exec, _fork, _exit) plus what stands here.
  //
  // The subject is current, or (kNewTask) the task that the tracepoint's second
  // argument, sched_process_fork's child, points to.
  //   leader_only      process.begin, process.end: once a process. An exec is the
  //                    leader's always (no test). At an exit it is the group's
  //                    last thread: the argument `group_dead_arg` is not 0 or,
  //                    where the kernel has no such argument (before 6.16),
  //                    current->signal->live.counter == 0
  //   threads          process.thread.begin, .end: subject->pid != subject->tgid
  // Kernel threads are no processes: subject->flags & 0x200000 (PF_KTHREAD) must
  // be 0, except at an exec.
  struct ProcessFilter {
    // kPid: the subject's tgid == pid. kFile: its mm->exe_file->f_inode has
    // i_ino == file.inode and i_sb->s_dev == file.device.
    enum class Kind { kNone, kPid, kFile } kind = Kind::kNone;
    int64_t pid = 0;
    kernel::Kernel::FileIdentity file;
    bool leader_only = true;  // begin, end: the thread group's own; thread.*: the others
    bool threads = false;
    uint32_t group_dead_arg = UINT32_MAX;  // index of the probe's argument, or none
    bool at_exit = false;                  // process.end, process.thread.end
  } filter;
  enum class FilterSubject { kNone, kCurrent, kNewTask } filter_subject = FilterSubject::kNone;
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual const char* root() const = 0;  // "begin", "timer", "kernel", …
  // The matches of a point. Mistakes go to `diagnostics` ("probe point mismatch
  // (similar: …)", "no match (similar tracepoints: …)"), unless the point is
  // optional; machine failures are the Error.
  virtual Result<std::vector<Match>> Resolve(const lang::ProbePoint& point, kernel::Kernel& kernel,
                                             source::Diagnostics& diagnostics) const = 0;
};

// All providers, by root.
const std::vector<std::unique_ptr<Provider>>& Providers();
std::vector<std::string> ProviderRoots();
const Provider* FindProvider(std::string_view root);

// "$name:type" list of a match, as `-L` prints it after the point:
// "$preempt:bool $prev:struct task_struct*".
std::string DescribeVars(const Match& match, const kernel::Btf& btf);

// What -l prints for a pattern, sorted, one probe point a line; with the
// variables behind each (-L). Empty, with a diagnostic, when nothing matches.
Result<std::vector<std::string>> ListPoints(const lang::ProbePoint& pattern, kernel::Kernel& kernel,
                                            bool with_vars, source::Diagnostics& diagnostics);

}  // namespace podtap::probes
