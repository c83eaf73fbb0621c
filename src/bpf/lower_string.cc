// Strings: zero-padded buffers of words (ir.h), in scratch or in rodata.
#include <algorithm>
#include <cstring>

#include "bpf/cursor.h"
#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Instr;
using ir::Op;
using ir::Operand;

namespace {

uint64_t WordOf(std::string_view text, size_t at) {
  uint64_t word = 0;
  if (at < text.size()) std::memcpy(&word, text.data() + at, std::min<size_t>(8, text.size() - at));
  return word;
}

std::string_view UpToNul(std::string_view text) { return text.substr(0, text.find('\0')); }

bool Reads(const Instr& instr, ir::Reg reg) {
  return std::any_of(instr.args.begin(), instr.args.end(),
                     [&](const Operand& arg) { return arg.is_reg() && arg.reg == reg; });
}

Text Aside(Emitter& e, uint32_t cap) {
  return {kScratchReg, static_cast<int32_t>(e.frame().text_offset), cap};
}

}  // namespace

void LowerStrLen(Emitter& e, const Instr& instr) {
  const Operand& arg = instr.args[0];
  if (const auto literal = e.LiteralOf(arg)) {
    e.as.MovImm(kR0, static_cast<int64_t>(UpToNul(*literal).size()));
  } else {
    // The helper that copies counts on the way.
    const uint32_t cap = e.CapOf(arg);
    e.Address(kR3, e.TextOf(arg, kR3));
    e.Address(kR1, Aside(e, cap));
    e.as.MovImm(kR2, cap);
    e.as.Call(Helper::kReadKernelStr);
    e.as.OpImm(Alu::kAdd, kR0, -1);
  }
  e.Result0(instr);
}

void LowerStrByte(Emitter& e, const Instr& instr) {
  const Text text = e.TextOf(instr.args[0], kR2);
  const Operand& index = instr.args[1];
  if (index.is_imm()) {
    if (index.imm < 0 || index.imm >= int64_t{text.cap}) {
      e.as.MovImm(kR0, 0);
    } else {
      e.as.Load(1, kR0, text.base, text.offset + static_cast<int32_t>(index.imm));
    }
    e.Result0(instr);
    return;
  }
  const Assembler::Label outside = e.as.NewLabel();
  e.LoadLong(kR1, index);
  e.as.MovImm(kR0, 0);
  e.as.IfImm(Jump::kGe, kR1, static_cast<int32_t>(text.cap), outside);
  e.Address(kR2, text);
  e.as.Op(Alu::kAdd, kR2, kR1);
  e.as.Load(1, kR0, kR2, 0);
  e.as.Bind(outside);
  e.Result0(instr);
}

// A byte behind the end is dropped, a zero cuts: both keep the padding zero.
void LowerStrSetByte(Emitter& e, const Instr& instr) {
  const Text to = e.TextOfReg(instr.dst);
  const Assembler::Label done = e.as.NewLabel(), inside = e.as.NewLabel();
  e.LoadLong(kR1, instr.args[0]);
  e.as.IfImm(Jump::kGe, kR1, static_cast<int32_t>(to.cap - 1), done);
  e.LoadLong(kR2, instr.args[1]);
  e.as.OpImm(Alu::kAnd, kR2, 255);
  e.Address(kR3, to);
  e.as.Op(Alu::kAdd, kR3, kR1);
  e.as.IfImm(Jump::kEq, kR1, 0, inside);
  e.as.Load(1, kR4, kR3, -1);
  e.as.IfImm(Jump::kEq, kR4, 0, done);
  e.as.Bind(inside);
  e.as.Store(1, kR3, 0, kR2);
  e.as.IfImm(Jump::kNe, kR2, 0, done);
  // Cut: aside, zero, and back.
  CutAtNul(e, to);
  e.as.Bind(done);
}

