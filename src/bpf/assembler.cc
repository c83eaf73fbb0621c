#include "bpf/assembler.h"

#include "bpf/refusal.h"

namespace podtap::bpf {
namespace {

constexpr uint8_t Code(Alu op) { return static_cast<uint8_t>(op); }
constexpr uint8_t Code(Jump op) { return static_cast<uint8_t>(op); }

uint8_t SizeCode(uint8_t size) {
  switch (size) {
    case 1:
      return kSizeB;
    case 2:
      return kSizeH;
    case 4:
      return kSizeW;
    default:
      return kSizeDw;
  }
}

uint8_t Bits(uint8_t base, uint8_t extra) { return static_cast<uint8_t>(base | extra); }

}  // namespace

void Assembler::Append(uint8_t code, int dst, int src, int32_t off, int32_t imm) {
  if (dead_) return;
  if (off != static_cast<int16_t>(off)) bad_offset_ = true;
  Insn insn;
  insn.code = code;
  insn.dst = static_cast<uint8_t>(dst & 0xf);
  insn.src = static_cast<uint8_t>(src & 0xf);
  insn.off = static_cast<int16_t>(off);
  insn.imm = imm;
  program_.insns.push_back(insn);
}

Assembler::Label Assembler::NewLabel() {
  labels_.push_back(kUnbound);
  referenced_.push_back(false);
  return static_cast<Label>(labels_.size() - 1);
}

void Assembler::Bind(Label label) {
  labels_[label] = size();
  if (referenced_[label]) dead_ = false;
}

void Assembler::Mov(int dst, int src) {
  if (dst != src) Append(Bits(kAlu64 | kFromReg, Code(Alu::kMov)), dst, src, 0, 0);
}

void Assembler::MovImm(int dst, int64_t value) {
  if (FitsImm(value)) {
    Append(Bits(kAlu64, Code(Alu::kMov)), dst, 0, 0, static_cast<int32_t>(value));
  } else {
    Wide(dst, 0, static_cast<uint64_t>(value));
  }
}

void Assembler::Op(Alu op, int dst, int src, int16_t off) {
  Append(Bits(kAlu64 | kFromReg, Code(op)), dst, src, off, 0);
}

void Assembler::OpImm(Alu op, int dst, int32_t imm, int16_t off) {
  Append(Bits(kAlu64, Code(op)), dst, 0, off, imm);
}

void Assembler::Neg(int dst) { Append(Bits(kAlu64, Code(Alu::kNeg)), dst, 0, 0, 0); }

void Assembler::ByteSwapToBig(int dst) {
  Append(Bits(kAlu32 | kFromReg, Code(Alu::kEnd)), dst, 0, 0, 64);
}

void Assembler::SignExtend(int dst, uint8_t size) {
  const int32_t shift = 64 - 8 * size;
  if (shift <= 0) return;
  OpImm(Alu::kLsh, dst, shift);
  OpImm(Alu::kArsh, dst, shift);
}

void Assembler::Load(uint8_t size, int dst, int base, int32_t off) {
  Append(Bits(kLdx | kModeMem, SizeCode(size)), dst, base, off, 0);
}

void Assembler::LoadSigned(uint8_t size, int dst, int base, int32_t off) {
  Append(Bits(kLdx | kModeMemSigned, SizeCode(size)), dst, base, off, 0);
}

void Assembler::Store(uint8_t size, int base, int32_t off, int src) {
  Append(Bits(kStx | kModeMem, SizeCode(size)), base, src, off, 0);
}

void Assembler::StoreImm(uint8_t size, int base, int32_t off, int32_t imm) {
  Append(Bits(kSt | kModeMem, SizeCode(size)), base, 0, off, imm);
}

void Assembler::AtomicAdd(int base, int32_t off, int src) {
  Append(kStx | kModeAtomic | kSizeDw, base, src, off, static_cast<int32_t>(Atomic::kAdd));
}

void Assembler::AtomicFetchAdd(int base, int32_t off, int src) {
  Append(kStx | kModeAtomic | kSizeDw, base, src, off, static_cast<int32_t>(Atomic::kFetchAdd));
}

void Assembler::AtomicCompareExchange(int base, int32_t off, int src) {
  Append(kStx | kModeAtomic | kSizeDw, base, src, off,
         static_cast<int32_t>(Atomic::kCompareExchange));
}

void Assembler::Branch(uint8_t code, int dst, int src, int32_t imm, Label to) {
  if (dead_) return;
  referenced_[to] = true;
  fixups_.emplace_back(size(), to);
  Append(code, dst, src, 0, imm);
}

void Assembler::Goto(Label to) {
  Branch(kJmp, 0, 0, 0, to);
  dead_ = true;
}

void Assembler::If(Jump cond, int dst, int src, Label to) {
  Branch(Bits(kJmp | kFromReg, Code(cond)), dst, src, 0, to);
}

void Assembler::IfImm(Jump cond, int dst, int32_t imm, Label to) {
  Branch(Bits(kJmp, Code(cond)), dst, 0, imm, to);
}

void Assembler::MayGoto(Label to) { Branch(Bits(kJmp, Code(Jump::kMayGoto)), 0, 0, 0, to); }

void Assembler::Call(Helper helper) {
  Append(Bits(kJmp, Code(Jump::kCall)), 0, 0, 0, static_cast<int32_t>(helper));
}

void Assembler::CallKfunc(std::string name) {
  Relocate(Relocation::Kind::kKfunc, 0, std::move(name));
  Append(Bits(kJmp, Code(Jump::kCall)), 0, kPseudoKfunc, 0, 0);
}

void Assembler::Exit() {
  Append(Bits(kJmp, Code(Jump::kExit)), 0, 0, 0, 0);
  dead_ = true;
}

void Assembler::Relocate(Relocation::Kind kind, uint32_t index, std::string name) {
  if (!dead_) program_.relocations.push_back({kind, size(), index, std::move(name)});
}

void Assembler::Wide(int dst, uint8_t pseudo, uint64_t value) {
  Append(kLd | kModeImm | kSizeDw, dst, pseudo, 0, static_cast<int32_t>(value & 0xffffffffu));
  Append(0, 0, 0, 0, static_cast<int32_t>(value >> 32));
}

void Assembler::LoadMap(int dst, Relocation::Kind kind, uint32_t index) {
  Relocate(kind, index, "");
  Wide(dst, kPseudoMapFd, 0);
}

void Assembler::LoadValue(int dst, Relocation::Kind kind, uint32_t offset) {
  Relocate(kind, 0, "");
  Wide(dst, kPseudoMapValue, uint64_t{offset} << 32);
}

void Assembler::LoadFunction(int dst, Label function) {
  if (!dead_) function_fixups_.emplace_back(size(), function);
  Wide(dst, kPseudoFunction, 0);
}

void Assembler::BeginFunction(Label label, ir::SiteId site) {
  labels_[label] = size();
  dead_ = false;
  program_.functions.push_back(size());
  // The kernel wants a line for each function's first instruction.
  program_.lines.push_back({size(), site});
}

void Assembler::Line(ir::SiteId site) {
  if (site == ir::kNone || dead_) return;
  if (!program_.lines.empty()) {
    LineInfo& last = program_.lines.back();
    if (last.site == site) return;
    if (last.insn == size()) {
      last.site = site;
      return;
    }
  }
  program_.lines.push_back({size(), site});
}

Result<Program> Assembler::Finish() {
  for (const auto& [insn, label] : fixups_) {
    const int64_t distance = int64_t{labels_[label]} - int64_t{insn} - 1;
    if (labels_[label] == kUnbound) {
      return Internal("a label was never bound");
    }
    if (distance != static_cast<int16_t>(distance)) bad_offset_ = true;
    program_.insns[insn].off = static_cast<int16_t>(distance);
  }
  for (const auto& [insn, label] : function_fixups_) {
    if (labels_[label] == kUnbound) return Internal("a function was never made");
    program_.insns[insn].imm =
        static_cast<int32_t>(labels_[label]) - static_cast<int32_t>(insn) - 1;
  }
  if (bad_offset_) {
    return Unsupported(
        "it's too long for one eBPF program (a jump or an offset of more than 32767)");
  }
  return std::move(program_);
}

}  // namespace podtap::bpf
