// The direct children of a node, for steps that treat most constructs alike.
//
// What enters: a node and a callable. It is called for every child that isn't
// null, in the order of the text.
#pragma once

#include "lang/tree.h"

namespace podtap::lang::check {

template <typename F>
void ForEachIn(const std::vector<ExprPtr>& list, F&& on) {
  for (const ExprPtr& e : list)
    if (e) on(*e);
}

template <typename F>
void ForEachPathIndex(const std::vector<Access>& path, F&& on) {
  for (const Access& access : path)
    if (access.index) on(*access.index);
}

// Expression → its operands.
template <typename F>
void ForEachChild(Expr& expr, F&& on) {
  const auto one = [&on](const auto& child) {
    if (child) on(*child);
  };
  switch (expr.kind) {
    case ExprKind::kNumber:
    case ExprKind::kString:
    case ExprKind::kVariable:
    case ExprKind::kPerf:
    case ExprKind::kConst:
    case ExprKind::kEmbedded:
      return;
    case ExprKind::kTarget:
      return ForEachPathIndex(As<Target>(expr).path, on);
    case ExprKind::kCast:
      one(As<Cast>(expr).operand);
      return ForEachPathIndex(As<Cast>(expr).path, on);
    case ExprKind::kDefined:
      return one(As<Defined>(expr).operand);
    case ExprKind::kEntry:
      return one(As<Entry>(expr).operand);
    case ExprKind::kIndex:
      return ForEachIn(As<Index>(expr).indexes, on);
    case ExprKind::kCall:
      return ForEachIn(As<Call>(expr).args, on);
    case ExprKind::kUnary:
      return one(As<Unary>(expr).operand);
    case ExprKind::kBinary:
      one(As<Binary>(expr).left);
      return one(As<Binary>(expr).right);
    case ExprKind::kLogical:
      one(As<Logical>(expr).left);
      return one(As<Logical>(expr).right);
    case ExprKind::kTernary:
      one(As<Ternary>(expr).condition);
      one(As<Ternary>(expr).then_value);
      return one(As<Ternary>(expr).else_value);
    case ExprKind::kIn:
      return ForEachIn(As<In>(expr).indexes, on);
    case ExprKind::kRegex:
      return one(As<Regex>(expr).text);
    case ExprKind::kAssign:
      one(As<Assign>(expr).target);
      return one(As<Assign>(expr).value);
    case ExprKind::kIncrement:
      return one(As<Increment>(expr).target);
    case ExprKind::kStat:
      return one(As<Stat>(expr).target);
    case ExprKind::kHistogram:
      return one(As<Histogram>(expr).target);
    case ExprKind::kHistIndex:
      one(As<HistIndex>(expr).histogram);
      return one(As<HistIndex>(expr).index);
    case ExprKind::kPrint:
      return ForEachIn(As<Print>(expr).args, on);
  }
}

// Statement → the expressions that stand directly in it.
template <typename F>
void ForEachExpr(Stmt& stmt, F&& on) {
  const auto one = [&on](const auto& child) {
    if (child) on(*child);
  };
  switch (stmt.kind) {
    case StmtKind::kExpr:
      return one(As<ExprStmt>(stmt).value);
    case StmtKind::kIf:
      return one(As<If>(stmt).condition);
    case StmtKind::kFor:
      one(As<For>(stmt).init);
      one(As<For>(stmt).condition);
      return one(As<For>(stmt).step);
    case StmtKind::kForeach: {
      auto& loop = As<Foreach>(stmt);
      one(loop.value);
      for (const auto& key : loop.keys) one(key);
      ForEachIn(loop.slice, on);
      one(loop.histogram);
      return one(loop.limit);
    }
    case StmtKind::kReturn:
      return one(As<Return>(stmt).value);
    case StmtKind::kDelete:
      return one(As<Delete>(stmt).target);
    case StmtKind::kTry:
      return one(As<Try>(stmt).message);
    case StmtKind::kEvent:
      for (const auto& field : As<EventStmt>(stmt).fields) one(field.value);
      return;
    case StmtKind::kBlock:
    case StmtKind::kNext:
    case StmtKind::kBreak:
    case StmtKind::kContinue:
    case StmtKind::kNull:
    case StmtKind::kEmbedded:
      return;
  }
}

// Statement → the statements that stand directly in it.
template <typename F>
void ForEachStmt(Stmt& stmt, F&& on) {
  const auto one = [&on](const StmtPtr& child) {
    if (child) on(*child);
  };
  switch (stmt.kind) {
    case StmtKind::kBlock:
      for (const StmtPtr& child : As<Block>(stmt).statements) one(child);
      return;
    case StmtKind::kIf:
      one(As<If>(stmt).then_branch);
      return one(As<If>(stmt).else_branch);
    case StmtKind::kFor:
      return one(As<For>(stmt).body);
    case StmtKind::kForeach:
      return one(As<Foreach>(stmt).body);
    case StmtKind::kTry:
      one(As<Try>(stmt).body);
      return one(As<Try>(stmt).handler);
    default:
      return;
  }
}

}  // namespace podtap::lang::check
