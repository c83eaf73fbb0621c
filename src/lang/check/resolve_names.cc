#include "lang/check/resolver.h"

namespace podtap::lang::check {

// In this order: parameters, the file's own globals, the locals that exist
// (those of an alias's prologue among them), the tapset's globals.
void Resolver::ResolveVariable(Variable& variable, Use use) {
  const auto local = scope_.names.find(variable.name);
  const bool is_local = local != scope_.names.end();
  const bool is_parameter = is_local && (*scope_.locals)[local->second].is_parameter;
  const DeclaredGlobal* global = nullptr;
  if (!is_parameter) global = symbols_.FindGlobal(variable.name, *scope_.file, Tier::kOwnFile);
  if (global == nullptr && !is_local)
    global = symbols_.FindGlobal(variable.name, *scope_.file, Tier::kTapset);
  if (global != nullptr)
    return UseGlobal(*global, variable.tok, use == Use::kDelete ? -1 : 0, use, variable.reference);

  if (scope_.in_condition) {
    reporter_.Error(variable.tok,
                    "probe condition refers to '" + variable.name + "', which is not global",
                    reporter_.wants_similar()
                        ? reporter_.Similar(variable.name, symbols_.GlobalNames(*scope_.file))
                        : Names{});
    return;
  }
  if (reporter_.soft() && !is_local) return;
  uint32_t index = is_local ? local->second : 0;
  if (!is_local) {
    index = static_cast<uint32_t>(scope_.locals->size());
    Local made;
    made.name = variable.name;
    made.first_use = variable.tok;
    scope_.locals->push_back(std::move(made));
    scope_.names.emplace(variable.name, index);
  }
  variable.reference = {Reference::Kind::kLocal, index};
  if (reporter_.soft()) return;
  Local& found = (*scope_.locals)[index];
  found.read = found.read || use == Use::kRead || use == Use::kUpdate;
  found.written = found.written || use != Use::kRead;
}

const DeclaredGlobal* Resolver::FindGlobal(const std::string& name) const {
  const DeclaredGlobal* own = symbols_.FindGlobal(name, *scope_.file, Tier::kOwnFile);
  return own != nullptr ? own : symbols_.FindGlobal(name, *scope_.file, Tier::kTapset);
}

void Resolver::UseGlobal(const DeclaredGlobal& declared, const Token& tok, int arity, Use use,
                         Reference& reference) {
  if (reporter_.soft()) return;
  const uint32_t index = builder_.ReferTo(declared, reference);
  GlobalFacts& facts = builder_.facts(index);
  if (arity >= 0 && facts.arity >= 0 && facts.arity != arity) {
    reporter_.Error(tok, "inconsistent arity (" + std::to_string(facts.arity) + " vs " +
                             std::to_string(arity) + ")");
    reference = {};
    return;
  }
  if (arity >= 0) facts.arity = arity;
  Global& global = *declared.what;
  if (arity > 0 && global.init)
    reporter_.Error(global.tok, "only scalar globals can be initialized");
  if (arity == 0 && global.max_size)
    reporter_.Error(tok, "array '" + global.name + "' used as a scalar");
  global.read = global.read || use == Use::kRead || use == Use::kUpdate;
  global.written = global.written || use != Use::kRead;
}

bool Resolver::ResolveArray(const std::string& name, const Token& tok, size_t arity, Use use,
                            Reference& reference) {
  const DeclaredGlobal* global = FindGlobal(name);
  if (global == nullptr) {
    reporter_.Error(tok,
                    "unresolved arity-" + std::to_string(arity) + " global array " + name +
                        ", missing global declaration?",
                    reporter_.wants_similar()
                        ? reporter_.Similar(name, symbols_.GlobalNames(*scope_.file))
                        : Names{});
    return false;
  }
  UseGlobal(*global, tok, static_cast<int>(arity), use, reference);
  return true;
}

void Resolver::ResolvePlace(Expr& target, Use use) {
  switch (target.kind) {
    case ExprKind::kVariable:
      return ResolveVariable(As<Variable>(target), use);
    case ExprKind::kIndex:
      return ResolveIndex(As<Index>(target), use, false);
    case ExprKind::kTarget:
    case ExprKind::kCast:
      ResolveExpr(target);
      if (!guru_mode_)
        reporter_.Error(target.tok, "write to target variable not permitted; need stap -g");
      return;
    default:
      ResolveExpr(target);
      reporter_.Error(target.tok, "can't assign to this expression");
  }
}

}  // namespace podtap::lang::check
