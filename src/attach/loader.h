// One compiled program → a loaded one: relocations, line records, refusals.
#pragma once

#include <cstdint>

#include "attach/btf_blob.h"
#include "attach/maps.h"
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
  // Must be called once before Load, with every program that will be loaded.
  Result<void> PrepareLines(const std::vector<bpf::Program>& programs);
  Result<Loaded> Load(uint32_t index, bpf::Program program);

 private:
  Result<void> Relocate(bpf::Program& program, const Loaded& loaded);
  Error Explain(const ir::Program& source, const bpf::Program& program,
                const struct ProgramSpec& spec, int error_number);

  const ir::Module& module_;
  const Maps& maps_;
  kernel::Kernel& kernel_;
  Fd btf_;
  std::vector<LineRecord> site_lines_;  // of each site; insn unused
};

}  // namespace podtap::attach
