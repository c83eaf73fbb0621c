// Run-time errors, MAXACTION, and what is refused at compile time.
#include "lower/program.h"

namespace podtap::lower {
namespace {

ir::Format LiteralFormat(std::string_view text) {
  ir::Format format;
  ir::Directive piece;
  piece.text = std::string(text);
  format.pieces.push_back(std::move(piece));
  return format;
}

}  // namespace

// Inside the tapset, the place to blame is the user's call of it.
void ProgramLowering::At(const lang::Token& token) {
  if (!frames_.empty() && frames_.back().in_tapset) {
    build_.set_site(frames_.back().call_site);
  } else if (build_.is_tapset(token)) {
    build_.set_site(build_.program().site);
  } else {
    build_.set_site(shared_.tables.Site(token));
  }
}

void ProgramLowering::Fail(std::string_view message) { FailWith(LiteralFormat(message), {}); }

void ProgramLowering::FailWith(ir::Format format, std::vector<ir::Operand> args) {
  if (handlers_.empty()) {
    ir::Instr instr;
    instr.op = ir::Op::kError;
    instr.args = std::move(args);
    instr.imm = shared_.tables.AddFormat(std::move(format));
    build_.Emit(std::move(instr));
    return build_.Return();
  }
  const Handler& handler = handlers_.back();
  if (handler.message != ir::kNoReg) {
    Value text;
    text.kind = Value::Kind::kText;
    text.format = std::move(format);
    text.args = std::move(args);
    build_.EmitMove(handler.message, AsString(text));
  }
  build_.Jump(handler.block);
}

void ProgramLowering::FailIf(ir::Operand cond, std::string_view message) {
  FailIfWith(cond, LiteralFormat(message), {});
}

void ProgramLowering::FailIfWith(ir::Operand cond, const ir::Format& format,
                                 std::vector<ir::Operand> args) {
  if (cond.is_imm() && cond.imm == 0) return;
  const ir::BlockId failed = build_.NewBlock();
  const ir::BlockId go_on = build_.NewBlock();
  build_.Branch(cond, failed, go_on);
  build_.SetBlock(failed);
  FailWith(format, std::move(args));
  build_.SetBlock(go_on);
}

// SystemTap counts statements and tests the count at loops and ifs, so the place
// that a runaway loop is reported at is the same here.
void ProgramLowering::Charge(int actions, const lang::Token& token, bool check) {
  if (!charge_actions_ || frames_.back().in_tapset || build_.is_tapset(token)) return;
  pending_actions_ += actions;
  if (!(check && pending_actions_ > 0) && pending_actions_ < 10) return;
  At(token);
  ir::Instr instr;
  instr.op = ir::Op::kSub;
  instr.dst = actions_;
  instr.args = {ir::Operand::R(actions_), ir::Operand::I(pending_actions_)};
  build_.Emit(std::move(instr));
  pending_actions_ = 0;
  FailIf(
      ir::Operand::R(build_.EmitLong(ir::Op::kLe, {ir::Operand::R(actions_), ir::Operand::I(0)})),
      "MAXACTION exceeded");
}

void ProgramLowering::Refuse(const lang::Token& token, std::string message) {
  source::Diagnostic diagnostic;
  diagnostic.message = std::move(message);
  diagnostic.span = token.span;
  diagnostic.token = token.token_class;
  if (build_.is_tapset(token)) diagnostic.used_from = probe_.used_from;
  shared_.diagnostics.Add(std::move(diagnostic));
}

bool ProgramLowering::RefusedInKernel(const lang::Token& token, std::string_view what) {
  if (!kernel_side_) return false;
  Refuse(token, std::string(what) +
                    " can't run in a kernel probe yet: collect there, and do this in a timer, "
                    "begin or end probe");
  return true;
}

bool ProgramLowering::RefusedWithout(bool feature, const lang::Token& token, std::string_view what,
                                     std::string_view needs) {
  if (!kernel_side_ || feature) return false;
  Refuse(token, std::string(what) + " can't run in a probe of this kernel: it needs " +
                    std::string(needs));
  return true;
}

}  // namespace podtap::lower
