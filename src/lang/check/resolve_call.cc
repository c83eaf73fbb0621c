#include "lang/check/resolver.h"

namespace podtap::lang::check {

void Resolver::ResolveCall(Call& call) {
  ResolveAll(call.args);
  const auto& candidates = symbols_.FindFunctions(call.name, call.args.size(), *scope_.file);
  if (candidates.empty()) return ReportNoFunction(call);
  if (reporter_.soft()) return;
  for (const DeclaredFunction* candidate : candidates)
    call.functions.push_back(builder_.AddFunction(*candidate));
}

void Resolver::ReportNoFunction(const Call& call) {
  if (reporter_.soft()) return;
  const std::vector<size_t> arities = symbols_.Arities(call.name, *scope_.file);
  if (arities.empty()) {
    Names similar;
    if (reporter_.wants_similar())
      similar = reporter_.Similar(call.name, symbols_.FunctionNames(*scope_.file));
    return reporter_.Error(call.tok, "unresolved function " + call.name, std::move(similar));
  }
  std::string takes;
  for (size_t i = 0; i < arities.size(); ++i) {
    if (i > 0) takes += " or ";
    takes += std::to_string(arities[i]);
  }
  reporter_.Error(call.tok,
                  "arity mismatch found (function '" + call.name + "' takes " + takes + " args)");
}

}  // namespace podtap::lang::check
