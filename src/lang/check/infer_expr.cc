#include "lang/check/inferrer.h"
#include "lang/check/walk.h"
#include "lang/tree_writer.h"

namespace podtap::lang::check {
namespace {

bool IsComparison(BinaryOp op) {
  switch (op) {
    case BinaryOp::kEq:
    case BinaryOp::kNe:
    case BinaryOp::kLt:
    case BinaryOp::kLe:
    case BinaryOp::kGt:
    case BinaryOp::kGe:
      return true;
    default:
      return false;
  }
}

}  // namespace

TypeVar Inferrer::Note(Expr& expr, TypeVar var, bool is_value) {
  nodes_.push_back({&expr, var, is_value});
  return var;
}

void Inferrer::Unify(TypeVar expected, TypeVar found, const Token& at) {
  if (types_.Unify(expected, found)) return;
  std::string message = "type mismatch: expected ";
  message += TypeName(types_.TypeOf(expected));
  message += " but found ";
  message += TypeName(types_.TypeOf(found));
  reporter_.Error(at, std::move(message));
}

void Inferrer::Expect(const ExprPtr& expr, Type type) {
  if (expr) Unify(types_.Of(type), Infer(*expr), expr->tok);
}

TypeVar Inferrer::VarOf(const Reference& reference) {
  switch (reference.kind) {
    case Reference::Kind::kNone:
      break;
    case Reference::Kind::kLocal:
      if (reference.index < locals_->size()) return (*locals_)[reference.index];
      break;
    case Reference::Kind::kGlobal:
      return globals_[reference.index].value;
  }
  return types_.New();
}

TypeVar Inferrer::InferKind(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber:
    case ExprKind::kPerf:
    case ExprKind::kConst:
    case ExprKind::kDefined:
      return Long();  // what @defined() asks about needs no type
    case ExprKind::kString:
      return types_.Of(Type::kString);
    case ExprKind::kEmbedded:
      return types_.New();
    case ExprKind::kVariable:
      return VarOf(As<Variable>(expr).reference);
    case ExprKind::kTarget: {
      auto& target = As<Target>(expr);
      // $$vars, $$parms and the like are text.
      return InferPath(target.path, !target.is_var && target.name.starts_with('$'));
    }
    case ExprKind::kCast:
      Expect(As<Cast>(expr).operand, Type::kLong);
      return InferPath(As<Cast>(expr).path, false);
    case ExprKind::kEntry:
      return As<Entry>(expr).operand ? Infer(*As<Entry>(expr).operand) : types_.New();
    case ExprKind::kIndex:
      InferIndexes(As<Index>(expr).reference, As<Index>(expr).indexes);
      return VarOf(As<Index>(expr).reference);
    case ExprKind::kCall:
      return InferCall(As<Call>(expr));
    case ExprKind::kUnary:
    case ExprKind::kLogical:
      ForEachChild(expr, [this](Expr& child) { Unify(Long(), Infer(child), child.tok); });
      return Long();
    case ExprKind::kBinary:
      return InferBinary(As<Binary>(expr));
    case ExprKind::kTernary:
      return InferTernary(As<Ternary>(expr));
    case ExprKind::kIn:
      InferIndexes(As<In>(expr).reference, As<In>(expr).indexes);
      return Long();
    case ExprKind::kRegex:
      Expect(As<Regex>(expr).text, Type::kString);
      return Long();
    case ExprKind::kAssign:
      return InferAssign(As<Assign>(expr));
    case ExprKind::kIncrement:
      if (Expr* target = As<Increment>(expr).target.get())
        Unify(Long(), InferPlace(*target), target->tok);
      return Long();
    case ExprKind::kStat:
      return InferStatOf(As<Stat>(expr).target.get());
    case ExprKind::kHistogram:
      return InferHistogram(&As<Histogram>(expr));
    case ExprKind::kHistIndex:
      InferHistogram(As<HistIndex>(expr).histogram.get());
      Expect(As<HistIndex>(expr).index, Type::kLong);
      return Long();
    case ExprKind::kPrint:
      return InferPrint(As<Print>(expr));
  }
  return types_.New();
}

