// Emitter: one ir::Program becoming instructions.
//
// It walks the blocks, keeps track of what the registers hold and of how far
// the program has prepared itself, and calls one lowering function an op
// (lowering.h). r6 is the context, r7 the scratch value, r8 and r9 belong to
// the lowering of one instruction across helper calls, r0 to r5 are free.
//
// A block is emitted once for each State in which it is reached: the scratch
// value is looked up, and the record's header filled, only on paths that need
// them and once on each, so that a probe whose condition is false pays for
// neither.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bpf/assembler.h"
#include "bpf/compile.h"
#include "bpf/flow.h"
#include "bpf/frame.h"
#include "ir/ir.h"
#include "ir/layout.h"

namespace podtap::bpf {

// How far a path has prepared itself.
enum class State : uint8_t {
  kBare,     // nothing
  kScratch,  // r7 is the scratch value
  kRecord,   // and the record's header is filled: the position is at least its size
};

// A place in memory that a string's bytes are at.
struct Text {
  int base = kScratchReg;  // register
  int32_t offset = 0;
  uint32_t cap = 0;
};

class Emitter {
 public:
  Emitter(const ir::Module& module, const ir::Layout& layout, uint32_t program,
          const Target& target, Flow flow, Frame frame);
  Result<Program> Run();

  Assembler as;

  const ir::Module& module() const { return module_; }
  const ir::Layout& layout() const { return layout_; }
  const Target& target() const { return target_; }
  const ir::Program& program() const { return program_; }
  const Frame& frame() const { return frame_; }
  const Flow& flow() const { return flow_; }
  const ir::RegInfo& reg(ir::Reg reg) const { return program_.regs[reg]; }

  // -- longs and pointers
  void LoadLong(int to, const ir::Operand& operand);
  // Both operands, whichever of them stands in r0 already.
  void LoadTwo(int to_a, const ir::Operand& a, int to_b, const ir::Operand& b);
  void StoreLong(ir::Reg reg, int from);
  void StoreLongImm(ir::Reg reg, int32_t value);
  // The instruction's result is in r0; it is stored only if it must be.
  void Result0(const ir::Instr& instr);
  // Whether anything reads the instruction's result.
  bool Wanted(const ir::Instr& instr) const {
    return instr.dst != ir::kNoReg && flow_.dst_live[block_][instr_];
  }
  bool IsLive(ir::Reg reg) const { return reg != ir::kNoReg && !flow_.intervals[reg].empty(); }

  // -- strings
  uint32_t CapOf(const ir::Operand& operand) const;
  // Where the string stands; a literal's address is loaded into `with`.
  Text TextOf(const ir::Operand& operand, int with);
  Text TextOfReg(ir::Reg reg) const;
  void Address(int to, const Text& text, int32_t plus = 0);
  // A constant literal's bytes, or nothing.
  std::optional<std::string_view> LiteralOf(const ir::Operand& operand) const;
  // to[0, cap) = from, canonical; r0 to r5 are lost.
  void CopyText(const Text& to, const Text& from);
  void Zero(int base, int32_t offset, uint32_t bytes);
  int32_t HomeOffset(ir::Reg reg) const { return frame_.homes[reg].offset; }
  static int32_t Cell(uint32_t index) { return static_cast<int32_t>(kCellOffset + 8 * index); }

  // -- records
  State state() const { return state_; }
  void EnsureRecord();
  // The record's position when it is known here, else nothing.
  std::optional<uint32_t> known_pos;
  void Flush();  // writes out[0, r8) to the ring; r8 is bounded; r0 to r5 are lost

  // A function of its own, which is emitted behind the program.
  Assembler::Label AddFunction(std::function<void()> emit);

  void LoadControl(int to, uint32_t field_offset);
  // Counts what couldn't be done, for the summary; r1 and r2 are lost.
  void CountSkipped();
  // to = a number that nobody else gets; r0 to r5 are lost.
  void NextNumber(int to);
  uint32_t current_item() const;
  // The construct can't be expressed: the first one is reported.
  void Refuse(const ir::Instr& instr, std::string reason);
  void NoteRing() { uses_ring_ = true; }

  Assembler::Label exit_label() const { return exit_label_; }

 private:
  struct Version {
    Assembler::Label label = 0;
    bool made = false;
    bool emitted = false;
  };

  void Prologue();
  void Epilogue();
  void EmitBlock(ir::BlockId block);
  bool EmitFailure(const ir::Block& body);
  void EmitFailureTails();
  void EmitInstr(size_t index);
  void EmitEnd();
  void EmitBranch(const ir::Terminator& end);
  void EmitFused(const ir::Instr& compare, const ir::Terminator& end);
  bool IsFused(size_t index) const;
  bool NeedsScratch(const ir::Instr& instr) const;
  bool IsStatScalar(const ir::Instr& instr) const;
  bool InScratch(const ir::Operand& operand) const;
  bool InScratch(ir::Reg reg) const;
  void LookUpScratch();
  void SettlePending(bool keep, const ir::Instr* user);
  bool IsBareReturn(ir::BlockId block) const;
  Assembler::Label LabelOf(ir::BlockId block);
  void FallInto(ir::BlockId block);
  void Queue(ir::BlockId block);
  void EmitReturn();

  const ir::Module& module_;
  const ir::Layout& layout_;
  const uint32_t index_;
  const ir::Program& program_;
  const Target& target_;
  const Flow flow_;
  const Frame frame_;

  std::vector<std::array<Version, 3>> versions_;
  std::vector<std::pair<ir::BlockId, State>> work_;
  State state_ = State::kBare;
  ir::BlockId block_ = 0;
  size_t instr_ = 0;
  ir::Reg in_r0_ = ir::kNoReg;   // whose value r0 holds
  bool pending_ = false;         // and it isn't stored yet
  bool pending_beyond_ = false;  // and it is read after the next instruction too
  bool uses_ring_ = false, uses_scratch_ = false, finish_used_ = false;
  Assembler::Label exit_label_ = 0, finish_label_ = 0;
  struct Function {
    Assembler::Label label;
    ir::SiteId site;
    std::function<void()> emit;
  };
  std::vector<Function> functions_;
  std::array<std::array<Version, 2>, 3> failures_{};  // by State and number of longs
  std::optional<Error> refused_;
};

}  // namespace podtap::bpf
