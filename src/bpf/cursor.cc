#include "bpf/cursor.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace podtap::bpf {

void TextCursor::AddressAt(int to) {
  e_.Address(to, to_);
  e_.as.Op(Alu::kAdd, to, kR8);
}

void TextCursor::Open() {
  e_.Zero(to_.base, to_.offset, to_.cap);
  e_.as.MovImm(kR8, 0);
}

void TextCursor::Clamp() {
  const Assembler::Label inside = e_.as.NewLabel();
  e_.as.IfImm(Jump::kLt, kR8, static_cast<int32_t>(to_.cap), inside);
  e_.as.MovImm(kR8, to_.cap - 1);
  e_.as.Bind(inside);
  // Whatever the verifier knew of the length is forgotten, so that it doesn't
  // follow each length by itself; the mask changes nothing but bounds it.
  e_.as.Store(8, kScratchReg, Emitter::Cell(kCellPosition), kR8);
  e_.as.Load(8, kR8, kScratchReg, Emitter::Cell(kCellPosition));
  e_.as.OpImm(Alu::kAnd, kR8, static_cast<int32_t>(std::bit_ceil(to_.cap) - 1));
}

void TextCursor::PutLiteral(std::string_view text) {
  text = text.substr(0, std::min<size_t>(text.size(), to_.cap));
  if (text.empty()) return;
  AddressAt(kR9);
  for (size_t at = 0; at < text.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, std::min<size_t>(8, text.size() - at));
    const auto value = static_cast<int64_t>(word);
    if (FitsImm(value)) {
      e_.as.StoreImm(8, kR9, static_cast<int32_t>(at), static_cast<int32_t>(value));
    } else {
      e_.as.MovImm(kR1, value);
      e_.as.Store(8, kR9, static_cast<int32_t>(at), kR1);
    }
  }
  e_.as.OpImm(Alu::kAdd, kR8, static_cast<int32_t>(text.size()));
  Clamp();
}

void TextCursor::PutText(const Text& from) {
  e_.Address(kR3, from);
  AddressAt(kR1);
  e_.as.MovImm(kR2, from.cap);
  e_.as.Call(Helper::kReadKernelStr);
  e_.as.OpImm(Alu::kAdd, kR0, -1);
  e_.as.Op(Alu::kAdd, kR8, kR0);
  Clamp();
}

void TextCursor::PutDigits() {
  e_.as.Load(8, kR1, kScratchReg, Emitter::Cell(kCellDigits));
  e_.as.OpImm(Alu::kAnd, kR1, 31);
  e_.as.MovImm(kR2, kDigitsEnd);
  e_.as.Op(Alu::kSub, kR2, kR1);
  e_.as.Op(Alu::kAdd, kR2, kScratchReg);
  AddressAt(kR9);
  // Behind the digits there are zeroes, so whole words may be moved.
  for (int32_t at = 0; at < 24; at += 8) {
    e_.as.Load(8, kR3, kR2, at);
    e_.as.Store(8, kR9, at, kR3);
  }
  e_.as.Op(Alu::kAdd, kR8, kR1);
  Clamp();
}

void TextCursor::PutFill(char c, uint32_t cell) {
  const Assembler::Label none = e_.as.NewLabel(), fits = e_.as.NewLabel(), loop = e_.as.NewLabel(),
                         filled = e_.as.NewLabel();
  const auto cap = static_cast<int32_t>(to_.cap);
  uint64_t word = 0;
  std::memset(&word, c, sizeof(word));
  e_.as.Load(8, kR2, kScratchReg, Emitter::Cell(cell));
  e_.as.IfImm(Jump::kSle, kR2, 0, none);
  e_.as.IfImm(Jump::kSle, kR2, cap, fits);
  e_.as.MovImm(kR2, cap);
  e_.as.Bind(fits);
  e_.as.Store(8, kScratchReg, Emitter::Cell(kCellLaunder), kR2);
  AddressAt(kR9);
  e_.as.MovImm(kR1, static_cast<int64_t>(word));
  e_.as.MovImm(kR3, 0);
  e_.as.Bind(loop);
  e_.as.Store(8, kR9, 0, kR1);
  e_.as.OpImm(Alu::kAdd, kR9, 8);
  e_.as.OpImm(Alu::kAdd, kR3, 8);
  e_.as.If(Jump::kGe, kR3, kR2, filled);
  e_.as.IfImm(Jump::kLt, kR3, cap, loop);
  e_.as.Bind(filled);
  e_.as.Load(8, kR2, kScratchReg, Emitter::Cell(kCellLaunder));
  e_.as.Op(Alu::kAdd, kR8, kR2);
  Clamp();
  // What the last word wrote too much.
  AddressAt(kR9);
  e_.as.StoreImm(8, kR9, 0, 0);
  e_.as.Bind(none);
}