TypeVar Inferrer::InferPath(std::vector<Access>& path, bool is_text) {
  ForEachPathIndex(path, [this](Expr& index) { Unify(Long(), Infer(index), index.tok); });
  for (const Access& access : path)
    is_text =
        is_text || access.kind == Access::Kind::kPretty || access.kind == Access::Kind::kPrettyDeep;
  return types_.Of(is_text ? Type::kString : Type::kLong);
}

TypeVar Inferrer::InferBinary(Binary& binary) {
  if (IsComparison(binary.op)) {
    if (binary.left && binary.right) {
      const TypeVar left = Infer(*binary.left);
      Unify(left, Infer(*binary.right), binary.right->tok);
    }
    return Long();
  }
  const Type type = binary.op == BinaryOp::kConcat ? Type::kString : Type::kLong;
  Expect(binary.left, type);
  Expect(binary.right, type);
  return types_.Of(type);
}

TypeVar Inferrer::InferTernary(Ternary& ternary) {
  Expect(ternary.condition, Type::kLong);
  if (!ternary.then_value || !ternary.else_value) return types_.New();
  const TypeVar value = Infer(*ternary.then_value);
  Unify(value, Infer(*ternary.else_value), ternary.else_value->tok);
  return value;
}

TypeVar Inferrer::InferAssign(Assign& assign) {
  if (!assign.target || !assign.value) return types_.New();
  switch (assign.form) {
    case Assign::Form::kPlain: {
      const TypeVar place = InferPlace(*assign.target);
      Unify(place, Infer(*assign.value), assign.value->tok);
      return place;
    }
    case Assign::Form::kCompound: {
      const Type type = assign.compound == BinaryOp::kConcat ? Type::kString : Type::kLong;
      Unify(types_.Of(type), InferPlace(*assign.target), assign.target->tok);
      Expect(assign.value, type);
      return types_.Of(type);
    }
    case Assign::Form::kStatPush:
      InferStatOf(assign.target.get());
      Expect(assign.value, Type::kLong);
      return Long();
  }
  return types_.New();
}

// Overloads are tried in turn with the same arguments, so all agree on types.
TypeVar Inferrer::InferCall(Call& call) {
  std::vector<TypeVar> args;
  for (const ExprPtr& arg : call.args) args.push_back(arg ? Infer(*arg) : types_.New());
  if (call.functions.empty()) return types_.New();
  const TypeVar result = functions_[call.functions[0]].result;
  for (const uint32_t index : call.functions) {
    const FunctionVars& function = functions_[index];
    for (size_t i = 0; i < args.size() && i < function.locals.size(); ++i)
      Unify(function.locals[i], args[i], call.args[i] ? call.args[i]->tok : call.tok);
    Unify(result, function.result, call.tok);
  }
  return result;
}

TypeVar Inferrer::InferStatOf(Expr* target) {
  if (target == nullptr) return Long();
  const TypeVar var = InferPlace(*target);
  // A target that isn't global has been reported.
  const bool is_global = (target->kind == ExprKind::kVariable &&
                          As<Variable>(*target).reference.kind == Reference::Kind::kGlobal) ||
                         (target->kind == ExprKind::kIndex &&
                          As<Index>(*target).reference.kind == Reference::Kind::kGlobal);
  if (is_global) Unify(types_.Of(Type::kStats), var, target->tok);
  return Long();
}

TypeVar Inferrer::InferHistogram(Histogram* histogram) {
  if (histogram != nullptr) InferStatOf(histogram->target.get());
  return Long();
}

void Inferrer::InferIndexes(const Reference& array, const std::vector<ExprPtr>& indexes) {
  const std::vector<TypeVar>* vars =
      array.kind == Reference::Kind::kGlobal ? &globals_[array.index].indexes : nullptr;
  for (size_t i = 0; i < indexes.size(); ++i) {
    if (!indexes[i]) continue;
    const TypeVar index = Infer(*indexes[i]);
    if (vars != nullptr && i < vars->size()) Unify((*vars)[i], index, indexes[i]->tok);
  }
}

}  // namespace podtap::lang::check
