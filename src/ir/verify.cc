// Verify: every invariant that ir.h states and an executor relies on.
#include "ir/graph.h"
#include "ir/passes.h"

namespace podtap::ir {
namespace {

class Verifier {
 public:
  explicit Verifier(const Module& module) : module_(module) {}

  Result<void> Run() {
    for (const Program& program : module_.programs) {
      program_ = &program;
      if (program.blocks.empty()) Complain("it has no blocks");
      for (BlockId b = 0; b < program.blocks.size() && problem_.empty(); b++) {
        block_ = b;
        for (instr_ = 0; instr_ < program.blocks[b].instrs.size() && problem_.empty(); instr_++) {
          CheckInstr(program.blocks[b], program.blocks[b].instrs[instr_]);
        }
        CheckEnd(program.blocks[b].end);
      }
      if (!problem_.empty()) break;
    }
    if (problem_.empty()) return {};
    return std::unexpected(Error{.kind = ErrorKind::kInternal,
                                 .tried = "compile",
                                 .on = program_->name,
                                 .reason = problem_,
                                 .error_number = 0,
                                 .remedy = "please report it with the script",
                                 .detail = ""});
  }

 private:
  void Complain(const std::string& what) {
    if (!problem_.empty()) return;
    problem_ = "ir is wrong at block " + std::to_string(block_) + ", instruction " +
               std::to_string(instr_) + ": " + what;
  }
  bool CheckReg(Reg reg) {
    if (reg < program_->regs.size()) return true;
    Complain("no register %" + std::to_string(reg));
    return false;
  }
  Type TypeOf(const Operand& operand) const {
    if (operand.is_literal()) return Type::kStr;
    return operand.is_imm() ? Type::kI64 : program_->regs[operand.reg].type;
  }
  bool CheckOperand(const Operand& operand) {
    if (operand.is_reg()) return CheckReg(operand.reg);
    if (operand.is_literal() && static_cast<size_t>(operand.imm) >= module_.literals.size()) {
      Complain("no literal @" + std::to_string(operand.imm));
      return false;
    }
    return true;
  }
  void Expect(const Operand& operand, Type type) {
    if (TypeOf(operand) != type) Complain("an operand has the wrong type");
  }
  void ExpectDst(Reg reg, Type type) {
    if (reg == kNoReg) return;
    if (CheckReg(reg) && program_->regs[reg].type != type) Complain("a result has the wrong type");
  }
  void ExpectArgs(const Instr& instr, size_t count) {
    if (instr.args.size() != count) {
      Complain(std::string(Info(instr.op).name) + " has " + std::to_string(instr.args.size()) +
               " operands instead of " + std::to_string(count));
    }
  }
  template <typename T>
  bool CheckIndex(const std::vector<T>& table, int64_t index, const char* what) {
    if (index >= 0 && static_cast<size_t>(index) < table.size()) return true;
    Complain(std::string("no ") + what + " " + std::to_string(index));
    return false;
  }

  void CheckInstr(const Block& block, const Instr& instr) {
    for (const Operand& operand : instr.args) {
      if (!CheckOperand(operand)) return;
    }
    if (instr.dst != kNoReg && !CheckReg(instr.dst)) return;
    if (instr.dst2 != kNoReg) ExpectDst(instr.dst2, Type::kI64);
    if (IsKernelSide(program_->attach) && NeedsUserSpace(module_, instr)) {
      Complain(std::string(Info(instr.op).name) + " can't run in the kernel");
    }
    if (instr.op >= Op::kAdd && instr.op <= Op::kGe) return CheckArithmetic(instr);
    if (instr.op >= Op::kGlobalLoad && instr.op <= Op::kIterNext) return CheckGlobal(instr);
    switch (instr.op) {
      case Op::kMove:
        ExpectArgs(instr, 1);
        if (problem_.empty()) ExpectDst(instr.dst, TypeOf(instr.args[0]));
        break;
      case Op::kPtrOk:
        ExpectArgs(instr, 1);
        if (&instr != &block.instrs.back() || block.end.kind != Terminator::Kind::kBranch ||
            block.end.cond != Operand::R(instr.dst)) {
          Complain("ptr.ok isn't what its block's branch tests");
        }
        break;
      case Op::kPtrToInt:
      case Op::kLoad:
      case Op::kLoadStr:
        ExpectArgs(instr, 1);
        if (problem_.empty()) Expect(instr.args[0], Type::kPtr);
        break;
      case Op::kStrLen:
        ExpectArgs(instr, 1);
        break;
      case Op::kStrByte:
        ExpectArgs(instr, 2);
        break;
      case Op::kStrSub:
        ExpectArgs(instr, 3);
        break;
      case Op::kStrEq:
      case Op::kStrNe:
      case Op::kStrLt:
      case Op::kStrLe:
      case Op::kStrGt:
      case Op::kStrGe:
        ExpectArgs(instr, 2);
        for (const Operand& operand : instr.args) Expect(operand, Type::kStr);
        break;
      case Op::kStrTable:
        CheckIndex(module_.tables, instr.imm, "table");
        break;
      case Op::kRegexTest:
      case Op::kRegexMatch:
        ExpectArgs(instr, 1);
        if (CheckIndex(module_.regexes, instr.imm, "regular expression")) {
          Expect(instr.args[0], Type::kStr);
          if (instr.op == Op::kRegexMatch &&
              !module_.regexes[static_cast<size_t>(instr.imm)].captures) {
            Complain("a match keeps groups that its regular expression doesn't");
          }
        }
        break;
      case Op::kRegexGroup:
        ExpectArgs(instr, 1);
        ExpectDst(instr.dst, Type::kStr);
        break;
      case Op::kFormat:
      case Op::kPrint:
      case Op::kError:
      case Op::kWarn:
      case Op::kLog:
        CheckFormat(instr);
        break;
      case Op::kEvent:
        if (CheckIndex(module_.events, instr.imm, "event type")) {
          ExpectArgs(instr, module_.events[static_cast<size_t>(instr.imm)].fields.size());
        }
        break;
      case Op::kHistogram:
        CheckIndex(module_.globals, instr.imm, "global");
        break;
      default:
        break;
    }
  }

