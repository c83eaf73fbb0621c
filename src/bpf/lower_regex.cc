// Regular expressions: regex::Match over the tables in rodata.
//
// A round of the loop reads a byte. State and position stand in cells, where the
// verifier forgets them, so that it looks at few rounds; where there is no may_goto,
// it counts the rounds on the stack.
#include <algorithm>

#include "bpf/cursor.h"
#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Instr;

namespace {

constexpr uint32_t kCellState = kCellValue, kCellByte = kCellFirst, kCellPair = kCellZeros;
constexpr int kTables = kR9;  // the regular expression's first table

class Matcher {
 public:
  Matcher(Emitter& e, const Instr& instr)
      : e_(e),
        as_(e.as),
        text_of_(instr.args[0]),
        automaton_(e.module().regexes[static_cast<size_t>(instr.imm)]),
        place_(e.layout().regexes[static_cast<size_t>(instr.imm)]),
        captures_(instr.op == ir::Op::kRegexMatch) {}

  // r0 = whether it was found.
  void Run() {
    const Assembler::Label loop = as_.NewLabel(), done = as_.NewLabel(), no = as_.NewLabel();
    as_.LoadValue(kTables, Relocation::Kind::kRodata, place_.classes);
    Set(kCellPosition, 0);
    Set(kCellState, regex::kStart);
    if (captures_) {
      as_.StoreImm(8, kScratchReg, Register(1), -1);
      Set(kCellAfter, 0);
      Set(kCellPair, place_.start_list);
      MakeMoves();
    }
    if (!e_.target().may_goto) as_.StoreImm(8, kFrame, Frame::kTempB, 0);
    as_.Bind(loop);
    Bound(Frame::kTempB, e_.CapOf(text_of_), done);
    Step(done);
    Load(kR1, kCellState);
    as_.IfImm(Jump::kLt, kR1, regex::kStart, done);
    Load(kR1, kCellByte);
    as_.IfImm(Jump::kNe, kR1, 0, loop);
    as_.Bind(done);
    if (captures_) {
      as_.Load(8, kR1, kScratchReg, Register(1));
      as_.MovImm(kR0, 0);
      as_.IfImm(Jump::kSlt, kR1, 0, no);
    } else {
      Load(kR1, kCellState);
      as_.MovImm(kR0, 0);
      as_.IfImm(Jump::kNe, kR1, regex::kFound, no);
    }
    as_.MovImm(kR0, 1);
    as_.Bind(no);
  }

 private:
  void Set(uint32_t cell, int32_t value) {
    as_.StoreImm(8, kScratchReg, Emitter::Cell(cell), value);
  }
  void Load(int to, uint32_t cell) { as_.Load(8, to, kScratchReg, Emitter::Cell(cell)); }
  void Store(uint32_t cell, int from) { as_.Store(8, kScratchReg, Emitter::Cell(cell), from); }
  int32_t Register(uint32_t number) const {
    return static_cast<int32_t>(e_.frame().match_offset + kMatchRegisters + 8 * number);
  }

  // The loop ends after so many rounds at most, whatever the tables say.
  void Bound(int32_t counter, uint32_t rounds, Assembler::Label end) {
    if (e_.target().may_goto) {
      as_.MayGoto(end);
      return;
    }
    as_.Load(8, kR1, kFrame, counter);
    as_.IfImm(Jump::kGe, kR1, static_cast<int32_t>(rounds), end);
    as_.OpImm(Alu::kAdd, kR1, 1);
    as_.Store(8, kFrame, counter, kR1);
  }

  // Reads the byte at the position and takes its transition.
  void Step(Assembler::Label done) {
    const auto cap = static_cast<int32_t>(e_.CapOf(text_of_));
    Load(kR1, kCellPosition);
    as_.IfImm(Jump::kGe, kR1, cap, done);
    e_.Address(kR2, e_.TextOf(text_of_, kR2));
    as_.Op(Alu::kAdd, kR2, kR1);
    as_.Load(1, kR2, kR2, 0);
    Store(kCellByte, kR2);
    if (captures_) {  // the end takes no room
      const Assembler::Label end = as_.NewLabel();
      as_.Mov(kR3, kR1);
      as_.IfImm(Jump::kEq, kR2, 0, end);
      as_.OpImm(Alu::kAdd, kR3, 1);
      as_.Bind(end);
      Store(kCellAfter, kR3);
    }
    as_.OpImm(Alu::kAdd, kR1, 1);
    Store(kCellPosition, kR1);
    as_.Op(Alu::kAdd, kR2, kTables);
    as_.Load(1, kR2, kR2, 0);  // its class
    Load(kR1, kCellState);
    as_.IfImm(Jump::kGe, kR1, static_cast<int32_t>(automaton_.states), done);
    as_.OpImm(Alu::kMul, kR1, static_cast<int32_t>(automaton_.classes));
    as_.Op(Alu::kAdd, kR1, kR2);
    as_.OpImm(Alu::kLsh, kR1, 1);
    as_.Op(Alu::kAdd, kR1, kTables);
    as_.OpImm(Alu::kAdd, kR1, static_cast<int32_t>(place_.next - place_.classes));
    as_.Load(2, kR2, kR1, 0);
    Store(kCellState, kR2);
    if (!captures_) return;
    as_.OpImm(Alu::kAdd, kR1, static_cast<int32_t>(place_.moves - place_.next));
    as_.Load(2, kR2, kR1, 0);
    Store(kCellPair, kR2);
    MakeMoves();
  }

