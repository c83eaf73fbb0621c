// KernelReader: programs of type syscall that user space runs with a context of
// its own making, in which they leave what they read.
#include <bpf/bpf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "attach/session.h"
#include "attach/syscalls.h"
#include "bpf/assembler.h"

namespace podtap::attach {
namespace {

constexpr uint32_t kChunk = 512;

// The context. The data stands first: a helper may be given the context's own
// address only.
struct Request {
  uint8_t data[kChunk];
  uint64_t address = 0;  // or the pid
  uint64_t size = 0;
  int64_t result = 0;
};

using bpf::Alu;
using bpf::Assembler;
using bpf::Helper;
using bpf::Jump;
using bpf::kCtx;
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
  as.Mov(kCtx, kR1);
  as.Load(8, kR2, kCtx, offsetof(Request, size));
  as.IfImm(Jump::kLe, kR2, kChunk, fits);
  as.MovImm(kR2, kChunk);
  as.Bind(fits);
  as.Load(8, kR3, kCtx, offsetof(Request, address));
  as.Mov(kR1, kCtx);
  as.Call(Helper::kReadKernel);
  as.Store(8, kCtx, offsetof(Request, result), kR0);
  Finish(as);
}

// result = current
void AssembleCurrent(Assembler& as) {
  as.Mov(kCtx, kR1);
  as.Call(Helper::kCurrentTask);
  as.Store(8, kCtx, offsetof(Request, result), kR0);
  Finish(as);
}

// result = the task of that pid
void AssembleTaskFromPid(Assembler& as) {
  const Assembler::Label none = as.NewLabel();
  as.Mov(kCtx, kR1);
  as.Load(8, kR1, kCtx, offsetof(Request, address));
  as.CallKfunc("bpf_task_from_pid");
  as.IfImm(Jump::kEq, kR0, 0, none);
  as.Store(8, kCtx, offsetof(Request, result), kR0);
  as.Mov(kR1, kR0);
  as.CallKfunc("bpf_task_release");
  as.Bind(none);
  Finish(as);
}

class SyscallProgram {
 public:
  SyscallProgram(void (*assemble)(Assembler&), const char* name)
      : assemble_(assemble), name_(name) {}

  // False when it couldn't be loaded or run.
  bool Run(kernel::Kernel& kernel, Request& request) {
    if (!tried_) {
      tried_ = true;
      Load(kernel);
    }
    if (!fd_.valid()) return false;
    LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &request, .ctx_size_in = sizeof(request));
    return bpf_prog_test_run_opts(fd_.get(), &opts) == 0;
  }

 private:
  void Load(kernel::Kernel& kernel) {
    Assembler as;
    assemble_(as);
    Result<bpf::Program> program = as.Finish();
    if (!program) return;
    for (const bpf::Relocation& relocation : program->relocations) {
      Result<const kernel::Btf*> btf = kernel.btf();
      if (!btf) return;
      const auto id = (*btf)->Find(relocation.name, kernel::BtfKind::kFunc);
      if (!id) return;
      program->insns[relocation.insn].imm = static_cast<int32_t>(*id);
    }
    ProgramSpec spec;
    spec.type = BPF_PROG_TYPE_SYSCALL;
    spec.flags = BPF_F_SLEEPABLE;
    spec.name = name_;
    spec.insns = program->insns;
    int error = 0;
    fd_ = LoadProgram(spec, {}, error);
  }

  void (*assemble_)(Assembler&);
  const char* name_;
  bool tried_ = false;
  Fd fd_;
};

class BpfKernelReader : public KernelReader {
 public:
  explicit BpfKernelReader(kernel::Kernel& kernel) : kernel_(kernel) {}

  bool Read(uint64_t address, void* to, uint32_t size) override {
    auto* bytes = static_cast<uint8_t*>(to);
    for (uint32_t done = 0; done < size;) {
      Request request{};
      request.address = address + done;
      request.size = std::min(size - done, kChunk);
      if (!read_.Run(kernel_, request) || request.result < 0) return false;
      std::memcpy(bytes + done, request.data, request.size);
      done += static_cast<uint32_t>(request.size);
    }
    return true;
  }

  uint64_t CurrentTask() override {
    Request request{};
    return current_.Run(kernel_, request) ? static_cast<uint64_t>(request.result) : 0;
  }

  uint64_t TaskFromPid(int64_t pid) override {
    Request request{};
    request.address = static_cast<uint64_t>(pid);
    return task_.Run(kernel_, request) ? static_cast<uint64_t>(request.result) : 0;
  }

 private:
  kernel::Kernel& kernel_;
  SyscallProgram read_{AssembleRead, "podtap_read"};
  SyscallProgram current_{AssembleCurrent, "podtap_current"};
  SyscallProgram task_{AssembleTaskFromPid, "podtap_task"};
};

}  // namespace

std::unique_ptr<KernelReader> KernelReader::Make(kernel::Kernel& kernel) {
  return std::make_unique<BpfKernelReader>(kernel);
}

}  // namespace podtap::attach
