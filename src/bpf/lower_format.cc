// sprintf and its kin: what ir::FormatText does, in instructions.
#include <algorithm>
#include <cstring>

#include "bpf/cursor.h"
#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Directive;
using ir::Instr;
using ir::Operand;
using Conversion = ir::Directive::Conversion;

namespace {

constexpr int32_t kMaxWidth = 8192;  // as FormatText clamps it

class Formatter {
 public:
  Formatter(Emitter& e, const Instr& instr, const Text& to)
      : e_(e), instr_(instr), cursor_(e, to), end_(e.as.NewLabel()) {}

  void Run(const ir::Format& format) {
    cursor_.Open();
    for (const Directive& piece : format.pieces) {
      if (!Put(piece)) break;
    }
    e_.as.Bind(end_);
    cursor_.Close();
  }

 private:
  const Operand& Next() {
    static const Operand kNothing = Operand::I(0);
    return next_ < instr_.args.size() ? instr_.args[next_++] : kNothing;
  }

  void StoreCell(uint32_t cell, int reg) { e_.as.Store(8, kScratchReg, Emitter::Cell(cell), reg); }
  void StoreCellImm(uint32_t cell, int32_t value) {
    e_.as.StoreImm(8, kScratchReg, Emitter::Cell(cell), value);
  }
  void LoadCell(int reg, uint32_t cell) { e_.as.Load(8, reg, kScratchReg, Emitter::Cell(cell)); }

  // False when a NUL in the text ends the string for good.
  bool Put(const Directive& piece) {
    if (piece.conversion == Conversion::kLiteral) {
      const size_t nul = piece.text.find('\0');
      cursor_.PutLiteral(std::string_view(piece.text).substr(0, nul));
      return nul == std::string::npos;
    }
    TakeShape(piece);
    switch (piece.conversion) {
      case Conversion::kString:
        PutString(piece, Next());
        break;
      case Conversion::kChar:
        PutChar(Next());
        break;
      case Conversion::kBinary:
        PutBinary(piece, Next());
        break;
      case Conversion::kMemory:
        PutMemory(piece, Next());
        break;
      case Conversion::kMemoryHex:
        PutMemoryHex(piece, Next());
        break;
      case Conversion::kChain:
      case Conversion::kChainTimes:
      case Conversion::kTable:
        Next();
        e_.Refuse(instr_, "that conversion can't be put into a string in the kernel");
        return false;
      default:
        PutNumber(piece, Next());
        break;
    }
    return true;
  }

  // r1 into [-kMaxWidth, kMaxWidth].
  void ClampWidth() {
    const Assembler::Label low = e_.as.NewLabel(), high = e_.as.NewLabel();
    e_.as.IfImm(Jump::kSge, kR1, -kMaxWidth, low);
    e_.as.MovImm(kR1, -kMaxWidth);
    e_.as.Bind(low);
    e_.as.IfImm(Jump::kSle, kR1, kMaxWidth, high);
    e_.as.MovImm(kR1, kMaxWidth);
    e_.as.Bind(high);
  }

  void TakeShape(const Directive& piece) {
    plain_ = piece.width == -1 && piece.precision == -1;
    if (plain_) return;
    StoreCellImm(kCellLeft, piece.left ? 1 : 0);
    if (piece.width == ir::kFromArgument) {
      const Assembler::Label right = e_.as.NewLabel();
      e_.LoadLong(kR1, Next());
      ClampWidth();
      e_.as.IfImm(Jump::kSge, kR1, 0, right);
      e_.as.Neg(kR1);
      StoreCellImm(kCellLeft, 1);
      e_.as.Bind(right);
      StoreCell(kCellWidth, kR1);
    } else {
      StoreCellImm(kCellWidth, piece.width);
    }
    if (piece.precision == ir::kFromArgument) {
      const Assembler::Label some = e_.as.NewLabel();
      e_.LoadLong(kR1, Next());
      ClampWidth();
      e_.as.IfImm(Jump::kSge, kR1, -1, some);
      e_.as.MovImm(kR1, -1);
      e_.as.Bind(some);
      StoreCell(kCellPrecision, kR1);
    } else {
      StoreCellImm(kCellPrecision, piece.precision);
    }
  }

