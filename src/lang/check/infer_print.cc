#include "lang/check/format_kinds.h"
#include "lang/check/inferrer.h"

namespace podtap::lang::check {

// print() takes values of any type; printf()'s directives say theirs.
TypeVar Inferrer::InferPrint(Print& print) {
  const TypeVar result = print.to_string ? types_.Of(Type::kString) : types_.New();
  if (!print.has_format) {
    for (const ExprPtr& arg : print.args)
      if (arg) Infer(*arg);
    return result;
  }
  const Token& at = print.format_tok.span.valid() ? print.format_tok : print.tok;
  const auto kinds = FormatKinds(print.format);
  if (!kinds) {
    reporter_.Error(at, kinds.error());
    for (const ExprPtr& arg : print.args)
      if (arg) Infer(*arg);
    return result;
  }
  for (size_t i = 0; i < print.args.size(); ++i) {
    if (!print.args[i]) continue;
    if (i < kinds->size())
      Expect(print.args[i], (*kinds)[i] == 's' ? Type::kString : Type::kLong);
    else
      Infer(*print.args[i]);
  }
  if (print.args.size() < kinds->size())
    reporter_.Error(
        at, "too few arguments for format string (" + std::to_string(print.args.size()) + ")");
  if (print.args.size() > kinds->size())
    reporter_.Error(at, "too many arguments for format string");
  return result;
}

}  // namespace podtap::lang::check
