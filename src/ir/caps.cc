// InferCaps: how many bytes each string needs.
//
// Data flow over the whole module at once, since globals carry strings from one
// program to another. A cap only grows; a register that keeps growing (a string
// that appends to itself in a loop) jumps to the limit, so that few rounds do.
#include <algorithm>

#include "ir/passes.h"

namespace podtap::ir {
namespace {

constexpr uint32_t kCommCap = 16;
constexpr int kPatience = 3;  // growths of one register before it jumps to the limit

uint32_t RoundUp(uint32_t bytes) { return (bytes + 7) & ~7u; }

// Bytes without the NUL that one long prints as, at most.
uint32_t LongWidth(const Directive& piece) {
  using C = Directive::Conversion;
  uint32_t width = 0;
  switch (piece.conversion) {
    case C::kDecimal:
    case C::kUnsigned:
      width = 21;
      break;
    case C::kHex:
    case C::kHexUpper:
    case C::kPointer:
      width = 18;
      break;
    case C::kOctal:
      width = 24;
      break;
    case C::kBinary:
      width = 8;
      break;
    case C::kChar:
      width = 1;
      break;
    default:
      break;
  }
  if (piece.precision > 0) width = std::max(width, static_cast<uint32_t>(piece.precision) + 3);
  return width;
}

class CapInference {
 public:
  explicit CapInference(Module& module)
      : module_(module), limit_(RoundUp(module.limits.max_string)) {}

  void Run() {
    for (Global& global : module_.globals) {
      if (global.value == ValueType::kString) {
        global.value_cap = Fit(static_cast<uint32_t>(global.init_string.size()) + 1);
      }
      for (Global::Key& key : global.keys) {
        if (key.type == Type::kStr) key.cap = 8;
      }
    }
    for (Program& program : module_.programs) {
      for (RegInfo& reg : program.regs) {
        if (reg.type == Type::kStr) reg.cap = std::max(reg.cap, 8u);
      }
      growths_.emplace_back(program.regs.size(), 0);
    }
    do {
      changed_ = false;
      for (size_t i = 0; i < module_.programs.size(); i++) Visit(module_.programs[i], growths_[i]);
    } while (changed_);
  }

 private:
  uint32_t Fit(uint64_t bytes) const {
    return bytes >= limit_ ? limit_ : RoundUp(static_cast<uint32_t>(bytes));
  }

  uint32_t CapOf(const Program& program, const Operand& operand) const {
    if (operand.is_literal()) {
      return Fit(module_.literals[static_cast<size_t>(operand.imm)].size() + 1);
    }
    return operand.is_reg() ? program.regs[operand.reg].cap : 8;
  }

  void GrowReg(Program& program, std::vector<int>& growths, Reg reg, uint64_t bytes) {
    if (reg == kNoReg || program.regs[reg].type != Type::kStr) return;
    uint32_t cap = Fit(bytes);
    if (cap <= program.regs[reg].cap) return;
    if (++growths[reg] > kPatience) cap = limit_;
    program.regs[reg].cap = cap;
    changed_ = true;
  }

  void GrowCap(uint32_t& cap, uint32_t bytes) {
    if (bytes <= cap) return;
    cap = bytes;
    changed_ = true;
  }

  uint64_t FormatBytes(const Program& program, const Instr& instr) const {
    const Format& format = module_.formats[static_cast<size_t>(instr.imm)];
    uint64_t bytes = 1;
    size_t next = 0;
    for (const Directive& piece : format.pieces) {
      using C = Directive::Conversion;
      if (piece.conversion == C::kLiteral) {
        bytes += piece.text.size();
        continue;
      }
      uint64_t width = piece.width > 0 ? static_cast<uint64_t>(piece.width) : 0;
      if (piece.width == kFromArgument || piece.precision == kFromArgument) return limit_;
      const Operand& arg = instr.args[next++];
      const bool text = piece.conversion == C::kString || piece.conversion == C::kMemory ||
                        piece.conversion == C::kMemoryHex;
      uint64_t content = text ? CapOf(program, arg) : LongWidth(piece);
      if (piece.conversion == C::kMemoryHex) content *= 2;
      if (piece.conversion == C::kChain || piece.conversion == C::kChainTimes) return limit_;
      if (piece.conversion == C::kTable) return limit_;
      bytes += std::max(width, content);
    }
    return bytes;
  }

  // Of all texts that a last match may be in.
  uint32_t LongestMatched(const Program& program) const {
    uint32_t longest = 8;
    for (const Block& block : program.blocks) {
      for (const Instr& instr : block.instrs) {
        if (instr.op != Op::kRegexMatch) continue;
        longest = std::max(longest, CapOf(program, instr.args[0]));
      }
    }
    return longest;
  }

