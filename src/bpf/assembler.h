// Assembler: appends instructions, binds labels, notes relocations and lines.
//
// What enters: one call an instruction. What leaves: a Program whose jumps are
// resolved; Finish() refuses one whose jumps don't fit in 16 bits.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bpf/compile.h"
#include "bpf/insn.h"

namespace podtap::bpf {

class Assembler {
 public:
  using Label = uint32_t;

  Label NewLabel();
  void Bind(Label label);

  void Mov(int dst, int src);
  void MovImm(int dst, int64_t value);
  void Op(Alu op, int dst, int src, int16_t off = 0);
  void OpImm(Alu op, int dst, int32_t imm, int16_t off = 0);
  void Neg(int dst);
  void ByteSwapToBig(int dst);
  // Sign-extends the low `size` bytes in place, with shifts: every kernel has them.
  void SignExtend(int dst, uint8_t size);

  void Load(uint8_t size, int dst, int base, int32_t off);
  void LoadSigned(uint8_t size, int dst, int base, int32_t off);
  void Store(uint8_t size, int base, int32_t off, int src);
  void StoreImm(uint8_t size, int base, int32_t off, int32_t imm);
  void AtomicAdd(int base, int32_t off, int src);
  void AtomicFetchAdd(int base, int32_t off, int src);
  // If the word is r0, it becomes src; r0 is what it was.
  void AtomicCompareExchange(int base, int32_t off, int src);

  void Goto(Label to);
  void If(Jump cond, int dst, int src, Label to);
  void IfImm(Jump cond, int dst, int32_t imm, Label to);
  void MayGoto(Label to);
  void Call(Helper helper);
  void CallKfunc(std::string name);
  void Exit();

  // A map's fd, or the address of a byte of a one-element array's value.
  void LoadMap(int dst, Relocation::Kind kind, uint32_t index = 0);
  void LoadValue(int dst, Relocation::Kind kind, uint32_t offset);
  // The address of a function, for a helper that calls it back.
  void LoadFunction(int dst, Label function);
  // A function of its own begins here; what came before must have ended.
  void BeginFunction(Label label, ir::SiteId site);

  void Line(ir::SiteId site);
  uint32_t size() const { return static_cast<uint32_t>(program_.insns.size()); }

  Result<Program> Finish();

 private:
  static constexpr uint32_t kUnbound = UINT32_MAX;
  void Append(uint8_t code, int dst, int src, int32_t off, int32_t imm);
  void Branch(uint8_t code, int dst, int src, int32_t imm, Label to);
  void Relocate(Relocation::Kind kind, uint32_t index, std::string name);
  void Wide(int dst, uint8_t pseudo, uint64_t value);

  Program program_;
  std::vector<uint32_t> labels_;
  std::vector<std::pair<uint32_t, Label>> fixups_;
  std::vector<std::pair<uint32_t, Label>> function_fixups_;
  std::vector<bool> referenced_;  // a jump to the label was emitted
  // Nothing leads here: the verifier refuses unreachable instructions, so none
  // are emitted until a label that a jump goes to.
  bool dead_ = false;
  bool bad_offset_ = false;
};

// True when the number fits in an instruction's immediate (sign-extended).
inline bool FitsImm(int64_t value) { return value == static_cast<int32_t>(value); }

}  // namespace podtap::bpf
