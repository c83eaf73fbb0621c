#include "lower/walk.h"

namespace podtap::lower {
namespace {

using namespace lang;  // the names of all the constructs

template <typename Visit>
void Each(const std::vector<ExprPtr>& exprs, const Visit& visit) {
  for (const ExprPtr& expr : exprs) {
    if (expr) visit(*expr);
  }
}

template <typename Visit>
void EachPath(const std::vector<Access>& path, const Visit& visit) {
  for (const Access& access : path) {
    if (access.index) visit(*access.index);
  }
}

template <typename Visit>
void Children(const Expr& expr, const Visit& visit) {
  const auto one = [&](const ExprPtr& child) {
    if (child) visit(*child);
  };
  switch (expr.kind) {
    case ExprKind::kTarget:
      EachPath(As<Target>(expr).path, visit);
      break;
    case ExprKind::kCast:
      one(As<Cast>(expr).operand);
      EachPath(As<Cast>(expr).path, visit);
      break;
    case ExprKind::kDefined:
      one(As<Defined>(expr).operand);
      break;
    case ExprKind::kEntry:
      one(As<Entry>(expr).operand);
      break;
    case ExprKind::kIndex:
      Each(As<Index>(expr).indexes, visit);
      break;
    case ExprKind::kCall:
      Each(As<Call>(expr).args, visit);
      break;
    case ExprKind::kUnary:
      one(As<Unary>(expr).operand);
      break;
    case ExprKind::kBinary:
      one(As<Binary>(expr).left);
      one(As<Binary>(expr).right);
      break;
    case ExprKind::kLogical:
      one(As<Logical>(expr).left);
      one(As<Logical>(expr).right);
      break;
    case ExprKind::kTernary:
      one(As<Ternary>(expr).condition);
      one(As<Ternary>(expr).then_value);
      one(As<Ternary>(expr).else_value);
      break;
    case ExprKind::kIn:
      Each(As<In>(expr).indexes, visit);
      break;
    case ExprKind::kRegex:
      one(As<Regex>(expr).text);
      break;
    case ExprKind::kAssign:
      one(As<Assign>(expr).target);
      one(As<Assign>(expr).value);
      break;
    case ExprKind::kIncrement:
      one(As<Increment>(expr).target);
      break;
    case ExprKind::kStat:
      one(As<Stat>(expr).target);
      break;
    case ExprKind::kHistogram:
      one(As<Histogram>(expr).target);
      break;
    case ExprKind::kHistIndex:
      visit(*As<HistIndex>(expr).histogram);
      one(As<HistIndex>(expr).index);
      break;
    case ExprKind::kPrint:
      Each(As<Print>(expr).args, visit);
      break;
    default:
      break;
  }
}

}  // namespace

void Walk(const Expr& expr, const ExprVisitor& on_expr) {
  if (on_expr) on_expr(expr);
  Children(expr, [&](const Expr& child) { Walk(child, on_expr); });
}

void Walk(const Stmt& stmt, const ExprVisitor& on_expr, const StmtVisitor& on_stmt) {
  if (on_stmt) on_stmt(stmt);
  const auto expr = [&](const ExprPtr& child) {
    if (child) Walk(*child, on_expr);
  };
  const auto sub = [&](const StmtPtr& child) {
    if (child) Walk(*child, on_expr, on_stmt);
  };
  switch (stmt.kind) {
    case StmtKind::kBlock:
      for (const StmtPtr& child : As<Block>(stmt).statements) sub(child);
      break;
    case StmtKind::kExpr:
      expr(As<ExprStmt>(stmt).value);
      break;
    case StmtKind::kIf:
      expr(As<If>(stmt).condition);
      sub(As<If>(stmt).then_branch);
      sub(As<If>(stmt).else_branch);
      break;
    case StmtKind::kFor:
      expr(As<For>(stmt).init);
      expr(As<For>(stmt).condition);
      expr(As<For>(stmt).step);
      sub(As<For>(stmt).body);
      break;
    case StmtKind::kForeach: {
      const auto& loop = As<Foreach>(stmt);
      for (const ExprPtr& part : loop.slice) expr(part);
      expr(loop.limit);
      sub(loop.body);
      break;
    }
    case StmtKind::kReturn:
      expr(As<Return>(stmt).value);
      break;
    case StmtKind::kDelete:
      expr(As<Delete>(stmt).target);
      break;
    case StmtKind::kTry:
      sub(As<Try>(stmt).body);
      sub(As<Try>(stmt).handler);
      break;
    case StmtKind::kEvent:
      for (const EventStmt::Field& field : As<EventStmt>(stmt).fields) expr(field.value);
      break;
    default:
      break;
  }
}

namespace {

class AssignedCollector {
 public:
  explicit AssignedCollector(const Script& script) : script_(script) {}