void TextCursor::PutByte() {
  const Assembler::Label none = e_.as.NewLabel();
  e_.as.OpImm(Alu::kAnd, kR1, 255);
  e_.as.IfImm(Jump::kEq, kR1, 0, none);
  AddressAt(kR9);
  e_.as.Store(1, kR9, 0, kR1);
  e_.as.OpImm(Alu::kAdd, kR8, 1);
  Clamp();
  e_.as.Bind(none);
}

void TextCursor::Close() {
  e_.as.StoreImm(1, to_.base, to_.offset + static_cast<int32_t>(to_.cap) - 1, 0);
}

void MakeDigits(Emitter& e, int base, bool upper) {
  const Assembler::Label loop = e.as.NewLabel(), done = e.as.NewLabel(), small = e.as.NewLabel();
  e.Zero(kScratchReg, kDigitsEnd, 32);
  e.as.Mov(kR3, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR3, kDigitsEnd);
  e.as.MovImm(kR4, 0);
  e.as.Bind(loop);
  e.as.Mov(kR2, kR1);
  if (base == 10) {
    e.as.OpImm(Alu::kMod, kR2, 10);
    e.as.OpImm(Alu::kDiv, kR1, 10);
  } else {
    e.as.OpImm(Alu::kAnd, kR2, base - 1);
    e.as.OpImm(Alu::kRsh, kR1, base == 16 ? 4 : 3);
  }
  if (base == 16) {
    e.as.IfImm(Jump::kLe, kR2, 9, small);
    e.as.OpImm(Alu::kAdd, kR2, (upper ? 'A' : 'a') - '0' - 10);
    e.as.Bind(small);
  }
  e.as.OpImm(Alu::kAdd, kR2, '0');
  e.as.OpImm(Alu::kAdd, kR3, -1);
  e.as.Store(1, kR3, 0, kR2);
  e.as.OpImm(Alu::kAdd, kR4, 1);
  e.as.IfImm(Jump::kEq, kR1, 0, done);
  e.as.IfImm(Jump::kLt, kR4, 23, loop);
  e.as.Bind(done);
  e.as.Mov(kR0, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR0, kDigitsEnd);
  e.as.Op(Alu::kSub, kR0, kR3);
}

void CutAtNul(Emitter& e, const Text& text) {
  const Text aside{kScratchReg, static_cast<int32_t>(e.frame().text_offset), text.cap};
  const Assembler::Label fine = e.as.NewLabel();
  e.Address(kR3, text);
  e.Address(kR1, aside);
  e.as.MovImm(kR2, text.cap);
  e.as.Call(Helper::kReadKernelStr);
  e.as.Mov(kR8, kR0);
  e.as.IfImm(Jump::kLe, kR8, static_cast<int32_t>(text.cap), fine);
  e.as.MovImm(kR8, 1);
  e.as.Bind(fine);
  e.Zero(text.base, text.offset, text.cap);
  e.Address(kR3, aside);
  e.Address(kR1, text);
  e.as.Mov(kR2, kR8);
  e.as.Call(Helper::kReadKernel);
}

}  // namespace podtap::bpf
