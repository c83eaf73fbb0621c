// A task's ancestry: (comm, start time) of it and of its real parents.
#include "bpf/cursor.h"
#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Instr;

namespace {

constexpr int32_t kEntry = sizeof(ir::ChainEntry);
constexpr int32_t kStart = 16;  // of start_ns in an entry
constexpr int32_t kComm = 16;   // TASK_COMM_LEN

// comm of the task in r8 → the entry at r9, byte by byte (the verifier lets a
// char array be read no other way), stored as two words.
void CopyComm(Emitter& e, int32_t from) {
  for (int32_t at = 0; at < kComm; at += 8) {
    e.as.Load(1, kR0, kR8, from + at);
    for (int32_t k = 1; k < 8; k++) {
      e.as.Load(1, kR1, kR8, from + at + k);
      e.as.OpImm(Alu::kLsh, kR1, 8 * k);
      e.as.Op(Alu::kOr, kR0, kR1);
    }
    e.as.Store(8, kR9, at, kR0);
  }
}

// r8 = the task whose chain it is → the chain at `chain` of the scratch value. For kernels
// that have no bpf_rdonly_cast (6.2): a task's address is just a number there, and its fields
// are read by the helper, which leaves zeroes where it can't.
void CaptureByAddress(Emitter& e, int32_t chain) {
  const TaskOffsets& task = e.target().task;
  const Assembler::Label loop = e.as.NewLabel(), end = e.as.NewLabel();
  const auto read = [&](int to, int32_t at, int32_t size, uint32_t member) {
    e.as.Mov(kR1, to);
    e.as.OpImm(Alu::kAdd, kR1, at);
    e.as.MovImm(kR2, size);
    e.as.Mov(kR3, kR8);
    e.as.OpImm(Alu::kAdd, kR3, static_cast<int32_t>(member));
    e.as.Call(Helper::kReadKernel);
  };
  const auto read_to_frame = [&](uint8_t size, uint32_t member) {
    read(kFrame, Frame::kTempA, size, member);
    e.as.Load(size, kR0, kFrame, Frame::kTempA);
  };
  e.as.StoreImm(8, kScratchReg, chain, 0);
  e.as.StoreImm(8, kFrame, Frame::kTempC, 0);
  e.as.Bind(loop);
  e.as.IfImm(Jump::kEq, kR8, 0, end);
  // A count that the verifier follows bounds the loop.
  e.as.Load(8, kR9, kFrame, Frame::kTempC);
  e.as.IfImm(Jump::kGe, kR9, ir::kMaxChain, end);
  e.as.Mov(kR1, kR9);
  e.as.OpImm(Alu::kAdd, kR1, 1);
  e.as.Store(8, kFrame, Frame::kTempC, kR1);
  e.as.Store(8, kScratchReg, chain, kR1);
  e.as.OpImm(Alu::kMul, kR9, kEntry);
  e.as.Op(Alu::kAdd, kR9, kScratchReg);
  read(kR9, chain + 8, kComm, task.comm);
  read(kR9, chain + 8 + kStart, 8, task.start_boottime);
  read_to_frame(4, task.pid);
  e.as.IfImm(Jump::kEq, kR0, 0, end);
  read_to_frame(8, task.real_parent);
  e.as.Mov(kR8, kR0);
  e.as.Goto(loop);
  e.as.Bind(end);
}

}  // namespace

// Up to the task whose pid is 0, which is its own parent and is kept.
void LowerChainCapture(Emitter& e, const Instr& instr) {
  const TaskOffsets& task = e.target().task;
  if (!task.known) {
    e.Refuse(instr, "the kernel's types don't tell where a task's parent is");
    return;
  }
  const int32_t chain = e.HomeOffset(instr.dst);
  const Assembler::Label loop = e.as.NewLabel(), end = e.as.NewLabel();
  e.LoadLong(kR8, instr.args[0]);
  if (e.target().rdonly_cast) {
    e.as.Mov(kR1, kR8);
    CastReadOnly(e, task.btf_id);
    e.as.Mov(kR8, kR0);
  } else if (e.program().regs[instr.args[0].reg].type != ir::Type::kPtr) {
    CaptureByAddress(e, chain);
    return;
  }
  e.as.MovImm(kR5, 0);
  e.as.StoreImm(8, kScratchReg, chain, 0);
  e.as.IfImm(Jump::kEq, kR8, 0, end);
  e.as.Bind(loop);
  if (e.target().may_goto) {
    // The count comes from memory, where the verifier forgot it: it looks at
    // three rounds instead of thirty-two.
    e.as.MayGoto(end);
    e.as.Load(8, kR5, kScratchReg, chain);
  }
  e.as.IfImm(Jump::kGe, kR5, ir::kMaxChain, end);
  e.as.Mov(kR9, kR5);
  e.as.OpImm(Alu::kMul, kR9, kEntry);
  e.as.Op(Alu::kAdd, kR9, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR9, chain + 8);
  CopyComm(e, static_cast<int32_t>(task.comm));
  e.as.Load(8, kR0, kR8, static_cast<int32_t>(task.start_boottime));
  e.as.Store(8, kR9, kStart, kR0);
  e.as.OpImm(Alu::kAdd, kR5, 1);
  e.as.Store(8, kScratchReg, chain, kR5);
  e.as.Load(4, kR1, kR8, static_cast<int32_t>(task.pid));
  e.as.IfImm(Jump::kEq, kR1, 0, end);
  e.as.Load(8, kR8, kR8, static_cast<int32_t>(task.real_parent));
  e.as.IfImm(Jump::kEq, kR8, 0, end);
  e.as.Goto(loop);
  e.as.Bind(end);
}

