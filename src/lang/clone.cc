// Deep copies: an alias's body is copied into every probe that uses it, since
// types are inferred for each.
#include <utility>

#include "lang/tree.h"

namespace podtap::lang {
namespace {

template <typename T>
std::unique_ptr<T> Same(const T& from) {  // a node of its kind, with what all have
  auto to = std::make_unique<T>();
  to->tok = from.tok;
  to->span = from.span;
  return to;
}

template <typename T>
std::unique_ptr<T> SameExpr(const T& from) {
  auto to = Same(from);
  to->type = from.type;
  to->height = from.height;
  return to;
}

ExprPtr Copy(const ExprPtr& expr) { return expr ? Clone(*expr) : nullptr; }
StmtPtr Copy(const StmtPtr& stmt) { return stmt ? Clone(*stmt) : nullptr; }

std::vector<ExprPtr> Copy(const std::vector<ExprPtr>& exprs) {
  std::vector<ExprPtr> out;
  out.reserve(exprs.size());
  for (const ExprPtr& expr : exprs) out.push_back(Copy(expr));
  return out;
}

std::vector<Access> Copy(const std::vector<Access>& path) {
  std::vector<Access> out;
  out.reserve(path.size());
  for (const Access& step : path) {
    out.push_back({step.kind, step.member, Copy(step.index), step.tok});
  }
  return out;
}

std::unique_ptr<Variable> CopyVariable(const Variable& from) {
  auto to = SameExpr(from);
  to->name = from.name;
  to->reference = from.reference;
  return to;
}
std::unique_ptr<Variable> Copy(const std::unique_ptr<Variable>& from) {
  return from ? CopyVariable(*from) : nullptr;
}

std::unique_ptr<Histogram> CopyHistogram(const Histogram& from) {
  auto to = SameExpr(from);
  to->is_log = from.is_log;
  to->target = Copy(from.target);
  to->low = from.low;
  to->high = from.high;
  to->step = from.step;
  return to;
}
std::unique_ptr<Histogram> Copy(const std::unique_ptr<Histogram>& from) {
  return from ? CopyHistogram(*from) : nullptr;
}

// ------------------------------------------------------- one overload a kind

ExprPtr CloneAs(const Number& from) {
  auto to = SameExpr(from);
  to->value = from.value;
  return to;
}
ExprPtr CloneAs(const StringLiteral& from) {
  auto to = SameExpr(from);
  to->value = from.value;
  return to;
}
ExprPtr CloneAs(const Variable& from) { return CopyVariable(from); }
ExprPtr CloneAs(const Target& from) {
  auto to = SameExpr(from);
  to->name = from.name;
  to->is_var = from.is_var;
  to->var_scope = from.var_scope;
  to->address_of = from.address_of;
  to->path = Copy(from.path);
  return to;
}
ExprPtr CloneAs(const Cast& from) {
  auto to = SameExpr(from);
  to->operand = Copy(from.operand);
  to->type_name = from.type_name;
  to->module = from.module;
  to->address_of = from.address_of;
  to->path = Copy(from.path);
  return to;
}
ExprPtr CloneAs(const Defined& from) {
  auto to = SameExpr(from);
  to->operand = Copy(from.operand);
  return to;
}
ExprPtr CloneAs(const Entry& from) {
  auto to = SameExpr(from);
  to->operand = Copy(from.operand);
  return to;
}
ExprPtr CloneAs(const Perf& from) {
  auto to = SameExpr(from);
  to->event = from.event;
  return to;
}
ExprPtr CloneAs(const ConstC& from) {
  auto to = SameExpr(from);
  to->text = from.text;
  return to;
}
ExprPtr CloneAs(const Index& from) {
  auto to = SameExpr(from);
  to->name = from.name;
  to->reference = from.reference;
  to->indexes = Copy(from.indexes);
  return to;
}
ExprPtr CloneAs(const Call& from) {
  auto to = SameExpr(from);
  to->name = from.name;
  to->args = Copy(from.args);
  to->functions = from.functions;
  return to;
}
ExprPtr CloneAs(const Unary& from) {
  auto to = SameExpr(from);
  to->op = from.op;
  to->operand = Copy(from.operand);
  return to;
}
ExprPtr CloneAs(const Binary& from) {
  auto to = SameExpr(from);
  to->op = from.op;
  to->left = Copy(from.left);
  to->right = Copy(from.right);
  return to;
}
ExprPtr CloneAs(const Logical& from) {
  auto to = SameExpr(from);
  to->is_and = from.is_and;
  to->left = Copy(from.left);
  to->right = Copy(from.right);
  return to;
}
ExprPtr CloneAs(const Ternary& from) {
  auto to = SameExpr(from);
  to->condition = Copy(from.condition);
  to->then_value = Copy(from.then_value);
  to->else_value = Copy(from.else_value);
  return to;
}
ExprPtr CloneAs(const In& from) {
  auto to = SameExpr(from);
  to->indexes = Copy(from.indexes);
  to->name = from.name;
  to->reference = from.reference;
  to->name_tok = from.name_tok;
  return to;
}
ExprPtr CloneAs(const Regex& from) {
  auto to = SameExpr(from);
  to->negated = from.negated;
  to->text = Copy(from.text);
  to->pattern = from.pattern;
  return to;
}
ExprPtr CloneAs(const Assign& from) {
  auto to = SameExpr(from);
  to->form = from.form;
  to->compound = from.compound;
  to->target = Copy(from.target);
  to->value = Copy(from.value);
  return to;
}
ExprPtr CloneAs(const Increment& from) {
  auto to = SameExpr(from);
  to->is_increment = from.is_increment;
  to->is_prefix = from.is_prefix;
  to->target = Copy(from.target);
  return to;
}
ExprPtr CloneAs(const Stat& from) {
  auto to = SameExpr(from);
  to->op = from.op;
  to->target = Copy(from.target);
  to->params = from.params;
  return to;
}
ExprPtr CloneAs(const Histogram& from) { return CopyHistogram(from); }
ExprPtr CloneAs(const HistIndex& from) {
  auto to = SameExpr(from);
  to->histogram = Copy(from.histogram);
  to->index = Copy(from.index);
  return to;
}
ExprPtr CloneAs(const Embedded& from) {
  auto to = SameExpr(from);
  to->code = from.code;
  return to;
}
ExprPtr CloneAs(const Print& from) {
  auto to = SameExpr(from);
  to->to_string = from.to_string;
  to->has_format = from.has_format;
  to->newline = from.newline;
  to->delimited = from.delimited;
  to->format = from.format;
  to->format_tok = from.format_tok;
  to->delimiter = from.delimiter;
  to->args = Copy(from.args);
  return to;
}

StmtPtr CloneAs(const Block& from) {
  auto to = Same(from);
  to->statements.reserve(from.statements.size());
  for (const StmtPtr& statement : from.statements) to->statements.push_back(Copy(statement));
  return to;
}
StmtPtr CloneAs(const ExprStmt& from) {
  auto to = Same(from);
  to->value = Copy(from.value);
  return to;
}
StmtPtr CloneAs(const If& from) {
  auto to = Same(from);
  to->condition = Copy(from.condition);
  to->then_branch = Copy(from.then_branch);
  to->else_branch = Copy(from.else_branch);
  return to;
}
StmtPtr CloneAs(const For& from) {
  auto to = Same(from);
  to->init = Copy(from.init);
  to->condition = Copy(from.condition);
  to->step = Copy(from.step);
  to->body = Copy(from.body);
  return to;
}
StmtPtr CloneAs(const Foreach& from) {
  auto to = Same(from);
  for (const auto& key : from.keys) to->keys.push_back(Copy(key));
  to->value = Copy(from.value);
  to->array = from.array;
  to->array_tok = from.array_tok;
  to->reference = from.reference;
  to->slice = Copy(from.slice);
  to->histogram = Copy(from.histogram);
  to->sort_direction = from.sort_direction;
  to->sort_column = from.sort_column;
  to->sort_stat = from.sort_stat;
  to->limit = Copy(from.limit);
  to->body = Copy(from.body);
  return to;
}
StmtPtr CloneAs(const Return& from) {
  auto to = Same(from);
  to->value = Copy(from.value);
  return to;
}
StmtPtr CloneAs(const Delete& from) {
  auto to = Same(from);
  to->target = Copy(from.target);
  return to;
}
StmtPtr CloneAs(const Next& from) { return Same(from); }
StmtPtr CloneAs(const Break& from) { return Same(from); }
StmtPtr CloneAs(const Continue& from) { return Same(from); }
StmtPtr CloneAs(const Null& from) { return Same(from); }
StmtPtr CloneAs(const Try& from) {
  auto to = Same(from);
  to->body = Copy(from.body);
  to->handler = Copy(from.handler);
  to->message = Copy(from.message);
  return to;
}
StmtPtr CloneAs(const EmbeddedStmt& from) {
  auto to = Same(from);
  to->code = from.code;
  return to;
}
StmtPtr CloneAs(const EventStmt& from) {
  auto to = Same(from);
  to->name = from.name;
  to->name_tok = from.name_tok;
  for (const EventStmt::Field& field : from.fields) {
    to->fields.push_back({field.name, field.tok, Copy(field.value)});
  }
  return to;
}

}  // namespace

ExprPtr Clone(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber:
      return CloneAs(As<Number>(expr));
    case ExprKind::kString:
      return CloneAs(As<StringLiteral>(expr));
    case ExprKind::kVariable:
      return CloneAs(As<Variable>(expr));
    case ExprKind::kTarget:
      return CloneAs(As<Target>(expr));
    case ExprKind::kCast:
      return CloneAs(As<Cast>(expr));
    case ExprKind::kDefined:
      return CloneAs(As<Defined>(expr));
    case ExprKind::kEntry:
      return CloneAs(As<Entry>(expr));
    case ExprKind::kPerf:
      return CloneAs(As<Perf>(expr));
    case ExprKind::kConst:
      return CloneAs(As<ConstC>(expr));
    case ExprKind::kIndex:
      return CloneAs(As<Index>(expr));
    case ExprKind::kCall:
      return CloneAs(As<Call>(expr));
    case ExprKind::kUnary:
      return CloneAs(As<Unary>(expr));
    case ExprKind::kBinary:
      return CloneAs(As<Binary>(expr));
    case ExprKind::kLogical:
      return CloneAs(As<Logical>(expr));
    case ExprKind::kTernary:
      return CloneAs(As<Ternary>(expr));
    case ExprKind::kIn:
      return CloneAs(As<In>(expr));
    case ExprKind::kRegex:
      return CloneAs(As<Regex>(expr));
    case ExprKind::kAssign:
      return CloneAs(As<Assign>(expr));
    case ExprKind::kIncrement:
      return CloneAs(As<Increment>(expr));
    case ExprKind::kStat:
      return CloneAs(As<Stat>(expr));
    case ExprKind::kHistogram:
      return CloneAs(As<Histogram>(expr));
    case ExprKind::kHistIndex:
      return CloneAs(As<HistIndex>(expr));
    case ExprKind::kEmbedded:
      return CloneAs(As<Embedded>(expr));
    case ExprKind::kPrint:
      return CloneAs(As<Print>(expr));
  }
  return nullptr;
}

StmtPtr Clone(const Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::kBlock:
      return CloneAs(As<Block>(stmt));
    case StmtKind::kExpr:
      return CloneAs(As<ExprStmt>(stmt));
    case StmtKind::kIf:
      return CloneAs(As<If>(stmt));
    case StmtKind::kFor:
      return CloneAs(As<For>(stmt));
    case StmtKind::kForeach:
      return CloneAs(As<Foreach>(stmt));
    case StmtKind::kReturn:
      return CloneAs(As<Return>(stmt));
    case StmtKind::kDelete:
      return CloneAs(As<Delete>(stmt));
    case StmtKind::kNext:
      return CloneAs(As<Next>(stmt));
    case StmtKind::kBreak:
      return CloneAs(As<Break>(stmt));
    case StmtKind::kContinue:
      return CloneAs(As<Continue>(stmt));
    case StmtKind::kTry:
      return CloneAs(As<Try>(stmt));
    case StmtKind::kNull:
      return CloneAs(As<Null>(stmt));
    case StmtKind::kEmbedded:
      return CloneAs(As<EmbeddedStmt>(stmt));
    case StmtKind::kEvent:
      return CloneAs(As<EventStmt>(stmt));
  }
  return nullptr;
}

}  // namespace podtap::lang