  // The width that is missing, in r1, goes before the text or behind it.
  void SplitPadding() {
    const Assembler::Label right = e_.as.NewLabel(), done = e_.as.NewLabel();
    e_.as.MovImm(kR3, 0);
    LoadCell(kR2, kCellLeft);
    e_.as.IfImm(Jump::kEq, kR2, 0, right);
    StoreCell(kCellAfter, kR1);
    StoreCell(kCellFirst, kR3);
    e_.as.Goto(done);
    e_.as.Bind(right);
    StoreCell(kCellFirst, kR1);
    StoreCell(kCellAfter, kR3);
    e_.as.Bind(done);
  }

  static std::string_view Prefix(const Directive& piece) {
    switch (piece.conversion) {
      case Conversion::kOctal:
        return piece.alternate ? "0" : "";
      case Conversion::kHexUpper:
        return piece.alternate ? "0X" : "";
      case Conversion::kHex:
        return piece.alternate ? "0x" : "";
      case Conversion::kPointer:
        return "0x";
      default:
        return "";
    }
  }

  static int Base(const Directive& piece) {
    switch (piece.conversion) {
      case Conversion::kOctal:
        return 8;
      case Conversion::kHexUpper:
      case Conversion::kHex:
      case Conversion::kPointer:
        return 16;
      default:
        return 10;
    }
  }

  void PutNumber(const Directive& piece, const Operand& value) {
    const bool is_signed = piece.conversion == Conversion::kDecimal;
    e_.LoadLong(kR1, value);
    if (is_signed) {
      const Assembler::Label positive = e_.as.NewLabel();
      StoreCellImm(kCellSign, piece.plus ? '+' : piece.space ? ' ' : 0);
      e_.as.IfImm(Jump::kSge, kR1, 0, positive);
      e_.as.Neg(kR1);
      StoreCellImm(kCellSign, '-');
      e_.as.Bind(positive);
    }
    MakeDigits(e_, Base(piece), piece.conversion == Conversion::kHexUpper);
    StoreCell(kCellDigits, kR0);
    if (!plain_) ShapeNumber(piece, is_signed);
    if (!plain_ && !piece.zero) cursor_.PutFill(' ', kCellFirst);
    if (is_signed) {
      LoadCell(kR1, kCellSign);
      cursor_.PutByte();
    }
    cursor_.PutLiteral(Prefix(piece));
    if (!plain_ && piece.zero) cursor_.PutFill('0', kCellFirst);
    if (!plain_) cursor_.PutFill('0', kCellZeros);
    cursor_.PutDigits();
    if (!plain_) cursor_.PutFill(' ', kCellAfter);
  }

  // shown = max(digits, precision); zeros = shown - digits; what is missing of
  // the width after sign, prefix and shown is padding.
  void ShapeNumber(const Directive& piece, bool is_signed) {
    const Assembler::Label shown = e_.as.NewLabel();
    LoadCell(kR2, kCellPrecision);
    e_.as.If(Jump::kSge, kR2, kR0, shown);
    e_.as.Mov(kR2, kR0);
    e_.as.Bind(shown);
    e_.as.Mov(kR3, kR2);
    e_.as.Op(Alu::kSub, kR3, kR0);
    StoreCell(kCellZeros, kR3);
    LoadCell(kR1, kCellWidth);
    e_.as.Op(Alu::kSub, kR1, kR2);
    const auto prefix = static_cast<int32_t>(Prefix(piece).size());
    if (prefix > 0) e_.as.OpImm(Alu::kAdd, kR1, -prefix);
    if (is_signed) {
      const Assembler::Label no_sign = e_.as.NewLabel();
      LoadCell(kR2, kCellSign);
      e_.as.IfImm(Jump::kEq, kR2, 0, no_sign);
      e_.as.OpImm(Alu::kAdd, kR1, -1);
      e_.as.Bind(no_sign);
    }
    SplitPadding();
  }

