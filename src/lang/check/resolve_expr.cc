#include "lang/check/resolver.h"
#include "lang/check/walk.h"

namespace podtap::lang::check {

void Resolver::ResolveAll(const std::vector<ExprPtr>& list) {
  for (const ExprPtr& expr : list) ResolveOptional(expr);
}

void Resolver::ResolveExpr(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kVariable:
      return ResolveVariable(As<Variable>(expr), Use::kRead);
    case ExprKind::kIndex:
      return ResolveIndex(As<Index>(expr), Use::kRead, false);
    case ExprKind::kCall:
      return ResolveCall(As<Call>(expr));
    case ExprKind::kTarget:
      return ResolveTarget(As<Target>(expr));
    case ExprKind::kAssign:
      return ResolveAssign(As<Assign>(expr), true);
    case ExprKind::kIncrement:
      return ResolveIncrement(As<Increment>(expr), true);
    case ExprKind::kStat:
      return ResolveStat(As<Stat>(expr));
    case ExprKind::kPrint:
      return ResolvePrint(As<Print>(expr));
    case ExprKind::kHistogram:
      reporter_.Error(expr.tok, "a histogram can only be printed, indexed or walked by foreach");
      return ResolveHistogram(As<Histogram>(expr));
    case ExprKind::kHistIndex: {
      auto& index = As<HistIndex>(expr);
      if (index.histogram) ResolveHistogram(*index.histogram);
      return ResolveOptional(index.index);
    }
    case ExprKind::kIn: {
      auto& in = As<In>(expr);
      ResolveAll(in.indexes);
      ResolveArray(in.name, in.name_tok.span.valid() ? in.name_tok : in.tok, in.indexes.size(),
                   Use::kRead, in.reference);
      return;
    }
    case ExprKind::kDefined: {
      // Whether the operand exists is lower's to find out.
      const Reporter::Soft soft(reporter_);
      return ResolveOptional(As<Defined>(expr).operand);
    }
    case ExprKind::kEntry:
      if (scope_.function != nullptr) reporter_.Error(expr.tok, "@entry used outside a probe");
      return ResolveOptional(As<Entry>(expr).operand);
    default:
      return ForEachChild(expr, [this](Expr& child) { ResolveExpr(child); });
  }
}

void Resolver::ResolveDiscarded(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kAssign:
      return ResolveAssign(As<Assign>(expr), false);
    case ExprKind::kIncrement:
      return ResolveIncrement(As<Increment>(expr), false);
    default:
      return ResolveExpr(expr);
  }
}

void Resolver::ResolveAssign(Assign& assign, bool value_used) {
  ResolveOptional(assign.value);
  if (!assign.target) return;
  if (assign.form == Assign::Form::kStatPush) {
    ResolveStatTarget(assign.target.get(), assign.tok, Use::kWrite);
    return;
  }
  const bool reads = assign.form == Assign::Form::kCompound && value_used;
  ResolvePlace(*assign.target, reads ? Use::kUpdate : Use::kWrite);
}

void Resolver::ResolveIncrement(Increment& increment, bool value_used) {
  if (increment.target) ResolvePlace(*increment.target, value_used ? Use::kUpdate : Use::kWrite);
}

void Resolver::ResolveTarget(Target& target) {
  ForEachPathIndex(target.path, [this](Expr& index) { ResolveExpr(index); });
  // @var("name@file", "module") says itself where to look.
  if (scope_.function != nullptr && !target.is_var)
    reporter_.Error(target.tok, "target variable '$" + target.name +
                                    "' used in a function; pass it as an argument");
}

void Resolver::ResolveIndex(Index& index, Use use, bool may_be_slice) {
  ResolveAll(index.indexes);
  if (!may_be_slice)
    for (const ExprPtr& element : index.indexes)
      if (!element) {
        reporter_.Error(index.tok, "'*' index outside delete, foreach and 'in'");
        break;
      }
  ResolveArray(index.name, index.tok, index.indexes.size(), use, index.reference);
}

void Resolver::ResolvePrint(Print& print) {
  const bool alone = print.args.size() == 1 && !print.has_format && !print.to_string;
  for (const ExprPtr& arg : print.args) {
    if (!arg) continue;
    if (alone && arg->kind == ExprKind::kHistogram)
      ResolveHistogram(As<Histogram>(*arg));
    else
      ResolveExpr(*arg);
  }
}

}  // namespace podtap::lang::check