  void CheckArithmetic(const Instr& instr) {
    ExpectArgs(instr, 2);
    ExpectDst(instr.dst, Type::kI64);
    const bool compares_pointer = instr.op == Op::kEq || instr.op == Op::kNe;
    for (const Operand& operand : instr.args) {
      if (!(compares_pointer && TypeOf(operand) == Type::kPtr)) Expect(operand, Type::kI64);
    }
  }

  void CheckFormat(const Instr& instr) {
    if (!CheckIndex(module_.formats, instr.imm, "format")) return;
    const std::string kinds = ArgumentKinds(module_.formats[static_cast<size_t>(instr.imm)]);
    ExpectArgs(instr, kinds.size());
    for (size_t i = 0; i < kinds.size() && problem_.empty(); i++) {
      const Type type =
          kinds[i] == 'd' ? Type::kI64 : (kinds[i] == 'c' ? Type::kChain : Type::kStr);
      Expect(instr.args[i], type);
    }
  }

  void CheckGlobal(const Instr& instr) {
    if (!CheckIndex(module_.globals, instr.imm, "global")) return;
    const Global& global = module_.globals[static_cast<size_t>(instr.imm)];
    if (instr.op == Op::kIterBegin || instr.op == Op::kIterNext || instr.op == Op::kMapClearSome ||
        instr.op == Op::kMapHasSome) {
      return CheckIteration(global, instr);
    }
    size_t first_key = 0;
    switch (instr.op) {
      case Op::kGlobalLoad:
      case Op::kMapClear:
        return ExpectArgs(instr, 0);
      case Op::kGlobalStore:
      case Op::kGlobalAdd:
        return ExpectArgs(instr, 1);
      case Op::kMapSet:
      case Op::kMapAdd:
      case Op::kStatPush:
      case Op::kStatBucket:
        first_key = 1;
        break;
      default:
        break;
    }
    ExpectArgs(instr, first_key + global.keys.size());
    for (size_t i = 0; i < global.keys.size() && problem_.empty(); i++) {
      Expect(instr.args[first_key + i], global.keys[i].type);
    }
  }

  void CheckIteration(const Global& global, const Instr& instr) {
    if (!CheckIndex(module_.iterations, instr.aux, "iteration")) return;
    const Iteration& iteration = module_.iterations[instr.aux];
    if (iteration.global != static_cast<uint32_t>(instr.imm) || !global.is_array()) {
      return Complain("an iteration of another global");
    }
    ExpectArgs(instr, instr.op == Op::kIterBegin ? 1 : 0);
    const size_t count = global.keys.size();
    if (iteration.filters.size() > count || iteration.key_regs.size() > count) {
      return Complain("an iteration has more keys than the array");
    }
    for (size_t i = 0; i < iteration.filters.size(); i++) {
      const Iteration::Filter& filter = iteration.filters[i];
      if (!filter.any && CheckOperand(filter.value)) Expect(filter.value, global.keys[i].type);
    }
    for (size_t i = 0; i < iteration.key_regs.size(); i++) {
      ExpectDst(iteration.key_regs[i], global.keys[i].type);
    }
    const bool text = global.value == ValueType::kString;
    ExpectDst(iteration.value_reg, text ? Type::kStr : Type::kI64);
  }

  void CheckEnd(const Terminator& end) {
    for (BlockId next : Successors(end)) {
      if (next >= program_->blocks.size()) Complain("no block " + std::to_string(next));
    }
    if (end.kind == Terminator::Kind::kBranch && CheckOperand(end.cond))
      Expect(end.cond, Type::kI64);
  }

  const Module& module_;
  const Program* program_ = nullptr;
  BlockId block_ = 0;
  size_t instr_ = 0;
  std::string problem_;
};

}  // namespace

Result<void> Verify(const Module& module) { return Verifier(module).Run(); }

}  // namespace podtap::ir
