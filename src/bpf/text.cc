// Strings as words: addresses, copies, zeroes.
#include <algorithm>
#include <cstring>

#include "bpf/emitter.h"

namespace podtap::bpf {
namespace {

// Above this many bytes a helper copies instead of unrolled moves.
constexpr uint32_t kUnrolledCopy = 128;

}  // namespace

uint32_t Emitter::CapOf(const ir::Operand& operand) const {
  if (operand.is_literal()) return layout_.literal_cap[static_cast<size_t>(operand.imm)];
  return program_.regs[operand.reg].cap;
}

Text Emitter::TextOfReg(ir::Reg reg) const {
  return {kScratchReg, HomeOffset(reg), program_.regs[reg].cap};
}

Text Emitter::TextOf(const ir::Operand& operand, int with) {
  if (operand.is_reg()) return TextOfReg(operand.reg);
  as.LoadValue(with, Relocation::Kind::kRodata,
               layout_.literal_offset[static_cast<size_t>(operand.imm)]);
  return {with, 0, CapOf(operand)};
}

void Emitter::Address(int to, const Text& text, int32_t plus) {
  as.Mov(to, text.base);
  if (text.offset + plus != 0) as.OpImm(Alu::kAdd, to, text.offset + plus);
}

std::optional<std::string_view> Emitter::LiteralOf(const ir::Operand& operand) const {
  if (!operand.is_literal()) return std::nullopt;
  return std::string_view(module_.literals[static_cast<size_t>(operand.imm)]);
}

void Emitter::Zero(int base, int32_t offset, uint32_t bytes) {
  for (uint32_t at = 0; at < bytes; at += 8) {
    as.StoreImm(8, base, offset + static_cast<int32_t>(at), 0);
  }
}

void Emitter::CopyText(const Text& to, const Text& from) {
  const uint32_t bytes = std::min(to.cap, from.cap);
  if (bytes > kUnrolledCopy) {
    Address(kR3, from);
    Address(kR1, to);
    as.MovImm(kR2, bytes);
    // The target must be saved from the helper when it isn't in r7 … r9.
    as.Call(Helper::kReadKernel);
  } else {
    for (uint32_t at = 0; at < bytes; at += 8) {
      as.Load(8, kR0, from.base, from.offset + static_cast<int32_t>(at));
      as.Store(8, to.base, to.offset + static_cast<int32_t>(at), kR0);
    }
  }
  if (to.cap < from.cap) as.StoreImm(1, to.base, to.offset + static_cast<int32_t>(to.cap) - 1, 0);
  if (to.cap > bytes) Zero(to.base, to.offset + static_cast<int32_t>(bytes), to.cap - bytes);
}

}  // namespace podtap::bpf
