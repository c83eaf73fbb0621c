// Names → what they mean, in the bodies that are reached.
//
// What enters: an expanded probe or a reachable function. What leaves: its
// References and Call::functions filled in, its locals, what is read and
// written, the histograms that globals must keep. Statements in wrong places are
// the parser's to refuse. resolve_*.cc hold a family of constructs each.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lang/check/expand.h"
#include "lang/check/reporter.h"
#include "lang/check/script_builder.h"
#include "lang/check/symbols.h"
#include "lang/tree.h"

namespace podtap::lang::check {

class Resolver {
 public:
  Resolver(Symbols& symbols, ScriptBuilder& builder, Reporter& reporter, bool guru_mode)
      : symbols_(symbols), builder_(builder), reporter_(reporter), guru_mode_(guru_mode) {}

  void ResolveProbe(ExpandedProbe& probe);
  void ResolveFunction(Function& function, const File& file);

 private:
  // What happens to a variable at a place: `x++` as a statement only writes,
  // as a value it reads as well.
  enum class Use { kRead, kWrite, kUpdate, kDelete };
  struct Scope {
    std::vector<Local>* locals = nullptr;
    std::unordered_map<std::string, uint32_t> names;
    const Function* function = nullptr;  // null in a probe
    const File* file = nullptr;          // whose names are seen
    bool in_condition = false;
  };

  // resolve_names.cc
  void ResolveVariable(Variable& variable, Use use);
  // True when the name is a global's; `arity` is how many indexes it has here.
  bool ResolveArray(const std::string& name, const Token& tok, size_t arity, Use use,
                    Reference& reference);
  void ResolvePlace(Expr& target, Use use);  // of an assignment or increment
  const DeclaredGlobal* FindGlobal(const std::string& name) const;
  void UseGlobal(const DeclaredGlobal& declared, const Token& tok, int arity, Use use,
                 Reference& reference);

  // resolve_call.cc
  void ResolveCall(Call& call);
  void ReportNoFunction(const Call& call);

  // resolve_expr.cc
  void ResolveExpr(Expr& expr);
  void ResolveOptional(const ExprPtr& expr) {
    if (expr) ResolveExpr(*expr);
  }
  void ResolveAll(const std::vector<ExprPtr>& list);  // null elements are `*`
  void ResolveDiscarded(Expr& expr);  // a statement's expression: its value is dropped
  void ResolveAssign(Assign& assign, bool value_used);
  void ResolveIncrement(Increment& increment, bool value_used);
  void ResolveTarget(Target& target);
  void ResolveIndex(Index& index, Use use, bool may_be_slice);
  void ResolvePrint(Print& print);

  // resolve_stat.cc
  Global* ResolveStatTarget(Expr* target, const Token& tok, Use use);
  void ResolveStat(Stat& stat);
  static void AskFor(StatOp op, Global& global);
  void ResolveHistogram(Histogram& histogram);

  // resolve_stmt.cc
  void ResolveStmt(Stmt& stmt);
  void ResolveOptional(const StmtPtr& stmt) {
    if (stmt) ResolveStmt(*stmt);
  }
  void ResolveFor(For& loop);
  void ResolveForeach(Foreach& loop);
  void ResolveDelete(Delete& statement);
  void ResolveEvent(EventStmt& event);

  Symbols& symbols_;
  ScriptBuilder& builder_;
  Reporter& reporter_;
  const bool guru_mode_;
  Scope scope_;
};

}  // namespace podtap::lang::check
