#include "bpf/emitter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "bpf/lowering.h"
#include "bpf/refusal.h"

namespace podtap::bpf {

using ir::BlockId;
using ir::Op;
using ir::Operand;
using ir::Reg;
using ir::Type;

Emitter::Emitter(const ir::Module& module, const ir::Layout& layout, uint32_t program,
                 const Target& target, Flow flow, Frame frame)
    : module_(module),
      layout_(layout),
      index_(program),
      program_(module.programs[program]),
      target_(target),
      flow_(std::move(flow)),
      frame_(std::move(frame)) {
  versions_.resize(program_.blocks.size());
}

Result<Program> Emitter::Run() {
  exit_label_ = as.NewLabel();
  finish_label_ = as.NewLabel();
  Prologue();
  work_.emplace_back(0, State::kBare);
  while (!work_.empty() && !refused_) {
    const auto [block, state] = work_.back();
    work_.pop_back();
    if (versions_[block][static_cast<size_t>(state)].emitted) continue;
    state_ = state;
    EmitBlock(block);
  }
  Epilogue();
  // A function may ask for another.
  for (size_t i = 0; i < functions_.size() && !refused_; i++) {
    as.BeginFunction(functions_[i].label, functions_[i].site);
    functions_[i].emit();
  }
  if (refused_) return std::unexpected(*refused_);
  Result<Program> program = as.Finish();
  if (!program) return program;
  program->scratch_size = uses_scratch_ ? frame_.scratch_size : 0;
  program->snapshot_size = frame_.snapshot_size;
  program->uses_ring = uses_ring_;
  return program;
}

// ------------------------------------------------------------------ the walk

void Emitter::Prologue() {
  as.Line(program_.site);
  as.Mov(kCtx, kR1);
  if (!std::holds_alternative<ir::AttachCall>(program_.attach)) {
    LoadControl(kR2, offsetof(ir::Control, state));
    as.Load(8, kR2, kR2, 0);
    as.IfImm(Jump::kNe, kR2, 0, exit_label_);
  }
  bool zeroed = false;
  for (Reg i = 0; i < program_.regs.size(); i++) {
    if (!flow_.live_at_entry[i] || frame_.homes[i].kind != Home::Kind::kStack) continue;
    if (!zeroed) as.MovImm(kR0, 0);
    zeroed = true;
    as.Store(8, kFrame, frame_.homes[i].offset, kR0);
  }
}

void Emitter::Epilogue() {
  EmitFailureTails();
  if (finish_used_) {
    as.Bind(finish_label_);
    as.Load(8, kR8, kScratchReg, kPosOffset);
    const Assembler::Label fits = as.NewLabel();
    as.IfImm(Jump::kLe, kR8, ir::kMaxRecord, fits);
    as.MovImm(kR8, ir::kMaxRecord);
    as.Bind(fits);
    Flush();
  }
  as.Bind(exit_label_);
  as.MovImm(kR0, 0);
  as.Exit();
}

void Emitter::EmitBlock(BlockId block) {
  const Assembler::Label label = LabelOf(block);
  versions_[block][static_cast<size_t>(state_)].emitted = true;
  as.Bind(label);
  block_ = block;
  in_r0_ = ir::kNoReg;
  pending_ = false;
  known_pos.reset();
  const ir::Block& body = program_.blocks[block];
  if (EmitFailure(body)) return;
  for (size_t i = 0; i < body.instrs.size() && !refused_; i++) {
    instr_ = i;
    if (!IsFused(i)) EmitInstr(i);
  }
  if (!refused_) EmitEnd();
}

// A block that only says what failed goes on in the code that all of them share. Half of
// a program would be such blocks, and the verifier would walk through each.
bool Emitter::EmitFailure(const ir::Block& body) {
  if (body.instrs.size() != 1 || body.instrs[0].op != Op::kError ||
      body.end.kind != ir::Terminator::Kind::kReturn) {
    return false;
  }
  const ir::Instr& instr = body.instrs[0];
  instr_ = 0;
  const uint32_t number = current_item();
  if (number == ir::kNone) return false;
  const ir::Item& item = layout_.items[number];
  const std::optional<uint32_t> longs = LongsOfFailure(item);
  if (!longs) return false;
  for (size_t i = 0; i < item.fields.size(); i++) {
    if (item.fields[i].kind == ir::Item::Field::Kind::kConstant) continue;
    if (state_ == State::kBare && InScratch(instr.args[i])) return false;
    as.Line(instr.site);
    LoadLong(kR1, instr.args[i]);
    as.Store(8, kFrame, kFailureLong, kR1);
  }
  as.Line(instr.site);
  as.StoreImm(8, kFrame, kFailureItem, static_cast<int32_t>(number));
  Version& tail = failures_[static_cast<size_t>(state_)][*longs];
  if (!tail.made) tail.label = as.NewLabel();
  tail.made = true;
  as.Goto(tail.label);
  return true;
}

void Emitter::EmitFailureTails() {
  for (size_t state = 0; state < failures_.size(); state++) {
    for (uint32_t longs = 0; longs < failures_[state].size(); longs++) {
      if (!failures_[state][longs].made) continue;
      as.Bind(failures_[state][longs].label);
      state_ = static_cast<State>(state);
      known_pos.reset();
      if (state_ == State::kBare) LookUpScratch();
      LowerFailure(*this, longs);
      EmitReturn();
    }
  }
}

// True for a comparison that only its block's branch reads.
bool Emitter::IsFused(size_t index) const {
  const ir::Block& block = program_.blocks[block_];
  const ir::Instr& instr = block.instrs[index];
  return index + 1 == block.instrs.size() && block.end.kind == ir::Terminator::Kind::kBranch &&
         (IsComparison(instr.op) || instr.op == Op::kPtrOk) && block.end.cond.is_reg() &&
         block.end.cond.reg == instr.dst && !flow_.dst_beyond[block_][index];
}

void Emitter::SettlePending(bool keep, const ir::Instr* user) {
  if (pending_) {
    bool used = false;
    if (user != nullptr) ForEachUse(module_, *user, [&](Reg r) { used = used || r == in_r0_; });
    if (pending_beyond_ || (used && !keep)) StoreLong(in_r0_, kR0);
  }
  pending_ = false;
  if (!keep) in_r0_ = ir::kNoReg;
}

void Emitter::EmitInstr(size_t index) {
  const ir::Instr& instr = program_.blocks[block_].instrs[index];
  const Lowering& lowering = LoweringOf(instr.op);
  as.Line(instr.site);
  if (lowering.emit == nullptr) {
    Refuse(instr, std::string("'") + ir::Info(instr.op).name + "' can't run in the kernel");
    return;
  }
  const bool look_up = state_ == State::kBare && NeedsScratch(instr);
  SettlePending(lowering.takes_r0 && !look_up, &instr);
  if (look_up) LookUpScratch();
  lowering.emit(*this, instr);
  if (!pending_) in_r0_ = ir::kNoReg;
}

void Emitter::Result0(const ir::Instr& instr) {
  if (!Wanted(instr)) return;
  in_r0_ = instr.dst;
  pending_ = true;
  pending_beyond_ = flow_.dst_beyond[block_][instr_];
}

void Emitter::EmitEnd() {
  const ir::Block& block = program_.blocks[block_];
  const ir::Terminator& end = block.end;
  using Kind = ir::Terminator::Kind;
  if (end.kind == Kind::kBranch) {
    EmitBranch(end);
    return;
  }
  SettlePending(false, nullptr);
  if (end.kind == Kind::kReturn) {
    EmitReturn();
  } else if (end.kind == Kind::kJump) {
    FallInto(end.then_block);
  } else {
    if (target_.may_goto) {
      as.MayGoto(LabelOf(end.else_block));
      Queue(end.else_block);
    }
    FallInto(end.then_block);
  }
}

void Emitter::EmitBranch(const ir::Terminator& end) {
  const ir::Block& block = program_.blocks[block_];
  if (end.cond.is_imm()) {
    SettlePending(false, nullptr);
    FallInto(end.cond.imm != 0 ? end.then_block : end.else_block);
    return;
  }
  if (!block.instrs.empty() && IsFused(block.instrs.size() - 1)) {
    EmitFused(block.instrs.back(), end);
    return;
  }
  ir::Instr user;
  user.args = {end.cond};
  const bool look_up = state_ == State::kBare && InScratch(end.cond);
  SettlePending(!look_up, &user);
  if (look_up) LookUpScratch();
  LoadLong(kR0, end.cond);
  as.IfImm(Jump::kEq, kR0, 0, LabelOf(end.else_block));
  Queue(end.else_block);
  FallInto(end.then_block);
}

void Emitter::EmitFused(const ir::Instr& compare, const ir::Terminator& end) {
  as.Line(compare.site);
  const bool look_up = state_ == State::kBare && NeedsScratch(compare);
  SettlePending(!look_up, &compare);
  if (look_up) LookUpScratch();
  const Assembler::Label other = LabelOf(end.else_block);
  if (compare.op == Op::kPtrOk) {
    LoadLong(kR0, compare.args[0]);
    as.IfImm(Jump::kEq, kR0, 0, other);
    as.IfImm(Jump::kLt, kR0, 4096, other);
  } else {
    const Operand& b = compare.args[1];
    const Comparison comparison = ComparisonOf(compare.op);
    if (b.is_imm() && FitsImm(b.imm)) {
      LoadLong(kR0, compare.args[0]);
      as.IfImm(comparison.fails, kR0, static_cast<int32_t>(b.imm), other);
    } else {
      LoadTwo(kR0, compare.args[0], kR1, b);
      as.If(comparison.fails, kR0, kR1, other);
    }
  }
  Queue(end.else_block);
  FallInto(end.then_block);
}

bool Emitter::IsBareReturn(BlockId block) const {
  const ir::Block& body = program_.blocks[block];
  return body.instrs.empty() && body.end.kind == ir::Terminator::Kind::kReturn;
}

Assembler::Label Emitter::LabelOf(BlockId block) {
  if (IsBareReturn(block) && block != 0) {
    if (state_ != State::kRecord) return exit_label_;
    finish_used_ = true;
    return finish_label_;
  }
  Version& version = versions_[block][static_cast<size_t>(state_)];
  if (!version.made) {
    version.made = true;
    version.label = as.NewLabel();
  }
  return version.label;
}

void Emitter::Queue(BlockId block) {
  if (IsBareReturn(block) && block != 0) return;
  if (!versions_[block][static_cast<size_t>(state_)].emitted) work_.emplace_back(block, state_);
}

// Goes on in `block`: by falling into it when it comes next.
void Emitter::FallInto(BlockId block) {
  if (IsBareReturn(block)) {
    EmitReturn();
  } else if (versions_[block][static_cast<size_t>(state_)].emitted) {
    as.Goto(LabelOf(block));
  } else {
    work_.emplace_back(block, state_);
  }
}

void Emitter::EmitReturn() {
  if (state_ == State::kRecord) {
    finish_used_ = true;
    as.Goto(finish_label_);
  } else {
    as.MovImm(kR0, 0);
    as.Exit();
  }
}

void Emitter::Refuse(const ir::Instr& instr, std::string reason) {
  if (refused_) return;
  std::string where;
  if (instr.site != ir::kNone && instr.site < module_.sites.size()) {
    where = " near " + module_.sites[instr.site].near;
  }
  refused_ = MakeError(ErrorKind::kUnsupported, std::move(reason));
  refused_->on = program_.name + where;
}

uint32_t Emitter::current_item() const {
  if (index_ >= layout_.item_of.size() || block_ >= layout_.item_of[index_].size() ||
      instr_ >= layout_.item_of[index_][block_].size()) {
    return ir::kNone;
  }
  return layout_.item_of[index_][block_][instr_];
}

// ------------------------------------------------------------------- scratch

bool Emitter::InScratch(Reg reg) const {
  return reg != ir::kNoReg && frame_.homes[reg].kind == Home::Kind::kScratch;
}

bool Emitter::InScratch(const Operand& operand) const {
  return operand.is_reg() && InScratch(operand.reg);
}

// A statistics scalar, unlike an element, has no key to be put together.
bool Emitter::IsStatScalar(const ir::Instr& instr) const {
  return (instr.op == Op::kStatPush || instr.op == Op::kStatGet) &&
         !module_.globals[static_cast<size_t>(instr.imm)].is_array();
}

bool Emitter::NeedsScratch(const ir::Instr& instr) const {
  const bool always = LoweringOf(instr.op).scratch && !IsStatScalar(instr);
  if (always || InScratch(instr.dst) || InScratch(instr.dst2)) return true;
  return std::any_of(instr.args.begin(), instr.args.end(),
                     [&](const Operand& arg) { return InScratch(arg); });
}

void Emitter::LookUpScratch() {
  uses_scratch_ = true;
  as.StoreImm(4, kFrame, Frame::kTempA, 0);
  as.LoadMap(kR1, Relocation::Kind::kScratch);
  as.Mov(kR2, kFrame);
  as.OpImm(Alu::kAdd, kR2, Frame::kTempA);
  as.Call(Helper::kMapLookup);
  as.IfImm(Jump::kEq, kR0, 0, exit_label_);
  as.Mov(kScratchReg, kR0);
  state_ = State::kScratch;
  for (Reg i = 0; i < program_.regs.size(); i++) {
    if (!flow_.live_at_entry[i] || !InScratch(i)) continue;
    const uint32_t bytes = program_.regs[i].type == Type::kStr ? program_.regs[i].cap : 8;
    Zero(kScratchReg, HomeOffset(i), bytes);
  }
}

// --------------------------------------------------------- longs and pointers

void Emitter::LoadLong(int to, const Operand& operand) {
  if (operand.is_imm()) {
    as.MovImm(to, operand.imm);
  } else if (operand.reg == in_r0_) {
    as.Mov(to, kR0);
    return;
  } else {
    const Home& home = frame_.homes[operand.reg];
    as.Load(8, to, home.kind == Home::Kind::kStack ? kFrame : kScratchReg, home.offset);
  }
  if (to == kR0) in_r0_ = ir::kNoReg;
}

void Emitter::LoadTwo(int to_a, const Operand& a, int to_b, const Operand& b) {
  const bool b_first = b.is_reg() && b.reg == in_r0_;
  if (b_first) {
    LoadLong(to_b, b);
    LoadLong(to_a, a);
  } else {
    LoadLong(to_a, a);
    LoadLong(to_b, b);
  }
}

void Emitter::StoreLong(Reg reg, int from) {
  if (reg == ir::kNoReg) return;
  const Home& home = frame_.homes[reg];
  as.Store(8, home.kind == Home::Kind::kStack ? kFrame : kScratchReg, home.offset, from);
}

void Emitter::StoreLongImm(Reg reg, int32_t value) {
  if (reg == ir::kNoReg) return;
  const Home& home = frame_.homes[reg];
  as.StoreImm(8, home.kind == Home::Kind::kStack ? kFrame : kScratchReg, home.offset, value);
}

Assembler::Label Emitter::AddFunction(std::function<void()> emit) {
  const Assembler::Label label = as.NewLabel();
  const ir::SiteId site = program_.blocks[block_].instrs[instr_].site;
  functions_.push_back({label, site, std::move(emit)});
  return label;
}

void Emitter::LoadControl(int to, uint32_t field_offset) {
  as.LoadValue(to, Relocation::Kind::kControl, field_offset);
}

void Emitter::CountSkipped() {
  LoadControl(kR1, offsetof(ir::Control, skipped));
  as.MovImm(kR2, 1);
  as.AtomicAdd(kR1, 0, kR2);
}

// Without an atomic fetch the clock has to do.
void Emitter::NextNumber(int to) {
  if (!target_.atomic_fetch) {
    as.Call(Helper::kKtimeNs);
    as.Mov(to, kR0);
    return;
  }
  LoadControl(kR1, offsetof(ir::Control, insert_sequence));
  as.MovImm(to, 1);
  as.AtomicFetchAdd(kR1, 0, to);
}

}  // namespace podtap::bpf
