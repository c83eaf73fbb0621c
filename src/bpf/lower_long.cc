// Longs: moves, arithmetic, comparisons; and pointers as numbers.
#include <utility>

#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Instr;
using ir::Op;
using ir::Operand;
using ir::Type;

void LowerMove(Emitter& e, const Instr& instr) {
  const Type type = e.reg(instr.dst).type;
  if (instr.args[0].is_reg() && instr.args[0].reg == instr.dst && type != Type::kI64) return;
  if (type == Type::kStr) {
    e.CopyText(e.TextOfReg(instr.dst), e.TextOf(instr.args[0], kR2));
    return;
  }
  if (type == Type::kChain) {
    const Text to{kScratchReg, e.HomeOffset(instr.dst), kChainBytes};
    e.CopyText(to, Text{kScratchReg, e.HomeOffset(instr.args[0].reg), kChainBytes});
    return;
  }
  e.LoadLong(kR0, instr.args[0]);
  e.Result0(instr);
}

namespace {

Alu AluOf(Op op) {
  switch (op) {
    case Op::kAdd:
      return Alu::kAdd;
    case Op::kSub:
      return Alu::kSub;
    case Op::kMul:
      return Alu::kMul;
    case Op::kAnd:
      return Alu::kAnd;
    case Op::kOr:
      return Alu::kOr;
    default:
      return Alu::kXor;
  }
}

}  // namespace

// Without the signed instructions: on magnitudes, the sign put back.
void SignedDivision(Emitter& e, bool modulo) {
  const Alu op = modulo ? Alu::kMod : Alu::kDiv;
  if (e.target().signed_division) {
    e.as.Op(op, kR0, kR1, 1);
    return;
  }
  // The quotient is negative when the signs differ, the rest when r0 is.
  e.as.Mov(kR2, kR0);
  if (!modulo) e.as.Op(Alu::kXor, kR2, kR1);
  for (int reg : {kR0, kR1}) {
    const Assembler::Label positive = e.as.NewLabel();
    e.as.IfImm(Jump::kSge, reg, 0, positive);
    e.as.Neg(reg);
    e.as.Bind(positive);
  }
  e.as.Op(op, kR0, kR1);
  const Assembler::Label done = e.as.NewLabel();
  e.as.IfImm(Jump::kSge, kR2, 0, done);
  e.as.Neg(kR0);
  e.as.Bind(done);
}

void LowerBinary(Emitter& e, const Instr& instr) {
  Operand a = instr.args[0], b = instr.args[1];
  if (a.is_imm() && !b.is_imm() && instr.op != Op::kSub) std::swap(a, b);
  const Alu op = AluOf(instr.op);
  if (b.is_imm() && FitsImm(b.imm)) {
    e.LoadLong(kR0, a);
    e.as.OpImm(op, kR0, static_cast<int32_t>(b.imm));
  } else {
    e.LoadTwo(kR0, a, kR1, b);
    e.as.Op(op, kR0, kR1);
  }
  e.Result0(instr);
}

void LowerDivision(Emitter& e, const Instr& instr) {
  const bool modulo = instr.op == Op::kMod;
  e.LoadTwo(kR0, instr.args[0], kR1, instr.args[1]);
  // The least long by -1 traps in the machine: negate instead.
  const Assembler::Label minus_one = e.as.NewLabel(), done = e.as.NewLabel();
  e.as.IfImm(Jump::kEq, kR1, -1, minus_one);
  SignedDivision(e, modulo);
  e.as.Goto(done);
  e.as.Bind(minus_one);
  if (modulo) {
    e.as.MovImm(kR0, 0);
  } else {
    e.as.Neg(kR0);
  }
  e.as.Bind(done);
  e.Result0(instr);
}

void LowerShift(Emitter& e, const Instr& instr) {
  Alu op = Alu::kLsh;
  if (instr.op == Op::kShr) op = Alu::kArsh;
  if (instr.op == Op::kShrLogical) op = Alu::kRsh;
  if (instr.args[1].is_imm()) {
    e.LoadLong(kR0, instr.args[0]);
    e.as.OpImm(op, kR0, static_cast<int32_t>(instr.args[1].imm & 63));
  } else {
    e.LoadTwo(kR0, instr.args[0], kR1, instr.args[1]);
    e.as.OpImm(Alu::kAnd, kR1, 63);
    e.as.Op(op, kR0, kR1);
  }
  e.Result0(instr);
}

void LowerCompare(Emitter& e, const Instr& instr) {
  const Operand& b = instr.args[1];
  const Jump fails = ComparisonOf(instr.op).fails;
  const Assembler::Label no = e.as.NewLabel(), done = e.as.NewLabel();
  if (b.is_imm() && FitsImm(b.imm)) {
    e.LoadLong(kR0, instr.args[0]);
    e.as.IfImm(fails, kR0, static_cast<int32_t>(b.imm), no);
  } else {
    e.LoadTwo(kR0, instr.args[0], kR1, b);
    e.as.If(fails, kR0, kR1, no);
  }
  e.as.MovImm(kR0, 1);
  e.as.Goto(done);
  e.as.Bind(no);
  e.as.MovImm(kR0, 0);
  e.as.Bind(done);
  e.Result0(instr);
}

// A negated pointer is a number of which the verifier knows nothing; negated again it is the
// address. Without this the verifier takes a trusted argument to be never null, and removes
// what a script does when it is.
void LowerPtrToInt(Emitter& e, const Instr& instr) {
  e.LoadLong(kR0, instr.args[0]);
  e.as.Neg(kR0);
  e.as.Neg(kR0);
  e.Result0(instr);
}

void LowerPtrOk(Emitter& e, const Instr& instr) {
  const Assembler::Label no = e.as.NewLabel(), done = e.as.NewLabel();
  e.LoadLong(kR0, instr.args[0]);
  e.as.IfImm(Jump::kEq, kR0, 0, no);
  e.as.IfImm(Jump::kLt, kR0, 4096, no);
  e.as.MovImm(kR0, 1);
  e.as.Goto(done);
  e.as.Bind(no);
  e.as.MovImm(kR0, 0);
  e.as.Bind(done);
  e.Result0(instr);
}

}  // namespace podtap::bpf