  void OnExpr(const Expr& expr) {
    if (expr.kind == ExprKind::kAssign) Note(*As<Assign>(expr).target);
    if (expr.kind == ExprKind::kIncrement) Note(*As<Increment>(expr).target);
    if (expr.kind == ExprKind::kCall) OnCall(As<Call>(expr));
  }
  void OnStmt(const Stmt& stmt) {
    if (stmt.kind == StmtKind::kForeach) {
      for (const auto& key : As<Foreach>(stmt).keys) Note(*key);
      if (As<Foreach>(stmt).value) Note(*As<Foreach>(stmt).value);
    }
    if (stmt.kind == StmtKind::kTry && As<Try>(stmt).message) Note(*As<Try>(stmt).message);
    if (stmt.kind == StmtKind::kDelete) Note(*As<Delete>(stmt).target);
  }
  std::set<uint32_t> locals;
  std::multiset<uint32_t> places;

 private:
  // str.set changes the variable that is its first argument.
  void OnCall(const Call& call) {
    for (uint32_t index : call.functions) {
      if (script_.functions[index]->embedded == "str.set" && !call.args.empty()) {
        Note(*call.args[0]);
      }
    }
  }
  void Note(const Expr& target) {
    if (target.kind != ExprKind::kVariable) return;
    const Reference& reference = As<Variable>(target).reference;
    if (reference.kind != Reference::Kind::kLocal) return;
    locals.insert(reference.index);
    places.insert(reference.index);
  }
  const Script& script_;
};

}  // namespace

std::set<uint32_t> AssignedLocals(const Script& script, const Expr& expr) {
  AssignedCollector collector(script);
  Walk(expr, [&](const Expr& e) { collector.OnExpr(e); });
  return collector.locals;
}

std::set<uint32_t> AssignedLocals(const Script& script, const Stmt& stmt) {
  AssignedCollector collector(script);
  Walk(
      stmt, [&](const Expr& e) { collector.OnExpr(e); },
      [&](const Stmt& s) { collector.OnStmt(s); });
  return collector.locals;
}

size_t CountAssignments(const Script& script, const Stmt& stmt, uint32_t local) {
  AssignedCollector collector(script);
  Walk(
      stmt, [&](const Expr& e) { collector.OnExpr(e); },
      [&](const Stmt& s) { collector.OnStmt(s); });
  return collector.places.count(local);
}

namespace {

class PurityCheck {
 public:
  explicit PurityCheck(const Script& script) : script_(script) {}
  bool pure = true;

  void OnExpr(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kAssign:
        OnWrite(*As<Assign>(expr).target);
        break;
      case ExprKind::kIncrement:
        OnWrite(*As<Increment>(expr).target);
        break;
      case ExprKind::kVariable: {
        const Reference& reference = As<Variable>(expr).reference;
        pure &= reference.kind != Reference::Kind::kGlobal ||
                !script_.globals[reference.index]->written;
        break;
      }
      case ExprKind::kPrint:
        pure &= As<Print>(expr).to_string;
        break;
      case ExprKind::kCall:
        for (uint32_t index : As<Call>(expr).functions) OnFunction(index);
        break;
      case ExprKind::kIndex:
      case ExprKind::kIn:
      case ExprKind::kStat:
      case ExprKind::kHistogram:
      case ExprKind::kHistIndex:
      case ExprKind::kEmbedded:
      case ExprKind::kRegex:  // matched() tells of the last one
        pure = false;
        break;
      default:
        break;
    }
  }
  void OnStmt(const Stmt& stmt) {
    pure &= stmt.kind != StmtKind::kDelete && stmt.kind != StmtKind::kEvent &&
            stmt.kind != StmtKind::kForeach && stmt.kind != StmtKind::kNext;
  }

 private:
  void OnWrite(const Expr& target) {
    pure &= depth_ > 0 && target.kind == ExprKind::kVariable &&
            As<Variable>(target).reference.kind == Reference::Kind::kLocal;
  }
  void OnFunction(uint32_t index) {
    const Function& function = *script_.functions[index];
    if (function.has_embedded_body) {
      static constexpr std::string_view kActs[] = {"session.exit", "session.error", "session.warn",
                                                   "session.log",  "regex.group",   "regex.groups"};
      for (std::string_view act : kActs) pure &= function.embedded != act;
      pure &= (depth_ > 0 || function.embedded != "str.set");
      return;
    }
    if (!function.body || !seen_.insert(index).second) return;
    depth_++;
    Walk(
        *function.body, [this](const Expr& e) { OnExpr(e); }, [this](const Stmt& s) { OnStmt(s); });
    depth_--;
  }
  const Script& script_;
  std::set<uint32_t> seen_;
  int depth_ = 0;  // of functions; in one, its own locals may be written
};

}  // namespace

bool IsPure(const Script& script, const Expr& expr) {
  PurityCheck check(script);
  Walk(expr, [&](const Expr& e) { check.OnExpr(e); });
  return check.pure;
}

}  // namespace podtap::lower