  // The list of moves that begins with pair kCellPair of the pool.
  void MakeMoves() {
    const Assembler::Label loop = as_.NewLabel(), done = as_.NewLabel(), put = as_.NewLabel();
    const auto registers = static_cast<int32_t>(automaton_.registers);
    if (!e_.target().may_goto) as_.StoreImm(8, kFrame, Frame::kTempC, 0);
    as_.Bind(loop);
    Bound(Frame::kTempC, LongestList(), done);
    Load(kR1, kCellPair);
    as_.IfImm(Jump::kGe, kR1, static_cast<int32_t>(place_.pool_pairs), done);
    as_.Mov(kR2, kR1);
    as_.OpImm(Alu::kAdd, kR1, 1);
    Store(kCellPair, kR1);
    as_.OpImm(Alu::kLsh, kR2, 1);
    as_.Op(Alu::kAdd, kR2, kTables);
    as_.OpImm(Alu::kAdd, kR2, static_cast<int32_t>(place_.pool - place_.classes));
    as_.Load(1, kR3, kR2, 0);
    as_.IfImm(Jump::kGe, kR3, registers, done);  // the list's end
    as_.Load(1, kR4, kR2, 1);
    Load(kR0, kCellAfter);
    as_.IfImm(Jump::kEq, kR4, regex::kFromPosition, put);
    as_.MovImm(kR0, -1);
    as_.IfImm(Jump::kGe, kR4, registers, put);
    as_.OpImm(Alu::kLsh, kR4, 3);
    as_.Op(Alu::kAdd, kR4, kScratchReg);
    as_.Load(8, kR0, kR4, Register(0));
    as_.Bind(put);
    as_.OpImm(Alu::kLsh, kR3, 3);
    as_.Op(Alu::kAdd, kR3, kScratchReg);
    as_.Store(8, kR3, Register(0), kR0);
    as_.Goto(loop);
    as_.Bind(done);
  }

  uint32_t LongestList() const {
    size_t longest = 0;
    for (const auto& list : automaton_.move_lists) longest = std::max(longest, list.size());
    return static_cast<uint32_t>(longest + 1);
  }

  Emitter& e_;
  Assembler& as_;
  const ir::Operand& text_of_;
  const regex::Automaton& automaton_;
  const ir::RegexPlace& place_;
  const bool captures_;
};

int32_t MatchGroups(const Emitter& e) {
  return static_cast<int32_t>(e.frame().match_offset + kMatchGroups);
}

Text MatchText(const Emitter& e) {
  return {kScratchReg, static_cast<int32_t>(e.frame().match_text_offset), e.frame().match_text_cap};
}

}  // namespace

void LowerRegexTest(Emitter& e, const Instr& instr) {
  Matcher(e, instr).Run();
  e.Result0(instr);
}

void LowerRegexMatch(Emitter& e, const Instr& instr) {
  const Assembler::Label done = e.as.NewLabel();
  const auto groups =
      static_cast<int32_t>(e.module().regexes[static_cast<size_t>(instr.imm)].groups);
  e.CopyText(MatchText(e), e.TextOf(instr.args[0], kR8));
  Matcher(e, instr).Run();
  e.as.StoreImm(8, kScratchReg, MatchGroups(e), -1);
  e.as.IfImm(Jump::kEq, kR0, 0, done);
  e.as.StoreImm(8, kScratchReg, MatchGroups(e), groups);
  e.as.Bind(done);
  e.Result0(instr);
}

void LowerRegexForget(Emitter& e, const Instr&) {
  e.as.StoreImm(8, kScratchReg, MatchGroups(e), -1);
}

void LowerRegexGroups(Emitter& e, const Instr& instr) {
  e.as.Load(8, kR0, kScratchReg, MatchGroups(e));
  e.Result0(instr);
}

// A group's bytes are between two registers, whose values the text's cap bounds.
void LowerRegexGroup(Emitter& e, const Instr& instr) {
  const Text to = e.TextOfReg(instr.dst), text = MatchText(e);
  const Assembler::Label no_group = e.as.NewLabel(), done = e.as.NewLabel(), fits = e.as.NewLabel();
  e.Zero(kScratchReg, to.offset, to.cap);
  e.LoadLong(kR1, instr.args[0]);
  e.as.Load(8, kR2, kScratchReg, MatchGroups(e));
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 1);
  e.as.IfImm(Jump::kSlt, kR2, 0, done);
  e.as.If(Jump::kGt, kR1, kR2, no_group);  // unsigned: a negative one too
  e.as.IfImm(Jump::kGe, kR1, static_cast<int32_t>(e.frame().match_registers / 2), no_group);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 0);
  e.as.OpImm(Alu::kLsh, kR1, 4);
  e.as.Op(Alu::kAdd, kR1, kScratchReg);
  const auto registers = static_cast<int32_t>(e.frame().match_offset + kMatchRegisters);
  e.as.Load(8, kR3, kR1, registers);
  e.as.Load(8, kR2, kR1, registers + 8);
  e.as.IfImm(Jump::kGe, kR3, static_cast<int32_t>(text.cap), done);  // -1 too
  e.as.Op(Alu::kSub, kR2, kR3);
  e.as.IfImm(Jump::kLt, kR2, static_cast<int32_t>(std::min(to.cap, text.cap)), fits);
  e.as.MovImm(kR2, std::min(to.cap, text.cap) - 1);
  e.as.Bind(fits);
  e.as.OpImm(Alu::kAdd, kR2, 1);
  e.as.Op(Alu::kAdd, kR3, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR3, text.offset);
  e.Address(kR1, to);
  e.as.Call(Helper::kReadKernelStr);
  e.as.Goto(done);
  e.as.Bind(no_group);
  if (e.IsLive(instr.dst2)) e.StoreLongImm(instr.dst2, 2);
  e.as.Bind(done);
}

}  // namespace podtap::bpf
