// Loads compiled programs into the kernel and attaches them.
//
// What enters: a Module, its Layout and the Kernel. What leaves: a Session that
// owns maps, programs and links for its lifetime. This is the only room that
// includes libbpf, and no header of it shows libbpf.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bpf/compile.h"
#include "ir/ir.h"
#include "ir/layout.h"
#include "ir/store.h"
#include "kernel/kernel.h"

namespace podtap::attach {

struct Options {
  uint64_t ring_bytes = 4u << 20;  // rounded up to a power of two pages
  // Compiles begin, end and timer programs too, as programs of type syscall
  // that RunOnce runs in the kernel: the differential tests.
  bool user_side_in_kernel = false;
};

// What this kernel lets bpf/ use.
bpf::Target TargetOf(const ir::Module& module, kernel::Kernel& kernel);

class Session {
 public:
  virtual ~Session() = default;

  // Makes the maps and loads every kernel-side program. All that is passed but the
  // options must outlive the session. The verifier's refusal
  // is an Error whose message names the script's place and whose detail has the
  // log's last lines.
  static Result<std::unique_ptr<Session>> Load(const ir::Module& module, const ir::Layout& layout,
                                               kernel::Kernel& kernel, const Options& options);

  virtual Result<void> Attach() = 0;
  virtual void Detach() = 0;

  virtual ir::RingView ring() = 0;     // .fd is -1 when no program writes records
  virtual ir::Control* control() = 0;  // mapped; kernel programs change it
  virtual ir::Store& store() = 0;      // kernel-side globals
  // Instructions after compilation and, where the kernel tells, verified
  // instructions (bpf_prog_info.verified_insns), one entry a kernel program.
  struct Stats {
    std::string program;
    uint32_t insns = 0;
    uint32_t verified = 0;
    uint32_t jited_bytes = 0;
  };
  virtual std::vector<Stats> stats() = 0;
  // Whether the program is one of the kernel's: under user_side_in_kernel, those
  // that need user space aren't.
  virtual bool IsLoaded(uint32_t program) = 0;
  // Runs a program that was compiled under user_side_in_kernel.
  virtual Result<void> RunOnce(uint32_t program) = 0;
};

// Reads kernel memory for user-side probes, through a small program of type
// syscall that is loaded at the first call. Both return false on a fault.
class KernelReader {
 public:
  virtual ~KernelReader() = default;
  static std::unique_ptr<KernelReader> Make(kernel::Kernel& kernel);
  virtual bool Read(uint64_t address, void* to, uint32_t size) = 0;
  virtual uint64_t CurrentTask() = 0;             // task_struct of this thread, 0 if unknown
  virtual uint64_t TaskFromPid(int64_t pid) = 0;  // 0 if there is none
};

}  // namespace podtap::attach
