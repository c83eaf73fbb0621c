// Where the probe is, and kernel memory.
#include <algorithm>
#include <cstddef>

#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::ContextValue;
using ir::Instr;
using ir::Op;
using ir::Operand;
using ir::Type;

void LowerArg(Emitter& e, const Instr& instr) {
  e.as.Load(8, kR0, kCtx, static_cast<int32_t>(instr.imm * 8));
  e.Result0(instr);
}

namespace {

// A context value that one helper gives, and what to do with its 64 bits.
struct ContextRow {
  ContextValue which;
  Helper helper;
  int shift;   // right
  bool low32;  // only the low half
};

constexpr ContextRow kContextRows[] = {
    {ContextValue::kPid, Helper::kPidTgid, 32, false},
    {ContextValue::kTid, Helper::kPidTgid, 0, true},
    {ContextValue::kUid, Helper::kUidGid, 0, true},
    {ContextValue::kGid, Helper::kUidGid, 32, false},
    {ContextValue::kCpu, Helper::kCpu, 0, true},
    {ContextValue::kMonotonicNs, Helper::kKtimeNs, 0, false},
    {ContextValue::kBootNs, Helper::kKtimeBootNs, 0, false},
    {ContextValue::kRealNs, Helper::kKtimeNs, 0, false},
    {ContextValue::kJiffies, Helper::kJiffies64, 0, false},
    {ContextValue::kCycles, Helper::kKtimeNs, 0, false},
    {ContextValue::kRandom, Helper::kRandom, 0, true},
    {ContextValue::kCgroupId, Helper::kCgroupId, 0, false},
    {ContextValue::kCurrentTask, Helper::kCurrentTaskBtf, 0, false},
};

void LowerComm(Emitter& e, const Instr& instr) {
  // current's comm is zero-padded by the kernel (strscpy_pad since 4.17), and a
  // helper copies it with its NUL.
  const Text to = e.TextOfReg(instr.dst);
  e.Address(kR1, to);
  e.as.MovImm(kR2, to.cap < 16 ? static_cast<int64_t>(to.cap) : 16);
  e.as.Call(Helper::kComm);
  if (to.cap > 16) e.Zero(kScratchReg, to.offset + 16, to.cap - 16);
}

}  // namespace

void LowerContext(Emitter& e, const Instr& instr) {
  const auto which = static_cast<ContextValue>(instr.imm);
  if (which == ContextValue::kComm) {
    LowerComm(e, instr);
    return;
  }
  if (which == ContextValue::kTarget) {
    e.LoadControl(kR0, offsetof(ir::Control, target_pid));
    e.as.Load(8, kR0, kR0, 0);
    e.Result0(instr);
    return;
  }
  for (const ContextRow& row : kContextRows) {
    if (row.which != which) continue;
    Helper helper = row.helper;
    if (helper == Helper::kKtimeBootNs && !e.target().boot_clock) helper = Helper::kKtimeNs;
    if (helper == Helper::kCurrentTaskBtf && !e.target().current_task_btf) {
      helper = Helper::kCurrentTask;
    }
    e.as.Call(helper);
    if (row.low32) {
      e.as.OpImm(Alu::kLsh, kR0, 32);
      e.as.OpImm(Alu::kRsh, kR0, 32);
    } else if (row.shift > 0) {
      e.as.OpImm(Alu::kRsh, kR0, row.shift);
    }
    if (which == ContextValue::kRealNs) {
      e.LoadControl(kR1, offsetof(ir::Control, real_offset_ns));
      e.as.Load(8, kR1, kR1, 0);
      e.as.Op(Alu::kAdd, kR0, kR1);
    }
    e.Result0(instr);
    return;
  }
  e.Refuse(instr, "that context value isn't available in the kernel");
}

// r0 = r1 as a pointer to that struct which may be read, faults and all. It takes
// no instruction at run time. A pointer loaded through a trusted one would cost
// the verifier some searches by name through all the kernel's types (a third of a
// millisecond each on 6.18); through this one it doesn't ask.
void CastReadOnly(Emitter& e, uint32_t btf_id) {
  e.as.MovImm(kR2, btf_id);
  e.as.CallKfunc("bpf_rdonly_cast");
}

