// A probe as a whole: the test whether it applies, its conditions, its bodies.
#include "lower/program.h"

#include "lower/walk.h"

namespace podtap::lower {

using probes::Match;

ProgramLowering::ProgramLowering(Shared& shared, const lang::Probe& probe, const Match& match,
                                 ir::Program& program)
    : shared_(shared),
      probe_(probe),
      match_(match),
      build_(shared.tables, program),
      kernel_side_(ir::IsKernelSide(match.attach)) {
  program.name = match.name;
  program.written = probe.written;
  program.attach = match.attach;
  lang::Token place;
  place.span = probe.used_from;
  program.site = shared.tables.Site(place);
  build_.set_site(program.site);
}

void ProgramLowering::Run() {
  PushFrame(nullptr, probe_.locals);
  frames_.back().next_block = build_.NewBlock();
  for (const probes::ContextVar& var : match_.vars) arg_values_.push_back(ArgValue(var));
  EmitFilter();
  ForgetMatch();
  // A program without loops can't run away, so it need not count its actions.
  charge_actions_ = HasLoops();
  if (charge_actions_) {
    actions_ = build_.NewLong();
    const ir::Limits& limits = shared_.options.limits;
    build_.EmitMove(actions_,
                    ir::Operand::I(kernel_side_ ? limits.max_action : limits.max_action_user));
  }
  for (const lang::ExprPtr& condition : probe_.conditions) {
    const ir::BlockId go_on = build_.NewBlock();
    LowerCondition(*condition, go_on, frames_.back().next_block);
    build_.SetBlock(go_on);
  }
  for (const lang::StmtPtr& body : probe_.bodies) {
    if (body) LowerBody(*body);
  }
  build_.Jump(frames_.back().next_block);
  build_.SetBlock(frames_.back().next_block);
  build_.Return();
}

void ProgramLowering::LowerBody(const lang::Stmt& body) {
  if (!build_.is_tapset(body.tok) || body.kind != lang::StmtKind::kBlock) return LowerStmt(body);
  for (const lang::StmtPtr& stmt : lang::As<lang::Block>(body).statements) {
    if (stmt && !MakeLazy(*stmt)) LowerStmt(*stmt);
  }
}

// An alias sets all its variables before the user's body asks for any. Those
// that nothing else assigns wait until they are read, so that a probe whose
// condition is false pays for nothing but the condition.
bool ProgramLowering::MakeLazy(const lang::Stmt& stmt) {
  if (stmt.kind != lang::StmtKind::kExpr) return false;
  const lang::Expr& expr = *lang::As<lang::ExprStmt>(stmt).value;
  if (expr.kind != lang::ExprKind::kAssign) return false;
  const auto& assign = lang::As<lang::Assign>(expr);
  if (assign.form != lang::Assign::Form::kPlain ||
      assign.target->kind != lang::ExprKind::kVariable) {
    return false;
  }
  const lang::Reference& reference = lang::As<lang::Variable>(*assign.target).reference;
  if (reference.kind != lang::Reference::Kind::kLocal) return false;
  size_t assignments = 0;
  for (const lang::StmtPtr& body : probe_.bodies) {
    if (body) assignments += CountAssignments(shared_.script, *body, reference.index);
  }
  if (assignments != 1 || !IsPure(shared_.script, *assign.value)) return false;
  LocalState& local = Local(reference.index);
  local.known.reset();
  local.lazy = assign.value.get();
  return true;
}

// In the probe or in a function of the user's that it reaches. The tapset's own
// loops are bounded by what they walk and count no actions.
bool ProgramLowering::HasLoops() const {
  std::set<uint32_t> seen;
  std::vector<const lang::Stmt*> pending;
  for (const lang::StmtPtr& body : probe_.bodies) {
    if (body && !build_.is_tapset(body->tok)) pending.push_back(body.get());
  }
  bool found = false;
  const ExprVisitor on_expr = [&](const lang::Expr& expr) {
    if (expr.kind != lang::ExprKind::kCall) return;
    for (uint32_t index : lang::As<lang::Call>(expr).functions) {
      const lang::Function& function = *shared_.script.functions[index];
      if (!function.body || build_.is_tapset(function.tok) || !seen.insert(index).second) continue;
      pending.push_back(function.body.get());
    }
  };
  const StmtVisitor on_stmt = [&](const lang::Stmt& stmt) {
    found |= stmt.kind == lang::StmtKind::kFor || stmt.kind == lang::StmtKind::kForeach;
  };
  while (!pending.empty()) {
    const lang::Stmt* body = pending.back();
    pending.pop_back();
    Walk(*body, on_expr, on_stmt);
  }
  return found;
}

}  // namespace podtap::lower