  Text Aside(uint32_t cap) const {
    return {kScratchReg, static_cast<int32_t>(e_.frame().text_offset), cap};
  }

  // At most `precision` bytes of the string, aside; their number in kCellLength.
  void CopyAside(const Text& from) {
    const Assembler::Label some = e_.as.NewLabel(), fits = e_.as.NewLabel(),
                           fine = e_.as.NewLabel();
    e_.Address(kR3, from);
    e_.Address(kR1, Aside(from.cap));
    LoadCell(kR2, kCellPrecision);
    e_.as.IfImm(Jump::kSge, kR2, 0, some);
    e_.as.MovImm(kR2, from.cap);
    e_.as.Bind(some);
    e_.as.IfImm(Jump::kLt, kR2, static_cast<int32_t>(from.cap), fits);
    e_.as.MovImm(kR2, from.cap - 1);
    e_.as.Bind(fits);
    e_.as.OpImm(Alu::kAdd, kR2, 1);
    e_.as.Call(Helper::kReadKernelStr);
    e_.as.OpImm(Alu::kAdd, kR0, -1);
    e_.as.IfImm(Jump::kLt, kR0, static_cast<int32_t>(from.cap), fine);
    e_.as.MovImm(kR0, 0);
    e_.as.Bind(fine);
    StoreCell(kCellLength, kR0);
  }

  // kCellWidth - kCellLength, split.
  void PadForLength() {
    LoadCell(kR1, kCellWidth);
    LoadCell(kR2, kCellLength);
    e_.as.Op(Alu::kSub, kR1, kR2);
    SplitPadding();
  }

  void PutString(const Directive& piece, const Operand& value) {
    if (plain_) {
      if (const auto literal = e_.LiteralOf(value)) {
        cursor_.PutLiteral(literal->substr(0, literal->find('\0')));
      } else {
        cursor_.PutText(e_.TextOf(value, kR3));
      }
      return;
    }
    const Text from = e_.TextOf(value, kR3);
    CopyAside(from);
    if (piece.width != -1) {
      PadForLength();
      cursor_.PutFill(' ', kCellFirst);
    }
    cursor_.PutText(Aside(from.cap));
    if (piece.width != -1) cursor_.PutFill(' ', kCellAfter);
  }

  void PutChar(const Operand& value) {
    if (!plain_) {
      const Assembler::Label nothing = e_.as.NewLabel();
      e_.LoadLong(kR2, value);
      e_.as.OpImm(Alu::kAnd, kR2, 255);
      LoadCell(kR1, kCellWidth);
      e_.as.IfImm(Jump::kEq, kR2, 0, nothing);
      e_.as.OpImm(Alu::kAdd, kR1, -1);
      e_.as.Bind(nothing);
      SplitPadding();
      cursor_.PutFill(' ', kCellFirst);
    }
    e_.LoadLong(kR1, value);
    cursor_.PutByte();
    if (!plain_) cursor_.PutFill(' ', kCellAfter);
  }

  static constexpr int32_t kBinarySizes[] = {1, 2, 4, 8};
  static bool IsBinarySize(int32_t size) {
    return std::ranges::find(kBinarySizes, size) != std::end(kBinarySizes);
  }

  // Raw bytes: the first zero among them is the string's end, and a NUL is what
  // they are padded with.
  void PutBinary(const Directive& piece, const Operand& value) {
    if (piece.width == ir::kFromArgument || piece.precision == ir::kFromArgument) {
      return PutSizedBinary(value);
    }
    int32_t size = 8;
    if (IsBinarySize(piece.precision)) {
      size = piece.precision;
    } else if (piece.precision < 0 && IsBinarySize(piece.width)) {
      size = piece.width;
    }
    if (!piece.left && piece.width > size) {
      e_.as.Goto(end_);
      return;
    }
    for (int32_t i = 0; i < size; i++) PutByteOf(value, i);
    if (piece.width > size) e_.as.Goto(end_);
  }

