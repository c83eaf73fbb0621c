// What this kernel offers: its types, tracepoints and features.
//
// What enters: /sys/kernel/btf/vmlinux, tracefs, uname, /proc/config.gz. What
// leaves: the Kernel interface, which probes/, lower/ and attach/ ask. The real
// one is MakeKernel(), tests use FakeKernel (fake_kernel.h) over small BTF that
// btf_builder.h makes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/btf.h"

namespace podtap::kernel {

// Abilities that change what we generate or accept. Found by probing the
// kernel (BTF's kfuncs and enums, or a tiny program load), never by version.
struct Features {
  bool ring_buffer = false;       // BPF_MAP_TYPE_RINGBUF, 5.8
  bool may_goto = false;          // the JCOND instruction, 6.9
  bool signed_division = false;   // cpu v4 sdiv, smod, movsx; 6.6
  bool task_from_pid = false;     // kfunc bpf_task_from_pid, 6.2
  bool rdonly_cast = false;       // kfunc bpf_rdonly_cast, 6.2
  bool boot_clock = false;        // bpf_ktime_get_boot_ns, 5.7
  bool snprintf = false;          // bpf_snprintf, 5.13
  bool current_task_btf = false;  // bpf_get_current_task_btf, 5.11
  bool mmapable_arrays = false;   // BPF_F_MMAPABLE, 5.5
  bool atomic_fetch = false;      // atomic instructions that give the old value, 5.12
  bool for_each_element = false;  // bpf_for_each_map_elem, 5.13
  bool run_programs = false;      // BPF_PROG_RUN of raw tracepoint programs, 5.10
};

struct Tracepoint {
  std::string subsystem;
  std::string name;
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  // vmlinux's types; scanned at the first call. Error: no BTF (kUnsupported).
  virtual Result<const Btf*> btf() = 0;
  virtual const Features& features() = 0;
  // Every tracepoint by tracefs (mounting nothing); falls back to BTF's
  // btf_trace_* names with an empty subsystem when tracefs can't be read.
  virtual Result<const std::vector<Tracepoint>*> tracepoints() = 0;
  // Whether tracefs has that event; costs no read of the whole list.
  virtual bool HasTracepoint(const std::string& subsystem, const std::string& name);
  virtual std::string release() = 0;  // uname -r
  virtual int cpu_count() = 0;        // possible CPUs
  virtual int64_t hz() = 0;           // CONFIG_HZ as the kernel has it (jiffies a second)
  // A file's device (kernel's encoding, as in super_block.s_dev) and inode, for
  // process("path") probes.
  struct FileIdentity {
    uint64_t device = 0;
    uint64_t inode = 0;
  };
  virtual Result<FileIdentity> IdentifyFile(const std::string& path) = 0;
  // CONFIG_… values, empty when the kernel doesn't tell.
  virtual std::map<std::string, std::string> config() = 0;
};

std::unique_ptr<Kernel> MakeKernel();

}  // namespace podtap::kernel
