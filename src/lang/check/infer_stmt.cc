#include "lang/check/inferrer.h"
#include "lang/check/walk.h"

namespace podtap::lang::check {

void Inferrer::InferStmt(Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::kExpr:
      if (As<ExprStmt>(stmt).value) InferDiscarded(*As<ExprStmt>(stmt).value);
      return;
    case StmtKind::kIf:
      Expect(As<If>(stmt).condition, Type::kLong);
      break;
    case StmtKind::kFor: {
      auto& loop = As<For>(stmt);
      if (loop.init) InferDiscarded(*loop.init);
      Expect(loop.condition, Type::kLong);
      if (loop.step) InferDiscarded(*loop.step);
      break;
    }
    case StmtKind::kForeach:
      InferForeach(As<Foreach>(stmt));
      break;
    case StmtKind::kReturn:
      if (Expr* value = As<Return>(stmt).value.get()) Unify(result_, Infer(*value), value->tok);
      return;
    case StmtKind::kDelete:
      if (As<Delete>(stmt).target) InferPlace(*As<Delete>(stmt).target);
      return;
    case StmtKind::kTry:
      if (Variable* message = As<Try>(stmt).message.get())
        Unify(types_.Of(Type::kString), InferPlace(*message), message->tok);
      break;
    case StmtKind::kEvent:
      return ForEachExpr(stmt, [this](Expr& value) { Infer(value); });
    case StmtKind::kBlock:
    case StmtKind::kNext:
    case StmtKind::kBreak:
    case StmtKind::kContinue:
    case StmtKind::kNull:
    case StmtKind::kEmbedded:
      break;
  }
  ForEachStmt(stmt, [this](Stmt& child) { InferStmt(child); });
}

void Inferrer::InferForeach(Foreach& loop) {
  if (loop.histogram) InferHistogram(loop.histogram.get());
  const bool is_array = loop.reference.kind == Reference::Kind::kGlobal;
  const GlobalVars* array = is_array ? &globals_[loop.reference.index] : nullptr;
  for (size_t i = 0; i < loop.keys.size(); ++i) {
    if (!loop.keys[i]) continue;
    const TypeVar key = InferPlace(*loop.keys[i]);
    if (array != nullptr && i < array->indexes.size())
      Unify(array->indexes[i], key, loop.keys[i]->tok);
    else if (loop.histogram)
      Unify(Long(), key, loop.keys[i]->tok);
  }
  if (array != nullptr) {
    InferIndexes(loop.reference, loop.slice);
    const Token& at = loop.array_tok.span.valid() ? loop.array_tok : loop.tok;
    if (loop.sort_stat) Unify(types_.Of(Type::kStats), array->value, at);
  }
  if (loop.value) {
    const TypeVar value = InferPlace(*loop.value);
    foreach_values_.emplace_back(loop.value.get(), value);
    if (array != nullptr) Unify(array->value, value, loop.value->tok);
    if (loop.histogram) Unify(Long(), value, loop.value->tok);
  }
  Expect(loop.limit, Type::kLong);
}

}  // namespace podtap::lang::check