  void PutByteOf(const Operand& value, int32_t i) {
    e_.LoadLong(kR1, value);
    e_.as.OpImm(Alu::kRsh, kR1, 8 * i);
    e_.as.OpImm(Alu::kAnd, kR1, 255);
    e_.as.IfImm(Jump::kEq, kR1, 0, end_);
    cursor_.PutByte();
  }

  // The same with a width or precision that only the run knows.
  void PutSizedBinary(const Operand& value) {
    const Assembler::Label sized = e_.as.NewLabel(), from_width = e_.as.NewLabel(),
                           fits = e_.as.NewLabel(), done = e_.as.NewLabel();
    LoadCell(kR1, kCellPrecision);
    for (const int32_t size : kBinarySizes) e_.as.IfImm(Jump::kEq, kR1, size, sized);
    e_.as.IfImm(Jump::kSlt, kR1, 0, from_width);
    e_.as.MovImm(kR1, 8);
    e_.as.Goto(sized);
    e_.as.Bind(from_width);
    LoadCell(kR1, kCellWidth);
    for (const int32_t size : kBinarySizes) e_.as.IfImm(Jump::kEq, kR1, size, sized);
    e_.as.MovImm(kR1, 8);
    e_.as.Bind(sized);
    StoreCell(kCellLength, kR1);
    // Padding before the bytes is a NUL, which ends the string.
    LoadCell(kR2, kCellWidth);
    e_.as.If(Jump::kSle, kR2, kR1, fits);
    LoadCell(kR2, kCellLeft);
    e_.as.IfImm(Jump::kEq, kR2, 0, end_);
    e_.as.Bind(fits);
    for (int32_t i = 0; i < 8; i++) {
      LoadCell(kR1, kCellLength);
      e_.as.IfImm(Jump::kLe, kR1, i, done);
      PutByteOf(value, i);
    }
    e_.as.Bind(done);
    LoadCell(kR1, kCellLength);
    LoadCell(kR2, kCellWidth);
    e_.as.If(Jump::kSgt, kR2, kR1, end_);
  }

  // Of memory: how many bytes are asked for, 1 without a precision.
  void TakeMemoryShape(const Directive& piece) {
    if (plain_) {
      StoreCellImm(kCellWidth, -1);
      StoreCellImm(kCellLeft, 0);
    }
    if (piece.precision == -1) {
      StoreCellImm(kCellPrecision, 1);
    } else if (piece.precision == ir::kFromArgument) {
      const Assembler::Label some = e_.as.NewLabel();
      LoadCell(kR1, kCellPrecision);
      e_.as.IfImm(Jump::kSge, kR1, 0, some);
      StoreCellImm(kCellPrecision, 1);
      e_.as.Bind(some);
    }
  }

  // Those up to a NUL, which ends the string.
  void PutMemory(const Directive& piece, const Operand& value) {
    TakeMemoryShape(piece);
    const Text from = e_.TextOf(value, kR3);
    CopyAside(from);
    // The padding is counted from the bytes asked for, as far as there are any.
    const Assembler::Label fits = e_.as.NewLabel();
    LoadCell(kR2, kCellPrecision);
    e_.as.IfImm(Jump::kLe, kR2, static_cast<int32_t>(from.cap), fits);
    e_.as.MovImm(kR2, from.cap);
    e_.as.Bind(fits);
    StoreCell(kCellValue, kR2);
    LoadCell(kR1, kCellWidth);
    e_.as.Op(Alu::kSub, kR1, kR2);
    SplitPadding();
    cursor_.PutFill(' ', kCellFirst);
    cursor_.PutText(Aside(from.cap));
    LoadCell(kR1, kCellLength);
    LoadCell(kR2, kCellValue);
    e_.as.If(Jump::kLt, kR1, kR2, end_);
    cursor_.PutFill(' ', kCellAfter);
  }

