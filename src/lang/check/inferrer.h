// Types of everything that is reached.
//
// What enters: the Script with its names resolved. What leaves: the type of
// every expression, local, global, array index and function result; mismatches
// and what stays unresolved are reported. infer_*.cc hold a family of constructs
// each.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lang/check/reporter.h"
#include "lang/check/script_builder.h"
#include "lang/check/type_graph.h"
#include "lang/tree.h"

namespace podtap::lang::check {

class Inferrer {
 public:
  Inferrer(ScriptBuilder& builder, Reporter& reporter)
      : builder_(builder), script_(builder.script()), reporter_(reporter) {}

  // `overrides` are -G's values by name of the global: they decide the type of
  // a global that nothing else does.
  void Run(const std::map<std::string, std::string>& overrides);

 private:
  struct FunctionVars {
    TypeVar result = 0;
    std::vector<TypeVar> locals;
  };
  struct GlobalVars {
    TypeVar value = 0;
    std::vector<TypeVar> indexes;
  };
  struct Node {
    Expr* expr;
    TypeVar var;
    bool is_value;  // something is done with the value: its type must be known
  };

  // infer.cc
  void DeclareVars();
  void ApplyOverrides(const std::map<std::string, std::string>& overrides);
  void ReportUnresolved();
  void ReportStatsAsValues();
  void WriteBack();
  Type Final(TypeVar var);

  // infer_expr.cc. Infer: a value that is used; InferPlace: one that is stored
  // to or asked for statistics; InferDiscarded: one that is dropped.
  TypeVar Infer(Expr& expr) { return Note(expr, InferKind(expr), true); }
  TypeVar InferPlace(Expr& expr) { return Note(expr, InferKind(expr), false); }
  TypeVar InferDiscarded(Expr& expr) { return Note(expr, InferKind(expr), false); }
  TypeVar InferKind(Expr& expr);
  TypeVar InferBinary(Binary& binary);
  TypeVar InferTernary(Ternary& ternary);
  TypeVar InferAssign(Assign& assign);
  TypeVar InferCall(Call& call);
  TypeVar InferPath(std::vector<Access>& path, bool is_text);
  TypeVar InferStatOf(Expr* target);
  TypeVar InferHistogram(Histogram* histogram);
  void InferIndexes(const Reference& array, const std::vector<ExprPtr>& indexes);
  TypeVar VarOf(const Reference& reference);
  TypeVar Note(Expr& expr, TypeVar var, bool is_value);
  void Expect(const ExprPtr& expr, Type type);
  void Unify(TypeVar expected, TypeVar found, const Token& at);
  TypeVar Long() { return types_.Of(Type::kLong); }

  // infer_print.cc
  TypeVar InferPrint(Print& print);

  // infer_stmt.cc
  void InferStmt(Stmt& stmt);
  void InferOptional(const StmtPtr& stmt) {
    if (stmt) InferStmt(*stmt);
  }
  void InferForeach(Foreach& loop);

  ScriptBuilder& builder_;
  Script& script_;
  Reporter& reporter_;
  TypeGraph types_;
  std::vector<GlobalVars> globals_;           // parallel to script_.globals
  std::vector<FunctionVars> functions_;       // parallel to script_.functions
  std::vector<std::vector<TypeVar>> probes_;  // locals of each probe
  std::vector<Node> nodes_;
  std::vector<std::pair<const Variable*, TypeVar>> foreach_values_;
  const std::vector<TypeVar>* locals_ = nullptr;  // of the body being looked at
  TypeVar result_ = 0;                            // of the function being looked at
};

}  // namespace podtap::lang::check
