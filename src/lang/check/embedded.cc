#include "lang/check/embedded.h"

#include "lang/check/walk.h"

namespace podtap::lang::check {
namespace {

class Search {
 public:
  Search(bool guru_mode, Reporter& reporter)
      : message_(guru_mode ? "embedded C can't run: podtap compiles to eBPF"
                           : "embedded code in unprivileged script; need stap -g"),
        reporter_(reporter) {}

  void In(Expr& expr) {
    if (expr.kind == ExprKind::kEmbedded) Refuse(expr.tok);
    ForEachChild(expr, [this](Expr& child) { In(child); });
  }
  void In(Stmt& stmt) {
    if (stmt.kind == StmtKind::kEmbedded) Refuse(stmt.tok);
    ForEachExpr(stmt, [this](Expr& child) { In(child); });
    ForEachStmt(stmt, [this](Stmt& child) { In(child); });
  }
  template <typename T>
  void InOptional(const std::unique_ptr<T>& node) {
    if (node) In(*node);
  }
  void Refuse(const Token& at) { reporter_.Error(at, message_); }

 private:
  const char* message_;
  Reporter& reporter_;
};

}  // namespace

void RefuseEmbedded(File& user, bool guru_mode, Reporter& reporter) {
  Search search(guru_mode, reporter);
  for (const auto& function : user.functions) {
    if (function->has_embedded_body) search.Refuse(function->tok);
    search.InOptional(function->body);
  }
  for (const auto& alias : user.aliases) {
    for (const ProbePoint& point : alias->points) search.InOptional(point.condition);
    search.InOptional(alias->body);
  }
  for (const auto& probe : user.probes) {
    for (const ProbePoint& point : probe->points) search.InOptional(point.condition);
    search.InOptional(probe->body);
  }
}

}  // namespace podtap::lang::check