namespace {

constexpr int32_t kSecond = 1000000000;

// r1 = nanoseconds / divisor / 60 or % modulus → its digits.
void PutQuotient(Emitter& e, TextCursor& cursor, int32_t divide, int32_t divide_more,
                 int32_t modulo) {
  e.as.Load(8, kR1, kScratchReg, Emitter::Cell(kCellValue));
  if (divide > 1) e.as.OpImm(Alu::kDiv, kR1, divide);
  if (divide_more > 1) e.as.OpImm(Alu::kDiv, kR1, divide_more);
  if (modulo > 0) e.as.OpImm(Alu::kMod, kR1, modulo);
  MakeDigits(e, 10, false);
  e.as.Store(8, kScratchReg, Emitter::Cell(kCellDigits), kR0);
  cursor.PutDigits();
}

void PutStartTime(Emitter& e, TextCursor& cursor) {
  cursor.PutLiteral("(");
  PutQuotient(e, cursor, kSecond, 60, 0);
  cursor.PutLiteral("m");
  PutQuotient(e, cursor, kSecond, 1, 60);
  cursor.PutLiteral(".");
  // Nine digits: a one is put before them and left out again.
  e.as.Load(8, kR1, kScratchReg, Emitter::Cell(kCellValue));
  e.as.OpImm(Alu::kMod, kR1, kSecond);
  e.as.OpImm(Alu::kAdd, kR1, kSecond);
  MakeDigits(e, 10, false);
  e.as.StoreImm(8, kScratchReg, Emitter::Cell(kCellDigits), 9);
  cursor.PutDigits();
  cursor.PutLiteral("s)");
}

}  // namespace

void LowerChainText(Emitter& e, const Instr& instr) {
  const int32_t chain = e.HomeOffset(instr.args[0].reg);
  const Assembler::Label loop = e.as.NewLabel(), end = e.as.NewLabel(), last = e.as.NewLabel();
  TextCursor cursor(e, e.TextOfReg(instr.dst));
  cursor.Open();
  e.as.Load(8, kR1, kScratchReg, chain);
  e.as.Store(8, kScratchReg, Emitter::Cell(kCellLoop), kR1);
  if (!e.target().may_goto) e.as.StoreImm(8, kFrame, Frame::kTempC, 0);
  e.as.Bind(loop);
  if (e.target().may_goto) {
    e.as.MayGoto(end);
  } else {
    // A count that the verifier follows bounds the loop.
    e.as.Load(8, kR1, kFrame, Frame::kTempC);
    e.as.IfImm(Jump::kGe, kR1, ir::kMaxChain, end);
    e.as.OpImm(Alu::kAdd, kR1, 1);
    e.as.Store(8, kFrame, Frame::kTempC, kR1);
  }
  // The entries are walked from the last, the root, to the first.
  e.as.Load(8, kR1, kScratchReg, Emitter::Cell(kCellLoop));
  e.as.IfImm(Jump::kEq, kR1, 0, end);
  e.as.IfImm(Jump::kGt, kR1, ir::kMaxChain, end);
  e.as.OpImm(Alu::kAdd, kR1, -1);
  e.as.Store(8, kScratchReg, Emitter::Cell(kCellLoop), kR1);
  e.as.OpImm(Alu::kMul, kR1, kEntry);
  e.as.Mov(kR9, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR9, chain + 8);
  e.as.Op(Alu::kAdd, kR9, kR1);
  e.as.Load(8, kR1, kR9, kStart);
  e.as.Store(8, kScratchReg, Emitter::Cell(kCellValue), kR1);
  cursor.PutText(Text{kR9, 0, kComm});
  if (instr.imm == 1) PutStartTime(e, cursor);
  e.as.Load(8, kR1, kScratchReg, Emitter::Cell(kCellLoop));
  e.as.IfImm(Jump::kEq, kR1, 0, last);
  cursor.PutLiteral("=>");
  e.as.Bind(last);
  e.as.Goto(loop);
  e.as.Bind(end);
  cursor.Close();
}

}  // namespace podtap::bpf