  // r1 = the digit for the four bits that are in it.
  void MakeHexDigit() {
    const Assembler::Label decimal = e_.as.NewLabel();
    e_.as.OpImm(Alu::kAdd, kR1, '0');
    e_.as.IfImm(Jump::kLe, kR1, '9', decimal);
    e_.as.OpImm(Alu::kAdd, kR1, 'a' - '9' - 1);
    e_.as.Bind(decimal);
  }

  void PutMemoryHex(const Directive& piece, const Operand& value) {
    TakeMemoryShape(piece);
    const Text from = e_.TextOf(value, kR3);
    const Assembler::Label fits = e_.as.NewLabel();
    LoadCell(kR1, kCellPrecision);
    e_.as.IfImm(Jump::kLt, kR1, static_cast<int32_t>(from.cap), fits);
    e_.as.MovImm(kR1, from.cap - 1);
    e_.as.Bind(fits);
    StoreCell(kCellValue, kR1);
    LoadCell(kR2, kCellWidth);
    e_.as.Op(Alu::kSub, kR2, kR1);
    e_.as.Op(Alu::kSub, kR2, kR1);
    e_.as.Mov(kR1, kR2);
    SplitPadding();
    cursor_.PutFill(' ', kCellFirst);
    PutHexDigits(value, from);
    cursor_.PutFill(' ', kCellAfter);
  }

  // Two digits a byte, kCellValue bytes, at most the text's. The verifier counts the
  // rounds on the stack where may_goto doesn't end them for it.
  void PutHexDigits(const Operand& value, const Text& from) {
    const Assembler::Label loop = e_.as.NewLabel(), done = e_.as.NewLabel();
    const bool may_goto = e_.target().may_goto;
    StoreCellImm(kCellLoop, 0);
    if (!may_goto) e_.as.StoreImm(8, kFrame, Frame::kTempC, 0);
    e_.as.Bind(loop);
    if (may_goto) {
      e_.as.MayGoto(done);
    } else {
      e_.as.Load(8, kR1, kFrame, Frame::kTempC);
      e_.as.IfImm(Jump::kGe, kR1, static_cast<int32_t>(from.cap), done);
      e_.as.OpImm(Alu::kAdd, kR1, 1);
      e_.as.Store(8, kFrame, Frame::kTempC, kR1);
    }
    LoadCell(kR1, kCellLoop);
    LoadCell(kR2, kCellValue);
    e_.as.If(Jump::kGe, kR1, kR2, done);
    for (const bool high : {true, false}) {
      LoadCell(kR1, kCellLoop);
      e_.as.IfImm(Jump::kGe, kR1, static_cast<int32_t>(from.cap), done);
      e_.Address(kR2, e_.TextOf(value, kR2));
      e_.as.Op(Alu::kAdd, kR2, kR1);
      e_.as.Load(1, kR1, kR2, 0);
      if (high) {
        e_.as.OpImm(Alu::kRsh, kR1, 4);
      } else {
        e_.as.OpImm(Alu::kAnd, kR1, 15);
      }
      MakeHexDigit();
      cursor_.PutByte();
    }
    LoadCell(kR1, kCellLoop);
    e_.as.OpImm(Alu::kAdd, kR1, 1);
    StoreCell(kCellLoop, kR1);
    e_.as.Goto(loop);
    e_.as.Bind(done);
  }

  Emitter& e_;
  const Instr& instr_;
  TextCursor cursor_;
  const Assembler::Label end_;
  size_t next_ = 0;
  bool plain_ = true;
};

}  // namespace

void LowerFormat(Emitter& e, const Instr& instr) {
  const Text to = e.TextOfReg(instr.dst);
  const bool overlap = std::any_of(instr.args.begin(), instr.args.end(), [&](const Operand& arg) {
    return arg.is_reg() && arg.reg == instr.dst;
  });
  const Text into =
      overlap ? Text{kScratchReg, static_cast<int32_t>(e.frame().build_offset), to.cap} : to;
  Formatter(e, instr, into).Run(e.module().formats[static_cast<size_t>(instr.imm)]);
  if (overlap) e.CopyText(to, into);
}

}  // namespace podtap::bpf