namespace {

// `size` bytes at r3 into the frame's temporary; r0 is 0, or what was wrong.
void ReadToTemp(Emitter& e, uint32_t size, Helper helper) {
  e.as.Mov(kR1, kFrame);
  e.as.OpImm(Alu::kAdd, kR1, Frame::kTempA);
  e.as.MovImm(kR2, size);
  e.as.Call(helper);
}

void ResultFromTemp(Emitter& e, const Instr& instr) {
  e.as.Load(instr.size, kR0, kFrame, Frame::kTempA);
  if (instr.is_signed) e.as.SignExtend(kR0, instr.size);
  e.Result0(instr);
}

// Without bpf_get_current_task_btf (5.11) current is just a number, and so is what is
// loaded from it: through the helper, which leaves zero where it can't read.
void LoadByAddress(Emitter& e, const Instr& instr) {
  e.LoadLong(kR3, instr.args[0]);
  e.as.OpImm(Alu::kAdd, kR3, static_cast<int32_t>(instr.imm));
  ReadToTemp(e, instr.size, Helper::kReadKernel);
  ResultFromTemp(e, instr);
}

}  // namespace

// A null pointer reads as 0; where the verifier knows better, it removes the test.
void LowerLoad(Emitter& e, const Instr& instr) {
  if (!e.target().current_task_btf) return LoadByAddress(e, instr);
  const Assembler::Label null = e.as.NewLabel();
  e.LoadLong(kR1, instr.args[0]);
  const ir::RegInfo& to = e.program().regs[instr.dst];
  if (to.type == Type::kPtr && e.target().rdonly_cast) {
    CastReadOnly(e, e.program().regs[instr.args[0].reg].btf_id);
    e.as.Mov(kR1, kR0);
  }
  e.as.MovImm(kR0, 0);
  e.as.IfImm(Jump::kEq, kR1, 0, null);
  int32_t offset = 0;
  if (instr.imm == static_cast<int16_t>(instr.imm)) {
    offset = static_cast<int32_t>(instr.imm);
  } else {
    e.as.OpImm(Alu::kAdd, kR1, static_cast<int32_t>(instr.imm));
  }
  if (instr.is_signed && instr.size < 8 && e.target().signed_division) {
    e.as.LoadSigned(instr.size, kR0, kR1, offset);
  } else {
    e.as.Load(instr.size, kR0, kR1, offset);
    if (instr.is_signed && instr.size < 8) e.as.SignExtend(kR0, instr.size);
  }
  e.as.Bind(null);
  e.Result0(instr);
}

namespace {

constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t kHighs = 0x8080808080808080u;

// r0 holds eight bytes of text. Keeps those before the first zero byte and goes
// to `ended` after storing them if there is one. r1, r2 are lost.
void StoreWordUpToNul(Emitter& e, int32_t at, Assembler::Label ended) {
  const Assembler::Label whole = e.as.NewLabel();
  // t = (w - 0x01..) & ~w & 0x80..: its lowest bit marks the first zero byte.
  e.as.MovImm(kR1, static_cast<int64_t>(kOnes));
  e.as.Mov(kR2, kR0);
  e.as.Op(Alu::kSub, kR2, kR1);
  e.as.Mov(kR1, kR0);
  e.as.OpImm(Alu::kXor, kR1, -1);
  e.as.Op(Alu::kAnd, kR2, kR1);
  e.as.MovImm(kR1, static_cast<int64_t>(kHighs));
  e.as.Op(Alu::kAnd, kR2, kR1);
  e.as.IfImm(Jump::kEq, kR2, 0, whole);
  e.as.Mov(kR1, kR2);
  e.as.Neg(kR1);
  e.as.Op(Alu::kAnd, kR1, kR2);
  e.as.OpImm(Alu::kAdd, kR1, -1);
  e.as.Op(Alu::kAnd, kR0, kR1);
  e.as.Store(8, kScratchReg, at, kR0);
  e.as.Goto(ended);
  e.as.Bind(whole);
  e.as.Store(8, kScratchReg, at, kR0);
}

constexpr uint32_t kMaxTypedBytes = 32;

}  // namespace

