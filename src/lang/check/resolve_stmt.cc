#include <set>

#include "lang/check/resolver.h"
#include "lang/check/walk.h"

namespace podtap::lang::check {

void Resolver::ResolveProbe(ExpandedProbe& probe) {
  scope_ = Scope{};
  scope_.locals = &probe.probe.locals;
  reporter_.set_used_from(probe.probe.used_from);
  scope_.in_condition = true;
  for (size_t i = 0; i < probe.probe.conditions.size(); ++i) {
    scope_.file = probe.condition_files[i];
    ResolveOptional(probe.probe.conditions[i]);
  }
  scope_.in_condition = false;
  for (size_t i = 0; i < probe.probe.bodies.size(); ++i) {
    scope_.file = probe.body_files[i];
    ResolveOptional(probe.probe.bodies[i]);
  }
  reporter_.set_used_from({});
}

void Resolver::ResolveFunction(Function& function, const File& file) {
  scope_ = Scope{};
  scope_.locals = &function.locals;
  scope_.function = &function;
  scope_.file = &file;
  for (uint32_t i = 0; i < function.locals.size(); ++i) {
    Local& parameter = function.locals[i];
    parameter.is_parameter = true;
    parameter.written = true;
    parameter.read = function.has_embedded_body;  // an intrinsic reads them all
    scope_.names.emplace(parameter.name, i);
  }
  ResolveOptional(function.body);
}

void Resolver::ResolveStmt(Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::kBlock:
      return ForEachStmt(stmt, [this](Stmt& child) { ResolveStmt(child); });
    case StmtKind::kExpr:
      if (As<ExprStmt>(stmt).value) ResolveDiscarded(*As<ExprStmt>(stmt).value);
      return;
    case StmtKind::kIf:
      ResolveOptional(As<If>(stmt).condition);
      return ForEachStmt(stmt, [this](Stmt& child) { ResolveStmt(child); });
    case StmtKind::kFor:
      return ResolveFor(As<For>(stmt));
    case StmtKind::kForeach:
      return ResolveForeach(As<Foreach>(stmt));
    case StmtKind::kReturn:
      return ResolveOptional(As<Return>(stmt).value);
    case StmtKind::kDelete:
      return ResolveDelete(As<Delete>(stmt));
    case StmtKind::kTry: {
      auto& statement = As<Try>(stmt);
      ResolveOptional(statement.body);
      if (statement.message) ResolveVariable(*statement.message, Use::kWrite);
      return ResolveOptional(statement.handler);
    }
    case StmtKind::kEvent:
      return ResolveEvent(As<EventStmt>(stmt));
    case StmtKind::kBreak:
    case StmtKind::kContinue:
    case StmtKind::kNext:
    case StmtKind::kNull:
    case StmtKind::kEmbedded:
      return;
  }
}

void Resolver::ResolveFor(For& loop) {
  if (loop.init) ResolveDiscarded(*loop.init);
  ResolveOptional(loop.condition);
  ResolveOptional(loop.body);
  if (loop.step) ResolveDiscarded(*loop.step);
}

void Resolver::ResolveForeach(Foreach& loop) {
  ResolveAll(loop.slice);
  ResolveOptional(loop.limit);
  if (loop.histogram) {
    ResolveHistogram(*loop.histogram);
    if (loop.keys.size() != 1)
      reporter_.Error(loop.tok, "foreach over a histogram takes one variable");
  } else {
    const Token& tok = loop.array_tok.span.valid() ? loop.array_tok : loop.tok;
    ResolveArray(loop.array, tok, loop.keys.size(), Use::kRead, loop.reference);
    if (!loop.slice.empty() && loop.slice.size() != loop.keys.size())
      reporter_.Error(tok, "inconsistent arity (" + std::to_string(loop.keys.size()) + " vs " +
                               std::to_string(loop.slice.size()) + ")");
    if (loop.sort_stat && loop.reference.kind == Reference::Kind::kGlobal)
      AskFor(*loop.sort_stat, *builder_.script().globals[loop.reference.index]);
  }
  if (loop.sort_column < 0 || static_cast<size_t>(loop.sort_column) > loop.keys.size())
    reporter_.Error(loop.tok, "foreach sorts by a variable that it doesn't have");
  for (const auto& key : loop.keys)
    if (key) ResolveVariable(*key, Use::kWrite);
  if (loop.value) ResolveVariable(*loop.value, Use::kWrite);
  ResolveOptional(loop.body);
}

void Resolver::ResolveDelete(Delete& statement) {
  if (!statement.target) return;
  Expr& target = *statement.target;
  if (target.kind == ExprKind::kVariable)
    return ResolveVariable(As<Variable>(target), Use::kDelete);
  if (target.kind == ExprKind::kIndex) return ResolveIndex(As<Index>(target), Use::kDelete, true);
  ResolveExpr(target);
  reporter_.Error(target.tok, "can't delete this expression");
}

void Resolver::ResolveEvent(EventStmt& event) {
  std::set<std::string_view> names;
  for (const EventStmt::Field& field : event.fields) {
    if (!names.insert(field.name).second)
      reporter_.Error(field.tok, "duplicate event field '" + field.name + "'");
    ResolveOptional(field.value);
  }
}

}  // namespace podtap::lang::check