void LowerStrSub(Emitter& e, const Instr& instr) {
  const Text to = e.TextOfReg(instr.dst);
  const bool overlap = Reads(instr, instr.dst);
  const Text into = overlap ? Aside(e, to.cap) : to;
  e.Zero(kScratchReg, into.offset, to.cap);
  const Text from = e.TextOf(instr.args[0], kR3);
  e.Address(kR3, from);
  // r1: the start, in [0, cap of the source); what is behind the end is zero.
  const Assembler::Label positive = e.as.NewLabel(), inside = e.as.NewLabel();
  e.LoadLong(kR1, instr.args[1]);
  e.as.IfImm(Jump::kSge, kR1, 0, positive);
  e.as.MovImm(kR1, 0);
  e.as.Bind(positive);
  e.as.IfImm(Jump::kLt, kR1, static_cast<int32_t>(from.cap), inside);
  e.as.MovImm(kR1, from.cap - 1);
  e.as.Bind(inside);
  e.as.Op(Alu::kAdd, kR3, kR1);
  const Assembler::Label some = e.as.NewLabel(), fits = e.as.NewLabel();
  e.LoadLong(kR2, instr.args[2]);
  e.as.IfImm(Jump::kSge, kR2, 0, some);
  e.as.MovImm(kR2, 0);
  e.as.Bind(some);
  e.as.IfImm(Jump::kLt, kR2, static_cast<int32_t>(to.cap), fits);
  e.as.MovImm(kR2, to.cap - 1);
  e.as.Bind(fits);
  e.as.OpImm(Alu::kAdd, kR2, 1);
  e.Address(kR1, into);
  e.as.Call(Helper::kReadKernelStr);
  if (overlap) e.CopyText(to, into);
}

void LowerStrAppend(Emitter& e, const Instr& instr) {
  const Text to = e.TextOfReg(instr.dst);
  const Operand& arg = instr.args[0];
  Text from;
  if (arg.is_reg() && arg.reg == instr.dst) {
    from = Aside(e, to.cap);
    e.CopyText(from, to);
  } else if (!arg.is_literal()) {
    from = e.TextOfReg(arg.reg);
  }
  TextCursor cursor(e, to);
  e.LoadLong(kR8, Operand::R(instr.dst2));
  cursor.Clamp();
  const Assembler::Label goes_on = e.as.NewLabel();
  e.as.IfImm(Jump::kNe, kR8, 0, goes_on);
  e.Zero(kScratchReg, to.offset, to.cap);
  e.as.Bind(goes_on);
  if (const auto literal = e.LiteralOf(arg)) {
    cursor.PutLiteral(UpToNul(*literal));
  } else {
    cursor.PutText(from);
  }
  cursor.Close();
  e.StoreLong(instr.dst2, kR8);
}

namespace {

// Goes to `differ` unless the text equals the literal.
void CompareLiteral(Emitter& e, const Text& text, std::string_view literal,
                    Assembler::Label differ) {
  for (size_t at = 0; at <= literal.size(); at += 8) {
    const auto word = static_cast<int64_t>(WordOf(literal, at));
    e.as.Load(8, kR1, text.base, text.offset + static_cast<int32_t>(at));
    if (FitsImm(word)) {
      e.as.IfImm(Jump::kNe, kR1, static_cast<int32_t>(word), differ);
    } else {
      e.as.MovImm(kR2, word);
      e.as.If(Jump::kNe, kR1, kR2, differ);
    }
  }
}

// Word by word as far as the shorter cap: there, one of them has its NUL, and
// both are zero behind it. At `differ`, r1 and r2 hold the first words that do.
void CompareWords(Emitter& e, const Text& a, const Text& b, Assembler::Label differ) {
  for (uint32_t at = 0; at < std::min(a.cap, b.cap); at += 8) {
    e.as.Load(8, kR1, a.base, a.offset + static_cast<int32_t>(at));
    e.as.Load(8, kR2, b.base, b.offset + static_cast<int32_t>(at));
    e.as.If(Jump::kNe, kR1, kR2, differ);
  }
}

}  // namespace

