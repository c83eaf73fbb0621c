// The passes around inference: declare, infer, report, write back.
#include "lang/check/inferrer.h"
#include "lang/check/overrides.h"

namespace podtap::lang::check {
namespace {

// The name of the global that the expression is, or of its array.
const std::string* GlobalNamed(const Expr& expr) {
  constexpr auto kGlobal = Reference::Kind::kGlobal;
  if (expr.kind == ExprKind::kVariable && As<Variable>(expr).reference.kind == kGlobal)
    return &As<Variable>(expr).name;
  if (expr.kind == ExprKind::kIndex && As<Index>(expr).reference.kind == kGlobal)
    return &As<Index>(expr).name;
  return nullptr;
}

// Whether an expression without a type is the one to blame: it is what the
// others get theirs from, and its name was found.
bool IsUnresolved(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kVariable:
      return As<Variable>(expr).reference.kind != Reference::Kind::kNone;
    case ExprKind::kIndex:
      return As<Index>(expr).reference.kind != Reference::Kind::kNone;
    case ExprKind::kCall:
      return !As<Call>(expr).functions.empty();
    case ExprKind::kPrint:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Inferrer::Run(const std::map<std::string, std::string>& overrides) {
  DeclareVars();
  for (size_t i = 0; i < script_.probes.size(); ++i) {
    Probe& probe = script_.probes[i];
    locals_ = &probes_[i];
    reporter_.set_used_from(probe.used_from);
    for (const ExprPtr& condition : probe.conditions) Expect(condition, Type::kLong);
    for (const StmtPtr& body : probe.bodies) InferOptional(body);
  }
  reporter_.set_used_from({});
  for (size_t i = 0; i < script_.functions.size(); ++i) {
    locals_ = &functions_[i].locals;
    result_ = functions_[i].result;
    InferOptional(script_.functions[i]->body);
  }
  ApplyOverrides(overrides);
  ReportUnresolved();
  ReportStatsAsValues();
  WriteBack();
}

void Inferrer::DeclareVars() {
  const auto declare = [this](const std::vector<Local>& locals) {
    std::vector<TypeVar> vars;
    vars.reserve(locals.size());
    for (const Local& local : locals) vars.push_back(types_.Of(local.type));
    return vars;
  };
  for (uint32_t i = 0; i < script_.globals.size(); ++i) {
    const Global& global = *script_.globals[i];
    GlobalVars vars;
    vars.value = types_.Of(global.type);
    if (global.init) Unify(vars.value, types_.Of(global.init->type), global.tok);
    int arity = builder_.facts(i).arity;
    if (arity < 0 && global.max_size) arity = 1;  // only ever deleted
    for (int n = 0; n < arity; ++n) vars.indexes.push_back(types_.New());
    globals_.push_back(std::move(vars));
  }
  for (const Function* function : script_.functions)
    functions_.push_back({types_.Of(function->result), declare(function->locals)});
  for (const Probe& probe : script_.probes) probes_.push_back(declare(probe.locals));
}

// A global that is only read gets its type from what -G gives it.
void Inferrer::ApplyOverrides(const std::map<std::string, std::string>& overrides) {
  for (uint32_t i = 0; i < script_.globals.size(); ++i) {
    if (!builder_.facts(i).overridden) continue;
    const auto given = overrides.find(script_.globals[i]->name);
    if (given == overrides.end()) continue;
    if (types_.TypeOf(globals_[i].value) == Type::kUnknown)
      types_.Unify(globals_[i].value,
                   types_.Of(ParseLong(given->second) ? Type::kLong : Type::kString));
  }
}

void Inferrer::ReportUnresolved() {
  for (const Node& node : nodes_) {
    if (!node.is_value || types_.TypeOf(node.var) != Type::kUnknown) continue;
    if (!IsUnresolved(*node.expr)) continue;
    reporter_.Error(node.expr->tok, "unresolved type");
    types_.Unify(node.var, Long());  // once is enough for all that depends on it
  }
}

// Statistics can only be pushed to and asked for @count and the like; `x = s`
// and f(s) are no use of them.
void Inferrer::ReportStatsAsValues() {
  for (const Node& node : nodes_) {
    if (!node.is_value || types_.TypeOf(node.var) != Type::kStats) continue;
    // What a local got from a global is the global's mistake, once.
    if (const std::string* name = GlobalNamed(*node.expr))
      reporter_.Error(node.expr->tok, "statistics of '" + *name +
                                          "' used as a value; ask for @count, @sum and the like");
  }
  for (const auto& [value, var] : foreach_values_)
    if (types_.TypeOf(var) == Type::kStats)
      reporter_.Error(value->tok, "foreach can't give statistics to '" + value->name +
                                      "'; ask for @count and the like of the element");
}

// What nothing decides is a long.
Type Inferrer::Final(TypeVar var) {
  const Type type = types_.TypeOf(var);
  return type == Type::kUnknown ? Type::kLong : type;
}

void Inferrer::WriteBack() {
  for (const Node& node : nodes_) {
    const bool is_void =
        !node.is_value && types_.TypeOf(node.var) == Type::kUnknown &&
        (node.expr->kind == ExprKind::kCall || node.expr->kind == ExprKind::kPrint);
    node.expr->type = is_void ? Type::kUnknown : Final(node.var);
  }
  for (size_t i = 0; i < script_.globals.size(); ++i) {
    Global& global = *script_.globals[i];
    global.type = Final(globals_[i].value);
    global.index_types.clear();
    for (const TypeVar index : globals_[i].indexes) global.index_types.push_back(Final(index));
  }
  for (size_t i = 0; i < script_.functions.size(); ++i) {
    Function& function = *script_.functions[i];
    function.result = types_.TypeOf(functions_[i].result);  // kUnknown: it returns nothing
    for (size_t n = 0; n < function.locals.size(); ++n)
      function.locals[n].type = Final(functions_[i].locals[n]);
  }
  for (size_t i = 0; i < script_.probes.size(); ++i)
    for (size_t n = 0; n < script_.probes[i].locals.size(); ++n)
      script_.probes[i].locals[n].type = Final(probes_[i][n]);
}

}  // namespace podtap::lang::check
