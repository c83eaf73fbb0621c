// Compiled programs → loaded ones: relocations, line records, refusals.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "attach/btf_blob.h"
#include "attach/maps.h"
#include "attach/syscalls.h"
#include "base/fd.h"
#include "base/result.h"
#include "bpf/compile.h"
#include "ir/ir.h"
#include "kernel/kernel.h"

namespace podtap::attach {

struct Loaded {
  Fd fd;
  Fd scratch, snapshot;
  uint32_t index = 0;  // into Module::programs
  uint32_t insns = 0;
};

class Loader {
 public:
  Loader(const ir::Module& module, const Maps& maps, kernel::Kernel& kernel)
      : module_(module), maps_(maps), kernel_(kernel) {}
  // Loads programs, `indices` into Module::programs, at the same time on several CPUs: the
  // verifier takes most of a start, and it takes no lock for whoever may load at all
  // (bpf_check, since Linux 5.2). The error is of the first that was refused.
  Result<std::vector<Loaded>> Load(const std::vector<uint32_t>& indices,
                                   std::vector<bpf::Program> programs);

 private:
  // A program with all that its system call needs.
  struct Pending {
    Loaded loaded;
    bpf::Program program;
    std::vector<LineRecord> lines;
    std::vector<FuncRecord> functions;
    ProgramSpec spec;
    int error_number = 0;
  };
  Result<void> PrepareLines(const std::vector<bpf::Program>& programs);
  // `pending` must stay where it is: its spec points into it.
  Result<void> Prepare(uint32_t index, Pending& pending);
  Result<void> Relocate(bpf::Program& program, const Loaded& loaded);
  Result<kernel::TypeId> Kfunc(const std::string& name);
  Error Explain(const Pending& pending) const;

  const ir::Module& module_;
  const Maps& maps_;
  kernel::Kernel& kernel_;
  Fd btf_;
  std::map<std::string, kernel::TypeId> kfuncs_;  // a search of vmlinux each
  std::vector<LineRecord> site_lines_;            // of each site; insn unused
};

}  // namespace podtap::attach
