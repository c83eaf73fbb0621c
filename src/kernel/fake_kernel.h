// A kernel of a test's own making.
//
// What enters: BTF from BtfBuilder and whatever the test sets. What leaves: the
// Kernel interface, without touching the machine.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/btf_builder.h"
#include "kernel/kernel.h"

namespace podtap::kernel {

class FakeKernel : public Kernel {
 public:
  FakeKernel() = default;  // without BTF, as old kernels are
  explicit FakeKernel(const BtfBuilder& types) { SetTypes(types); }

  void SetTypes(const BtfBuilder& types);

  // Set freely.
  Features feature_set;
  std::vector<Tracepoint> events;  // subsystem and name; types must have them too
  std::map<std::string, FileIdentity> files;
  std::map<std::string, std::string> config_values;
  std::string release_name = "6.1.0";
  int cpus = 2;
  int64_t ticks = 250;

  Result<const Btf*> btf() override;
  const Features& features() override { return feature_set; }
  Result<const std::vector<Tracepoint>*> tracepoints() override { return &events; }
  std::string release() override { return release_name; }
  int cpu_count() override { return cpus; }
  int64_t hz() override { return ticks; }
  Result<FileIdentity> IdentifyFile(const std::string& path) override;
  std::map<std::string, std::string> config() override { return config_values; }

 private:
  std::unique_ptr<Btf> btf_;
};

// A small kernel that looks like 6.18 where the tapset and the tests look: every
// feature, task_struct (comm, pid, tgid, real_parent, group_leader,
// start_boottime, cred, signal, mm, flags, exit_code), kernel_siginfo, and the
// tracepoints signal:signal_generate, signal:signal_deliver, sched:sched_switch,
// sched:sched_process_fork, _exec and _exit, oom:mark_victim, and the bare
// pelt_cfs_tp.
std::unique_ptr<FakeKernel> MakeSampleKernel();

}  // namespace podtap::kernel