  void VisitKeys(Program& program, const Instr& instr, size_t first) {
    Global& global = module_.globals[static_cast<size_t>(instr.imm)];
    for (size_t i = 0; i < global.keys.size() && first + i < instr.args.size(); i++) {
      if (global.keys[i].type == Type::kStr) {
        GrowCap(global.keys[i].cap, CapOf(program, instr.args[first + i]));
      }
    }
  }

  void VisitIteration(Program& program, std::vector<int>& growths, const Instr& instr) {
    const Iteration& iteration = module_.iterations[instr.aux];
    Global& global = module_.globals[iteration.global];
    // What a key is compared with must fit where a key does.
    for (size_t i = 0; i < iteration.filters.size(); i++) {
      const Iteration::Filter& filter = iteration.filters[i];
      if (filter.any || global.keys[i].type != Type::kStr) continue;
      GrowCap(global.keys[i].cap, CapOf(program, filter.value));
    }
    for (size_t i = 0; i < iteration.key_regs.size(); i++) {
      GrowReg(program, growths, iteration.key_regs[i], global.keys[i].cap);
    }
    GrowReg(program, growths, iteration.value_reg, global.value_cap);
  }

  void Visit(Program& program, std::vector<int>& growths) {
    for (Block& block : program.blocks) {
      for (const Instr& instr : block.instrs) VisitInstr(program, growths, instr);
    }
  }

  void VisitInstr(Program& program, std::vector<int>& growths, const Instr& instr) {
    const auto grow = [&](uint64_t bytes) { GrowReg(program, growths, instr.dst, bytes); };
    const auto arg_cap = [&](size_t i) { return CapOf(program, instr.args[i]); };
    switch (instr.op) {
      case Op::kMove:
      case Op::kStrSub:
        if (program.regs[instr.dst].type == Type::kStr) grow(arg_cap(0));
        break;
      case Op::kContext:
        if (static_cast<ContextValue>(instr.imm) == ContextValue::kComm) grow(kCommCap);
        break;
      case Op::kLoadStr:
        grow(uint64_t{instr.size} + 1);
        break;
      case Op::kReadKernelStr:
      case Op::kReadUserStr:
      case Op::kReadKernelBytes: {
        const bool bounded =
            instr.args.size() > 1 && instr.args[1].is_imm() && instr.args[1].imm >= 0;
        grow(bounded ? static_cast<uint64_t>(std::min<int64_t>(instr.args[1].imm, limit_)) + 1
                     : limit_);
        break;
      }
      case Op::kChainText:
      case Op::kStrSetByte:
        grow(limit_);
        break;
      case Op::kStrAppend:
        grow(uint64_t{program.regs[instr.dst].cap} + arg_cap(0) - 1);
        break;
      case Op::kStrTable: {
        uint64_t longest = 19;  // the hex fallback: 0x and 16 digits
        for (const std::string& entry : module_.tables[static_cast<size_t>(instr.imm)].entries) {
          longest = std::max<uint64_t>(longest, entry.size() + 1);
        }
        grow(longest);
        break;
      }
      case Op::kFormat:
        grow(FormatBytes(program, instr));
        break;
      case Op::kRegexGroup:
        grow(LongestMatched(program));
        break;
      case Op::kGlobalLoad:
        grow(module_.globals[static_cast<size_t>(instr.imm)].value_cap);
        break;
      case Op::kGlobalStore: {
        Global& global = module_.globals[static_cast<size_t>(instr.imm)];
        if (global.value == ValueType::kString) GrowCap(global.value_cap, arg_cap(0));
        break;
      }
      case Op::kMapGet:
        VisitKeys(program, instr, 0);
        grow(module_.globals[static_cast<size_t>(instr.imm)].value_cap);
        break;
      case Op::kMapSet: {
        Global& global = module_.globals[static_cast<size_t>(instr.imm)];
        if (global.value == ValueType::kString) GrowCap(global.value_cap, arg_cap(0));
        VisitKeys(program, instr, 1);
        break;
      }
      case Op::kMapAdd:
      case Op::kStatPush:
        VisitKeys(program, instr, 1);
        break;
      case Op::kMapHas:
      case Op::kMapDelete:
      case Op::kStatGet:
      case Op::kHistogram:
        VisitKeys(program, instr, 0);
        break;
      case Op::kStatBucket:
        VisitKeys(program, instr, 1);
        break;
      case Op::kIterBegin:
      case Op::kIterNext:
      case Op::kMapClearSome:
      case Op::kMapHasSome:
        VisitIteration(program, growths, instr);
        break;
      default:
        break;
    }
  }

  Module& module_;
  const uint32_t limit_;
  std::vector<std::vector<int>> growths_;  // [program][reg]
  bool changed_ = false;
};

}  // namespace

void InferCaps(Module& module) { CapInference(module).Run(); }

}  // namespace podtap::ir
