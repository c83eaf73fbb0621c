// KernelReader: programs of type syscall that user space runs; request and answer
// stand in a map that both share.
#include <bpf/bpf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "attach/maps.h"
#include "attach/session.h"
#include "attach/syscalls.h"
#include "bpf/assembler.h"

namespace podtap::attach {
namespace {

constexpr uint32_t kChunk = 512;

// The map's one value.
struct Request {
  uint8_t data[kChunk];
  uint64_t address = 0;  // or the pid
  uint64_t size = 0;
  int64_t result = 0;
};

using bpf::Assembler;
using bpf::Helper;
using bpf::Jump;
constexpr int kBase = bpf::kR8;  // the request
using bpf::kR0;
using bpf::kR1;
using bpf::kR2;
using bpf::kR3;

void Finish(Assembler& as) {
  as.MovImm(kR0, 0);
  as.Exit();
}

// result = probe_read_kernel(data, size, address)
void AssembleRead(Assembler& as) {
  const Assembler::Label fits = as.NewLabel();
  as.LoadValue(kBase, bpf::Relocation::Kind::kControl, 0);
  as.Load(8, kR2, kBase, offsetof(Request, size));
  as.IfImm(Jump::kLe, kR2, kChunk, fits);
  as.MovImm(kR2, kChunk);
  as.Bind(fits);
  as.Load(8, kR3, kBase, offsetof(Request, address));
  as.Mov(kR1, kBase);
  as.Call(Helper::kReadKernel);
  as.Store(8, kBase, offsetof(Request, result), kR0);
  Finish(as);
}

// result = current
void AssembleCurrent(Assembler& as) {
  as.LoadValue(kBase, bpf::Relocation::Kind::kControl, 0);
  as.Call(Helper::kCurrentTask);
  as.Store(8, kBase, offsetof(Request, result), kR0);
  Finish(as);
}

// result = the task of that pid
void AssembleTaskFromPid(Assembler& as) {
  const Assembler::Label none = as.NewLabel();
  as.LoadValue(kBase, bpf::Relocation::Kind::kControl, 0);
  as.Load(8, kR1, kBase, offsetof(Request, address));
  as.CallKfunc("bpf_task_from_pid");
  as.IfImm(Jump::kEq, kR0, 0, none);
  as.Store(8, kBase, offsetof(Request, result), kR0);
  as.Mov(kR1, kR0);
  as.CallKfunc("bpf_task_release");
  as.Bind(none);
  Finish(as);
}

class BpfKernelReader : public KernelReader {
 public:
  explicit BpfKernelReader(kernel::Kernel& kernel) : kernel_(kernel) {}

  bool Read(uint64_t address, void* to, uint32_t size) override {
    auto* bytes = static_cast<uint8_t*>(to);
    for (uint32_t done = 0; done < size;) {
      const uint32_t part = std::min(size - done, kChunk);
      if (!Run(read_, address + done, part) || request()->result < 0) return false;
      std::memcpy(bytes + done, request()->data, part);
      done += part;
    }
    return true;
  }

  uint64_t CurrentTask() override {
    return Run(current_, 0, 0) ? static_cast<uint64_t>(request()->result) : 0;
  }

  uint64_t TaskFromPid(int64_t pid) override {
    if (!Run(task_, static_cast<uint64_t>(pid), 0)) return 0;
    return static_cast<uint64_t>(request()->result);
  }

 private:
  // Loaded at its first run, so that a script pays for what it uses.
  struct SyscallProgram {
    void (*assemble)(Assembler&);
    const char* name;
    bool tried = false;
    Fd fd = {};
  };

  // The programs write it behind the compiler's back, in a system call.
  Request* request() const { return reinterpret_cast<Request*>(page_.data()); }

  bool Run(SyscallProgram& program, uint64_t address, uint64_t size) {
    if (!program.tried) {
      program.tried = true;
      Load(program);
    }
    if (!program.fd.valid()) return false;
    request()->address = address;
    request()->size = size;
    request()->result = 0;
    LIBBPF_OPTS(bpf_test_run_opts, opts);
    return bpf_prog_test_run_opts(program.fd.get(), &opts) == 0;
  }

  void Load(SyscallProgram& program) {
    if (!map_.valid() && !MakeRequest()) return;
    Assembler as;
    program.assemble(as);
    Result<bpf::Program> made = as.Finish();
    if (!made) return;
    for (const bpf::Relocation& relocation : made->relocations) {
      int32_t& imm = made->insns[relocation.insn].imm;
      if (relocation.kind == bpf::Relocation::Kind::kControl) {
        imm = map_.get();
        continue;
      }
      Result<const kernel::Btf*> btf = kernel_.btf();
      if (!btf) return;
      const auto id = (*btf)->Find(relocation.name, kernel::BtfKind::kFunc);
      if (!id) return;
      imm = static_cast<int32_t>(*id);
    }
    ProgramSpec spec;
    spec.type = BPF_PROG_TYPE_SYSCALL;
    spec.flags = BPF_F_SLEEPABLE;
    spec.name = program.name;
    spec.insns = made->insns;
    int error = 0;
    program.fd = LoadProgram(spec, {}, error);
  }

  bool MakeRequest() {
    Result<Fd> map = MakeMap({.type = BPF_MAP_TYPE_ARRAY,
                              .name = "podtap_request",
                              .key_size = 4,
                              .value_size = sizeof(Request),
                              .max_entries = 1,
                              .flags = BPF_F_MMAPABLE});
    if (!map) return false;
    Result<Mapping> page = MapMemory(map->get(), "request", sizeof(Request), true, 0);
    if (!page) return false;
    map_ = std::move(*map);
    page_ = std::move(*page);
    return true;
  }

  kernel::Kernel& kernel_;
  Fd map_;
  Mapping page_;
  SyscallProgram read_{AssembleRead, "podtap_read"};
  SyscallProgram current_{AssembleCurrent, "podtap_current"};
  SyscallProgram task_{AssembleTaskFromPid, "podtap_task"};
};

}  // namespace

std::unique_ptr<KernelReader> KernelReader::Make(kernel::Kernel& kernel) {
  return std::make_unique<BpfKernelReader>(kernel);
}

}  // namespace podtap::attach
