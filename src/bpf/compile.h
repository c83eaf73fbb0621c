// ir → eBPF instructions. No system call, no libbpf.
//
// What enters: a verified Module with caps, its Layout, which program, and what
// the target kernel can do. What leaves: instructions with relocations (maps
// and kfuncs by name), line information and the sizes of what they need.
// Callers: attach/ (loads them), cli (`--dump=bpf`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ir/ir.h"
#include "ir/layout.h"

namespace podtap::bpf {

// struct bpf_insn of include/uapi/linux/bpf.h.
struct Insn {
  uint8_t code = 0;
  uint8_t dst : 4 = 0;
  uint8_t src : 4 = 0;
  int16_t off = 0;
  int32_t imm = 0;
};
static_assert(sizeof(Insn) == 8);

// Where task_struct's members are, from vmlinux's BTF; needed by the chain ops.
struct TaskOffsets {
  uint32_t comm = 0, start_boottime = 0, real_parent = 0, pid = 0;
  uint32_t btf_id = 0;  // of task_struct
  bool known = false;
};

struct Target {
  bool may_goto = true;
  bool signed_division = true;
  bool boot_clock = true;
  bool current_task_btf = true;
  bool task_from_pid = true;
  bool rdonly_cast = true;
  bool atomic_fetch = true;  // fetch-and-add, compare-and-exchange
  bool for_each_element = true;
  TaskOffsets task;
  // The program type: tp_btf (tracing), perf_event or, for the differential
  // tests, syscall (run once by BPF_PROG_RUN).
};

struct Relocation {
  enum class Kind : uint8_t {
    kRing,
    kScratch,
    kSnapshot,  // map fd (BPF_PSEUDO_MAP_FD)
    kControl,
    kRodata,  // direct value address (BPF_PSEUDO_MAP_VALUE); imm of the 2nd half is the offset
    kGlobal,  // map fd of Module::globals[index]
    kKfunc,   // BTF id of `name` (BPF_PSEUDO_KFUNC_CALL)
  } kind = Kind::kRing;
  uint32_t insn = 0;
  uint32_t index = 0;
  std::string name;
};

struct LineInfo {
  uint32_t insn = 0;
  ir::SiteId site = 0;
};

struct Program {
  std::vector<Insn> insns;
  std::vector<Relocation> relocations;
  std::vector<LineInfo> lines;
  // Where its functions begin, behind the program itself: callbacks of helpers.
  std::vector<uint32_t> functions;
  uint32_t scratch_size = 0;  // bytes of the per-CPU scratch value; 0: none needed
  // Bytes that foreach needs, for each possible CPU, in an array map indexed by
  // CPU; 0: none.
  uint32_t snapshot_size = 0;
  bool uses_ring = false;
};

// Errors: kUnsupported with the construct and its site's place when the program
// can't be expressed on this target; kInternal for a mistake of ours.
Result<Program> Compile(const ir::Module& module, const ir::Layout& layout, uint32_t program,
                        const Target& target);

// Disassembly with script lines as comments: `--dump=bpf`.
std::string Dump(const ir::Module& module, const Program& program);

}  // namespace podtap::bpf