void LowerStrEqual(Emitter& e, const Instr& instr) {
  const int64_t when_equal = instr.op == Op::kStrEq ? 1 : 0;
  Operand a = instr.args[0], b = instr.args[1];
  if (a.is_literal()) std::swap(a, b);
  const Assembler::Label differ = e.as.NewLabel();
  e.as.MovImm(kR0, 1 - when_equal);
  const auto literal = e.LiteralOf(b);
  if (literal && a.is_literal()) {
    if (UpToNul(*literal) == UpToNul(*e.LiteralOf(a))) e.as.MovImm(kR0, when_equal);
  } else if (literal && UpToNul(*literal).size() >= e.CapOf(a)) {
    // Longer than the register can hold: never equal.
  } else {
    if (literal) {
      CompareLiteral(e, e.TextOf(a, kR3), UpToNul(*literal), differ);
    } else {
      CompareWords(e, e.TextOf(a, kR3), e.TextOf(b, kR4), differ);
    }
    e.as.MovImm(kR0, when_equal);
  }
  e.as.Bind(differ);
  e.Result0(instr);
}

// Swapped to big-endian, words compare as their bytes do.
void LowerStrOrder(Emitter& e, const Instr& instr) {
  struct Order {
    Op op;
    Jump holds;
    int64_t when_equal;
  };
  constexpr Order kOrders[] = {{Op::kStrLt, Jump::kLt, 0},
                               {Op::kStrLe, Jump::kLt, 1},
                               {Op::kStrGt, Jump::kGt, 0},
                               {Op::kStrGe, Jump::kGt, 1}};
  const Order& order = kOrders[static_cast<size_t>(instr.op) - static_cast<size_t>(Op::kStrLt)];
  const Assembler::Label differ = e.as.NewLabel(), done = e.as.NewLabel();
  const Text a = e.TextOf(instr.args[0], kR3), b = e.TextOf(instr.args[1], kR4);
  CompareWords(e, a, b, differ);
  e.as.MovImm(kR0, order.when_equal);
  e.as.Goto(done);
  e.as.Bind(differ);
  e.as.ByteSwapToBig(kR1);
  e.as.ByteSwapToBig(kR2);
  e.as.MovImm(kR0, 1);
  e.as.If(order.holds, kR1, kR2, done);
  e.as.MovImm(kR0, 0);
  e.as.Bind(done);
  e.Result0(instr);
}

void LowerStrTable(Emitter& e, const Instr& instr) {
  const auto index = static_cast<size_t>(instr.imm);
  const ir::StringTable& table = e.module().tables[index];
  const uint32_t stride = e.layout().table_stride[index];
  const Text to = e.TextOfReg(instr.dst);
  const Assembler::Label outside = e.as.NewLabel(), done = e.as.NewLabel();
  e.LoadLong(kR1, instr.args[0]);
  if (!table.entries.empty()) {
    e.as.IfImm(Jump::kGe, kR1, static_cast<int32_t>(table.entries.size()), outside);
    e.as.OpImm(Alu::kMul, kR1, static_cast<int32_t>(stride));
    e.as.LoadValue(kR8, Relocation::Kind::kRodata, e.layout().table_offset[index]);
    e.as.Op(Alu::kAdd, kR8, kR1);
    e.CopyText(to, Text{kR8, 0, stride});
    e.as.Goto(done);
  }
  e.as.Bind(outside);
  TextCursor cursor(e, to);
  cursor.Open();
  if (table.hex_fallback) {
    e.LoadLong(kR1, instr.args[0]);
    MakeDigits(e, 16, false);
    e.as.Store(8, kScratchReg, Emitter::Cell(kCellDigits), kR0);
    cursor.PutLiteral("0x");
    cursor.PutDigits();
  }
  cursor.Close();
  e.as.Bind(done);
}

}  // namespace podtap::bpf