// A char array through a typed pointer: the verifier lets it be read byte by
// byte only, so words are put together in a register.
void LowerLoadStr(Emitter& e, const Instr& instr) {
  const Text to = e.TextOfReg(instr.dst);
  const uint32_t length = std::min<uint32_t>(instr.size, to.cap - 1);
  const Assembler::Label ended = e.as.NewLabel();
  e.LoadLong(kR3, instr.args[0]);
  e.Zero(kScratchReg, to.offset, to.cap);
  e.as.IfImm(Jump::kEq, kR3, 0, ended);
  if (length > kMaxTypedBytes || !e.target().current_task_btf) {
    e.Address(kR1, to);
    e.as.MovImm(kR2, length + 1);
    e.as.OpImm(Alu::kAdd, kR3, static_cast<int32_t>(instr.imm));
    e.as.Call(Helper::kReadKernelStr);
    e.as.Bind(ended);
    return;
  }
  int32_t from = static_cast<int32_t>(instr.imm);
  if (from + static_cast<int32_t>(length) > INT16_MAX) {
    e.as.OpImm(Alu::kAdd, kR3, from);
    from = 0;
  }
  for (uint32_t at = 0; at < length; at += 8) {
    for (uint32_t k = 0; k < 8 && at + k < length; k++) {
      const int into = k == 0 ? kR0 : kR1;
      e.as.Load(1, into, kR3, from + static_cast<int32_t>(at + k));
      if (k == 0) continue;
      e.as.OpImm(Alu::kLsh, kR1, static_cast<int32_t>(8 * k));
      e.as.Op(Alu::kOr, kR0, kR1);
    }
    StoreWordUpToNul(e, to.offset + static_cast<int32_t>(at), ended);
  }
  e.as.Bind(ended);
}

namespace {

// d2 = whether the helper failed (its result is in r0).
void StoreFault(Emitter& e, const Instr& instr) {
  if (!e.IsLive(instr.dst2)) return;
  // The sign alone: a branch would be a state more for the verifier.
  e.as.Mov(kR1, kR0);
  e.as.OpImm(Alu::kRsh, kR1, 63);
  e.StoreLong(instr.dst2, kR1);
}

}  // namespace

void LowerRead(Emitter& e, const Instr& instr) {
  e.LoadLong(kR3, instr.args[0]);
  ReadToTemp(e, instr.size, instr.op == Op::kReadUser ? Helper::kReadUser : Helper::kReadKernel);
  StoreFault(e, instr);
  ResultFromTemp(e, instr);
}

void LowerReadStr(Emitter& e, const Instr& instr) {
  const Text to = e.TextOfReg(instr.dst);
  const Operand limit = instr.args.size() > 1 ? instr.args[1] : Operand::I(-1);
  e.Zero(kScratchReg, to.offset, to.cap);
  const bool user = instr.op == Op::kReadUserStr;
  if (limit.is_imm()) {
    const bool all = limit.imm < 0 || limit.imm >= int64_t{to.cap};
    e.as.MovImm(kR2, all ? int64_t{to.cap} : limit.imm + 1);
  } else {
    // A negative limit means as many as fit, and so does one beyond the cap.
    const Assembler::Label fits = e.as.NewLabel();
    e.LoadLong(kR2, limit);
    e.as.IfImm(Jump::kLt, kR2, static_cast<int32_t>(to.cap), fits);
    e.as.MovImm(kR2, to.cap - 1);
    e.as.Bind(fits);
    e.as.OpImm(Alu::kAdd, kR2, 1);
  }
  e.LoadLong(kR3, instr.args[0]);
  e.Address(kR1, to);
  e.as.Call(user ? Helper::kReadUserStr : Helper::kReadKernelStr);
  StoreFault(e, instr);
}

void LowerReadBytes(Emitter& e, const Instr& instr) {
  const Text to = e.TextOfReg(instr.dst);
  e.Zero(kScratchReg, to.offset, to.cap);
  const Assembler::Label fits = e.as.NewLabel();
  e.LoadLong(kR2, instr.args.size() > 1 ? instr.args[1] : Operand::I(to.cap));
  e.as.IfImm(Jump::kLe, kR2, static_cast<int32_t>(to.cap), fits);
  e.as.MovImm(kR2, to.cap);
  e.as.Bind(fits);
  e.LoadLong(kR3, instr.args[0]);
  e.Address(kR1, to);
  e.as.Call(Helper::kReadKernel);
  StoreFault(e, instr);
}

void LowerTaskFromPid(Emitter& e, const Instr& instr) {
  if (!e.target().task_from_pid) {
    e.Refuse(instr,
             "this kernel has no bpf_task_from_pid (6.2), so a task can't be found by its pid");
    return;
  }
  const Assembler::Label none = e.as.NewLabel();
  e.LoadLong(kR1, instr.args[0]);
  e.as.CallKfunc("bpf_task_from_pid");
  e.as.StoreImm(8, kScratchReg, Emitter::Cell(0), 0);
  e.as.IfImm(Jump::kEq, kR0, 0, none);
  e.as.Store(8, kScratchReg, Emitter::Cell(0), kR0);
  e.as.Mov(kR1, kR0);
  e.as.CallKfunc("bpf_task_release");
  e.as.Bind(none);
  e.as.Load(8, kR0, kScratchReg, Emitter::Cell(0));
  e.Result0(instr);
}

}  // namespace podtap::bpf
