#include <algorithm>

#include "lang/quote.h"
#include "lang/tree_writer.h"

namespace podtap::lang {
namespace {

constexpr std::string_view kUnaryNames[] = {"-", "+", "!", "~"};
constexpr std::string_view kBinaryNames[] = {"+", "-", "*",  "/",  "%", "<<", ">>", ">>>", "&",
                                             "|", "^", "==", "!=", "<", "<=", ">",  ">=",  "."};
constexpr std::string_view kStatNames[] = {"@count", "@sum", "@min", "@max", "@avg", "@variance"};

template <typename Names, typename Op>
std::string Named(const Names& names, Op op) {
  return std::string(names[static_cast<size_t>(op)]);
}

std::string Referred(const Reference& reference) {
  switch (reference.kind) {
    case Reference::Kind::kLocal:
      return " local#" + std::to_string(reference.index);
    case Reference::Kind::kGlobal:
      return " global#" + std::to_string(reference.index);
    case Reference::Kind::kNone:
      break;
  }
  return {};
}

std::string HeadOf(const Assign& assign) {
  if (assign.form == Assign::Form::kStatPush) return "assign <<<";
  if (assign.form == Assign::Form::kPlain) return "assign =";
  return "assign " + Named(kBinaryNames, assign.compound) + "=";
}

std::string HeadOf(const Target& target) {
  std::string head = target.address_of ? "target &" : "target ";
  if (!target.is_var) return head + '$' + target.name;
  head += "@var(" + Quote(target.name);
  return head + (target.var_scope.empty() ? "" : ", " + Quote(target.var_scope)) + ')';
}

std::string HeadOf(const Cast& cast) {
  std::string head = cast.address_of ? "cast &" : "cast ";
  head += Quote(cast.type_name);
  return head + (cast.module.empty() ? "" : ", " + Quote(cast.module));
}

std::string HeadOf(const Call& call) {
  std::string head = "call " + call.name;
  for (const uint32_t function : call.functions) head += " function#" + std::to_string(function);
  return head;
}

std::string HeadOf(const Print& print) {
  std::string head = print.to_string ? "sprint" : "print";
  if (print.has_format) head += "f " + Quote(print.format);
  if (print.delimited) head += "d " + Quote(print.delimiter);
  return head + (print.newline ? " newline" : "");
}

std::string HeadOf(const Histogram& histogram) {
  if (histogram.is_log) return "@hist_log";
  return "@hist_linear " + std::to_string(histogram.low) + ' ' + std::to_string(histogram.high) +
         ' ' + std::to_string(histogram.step);
}

std::string HeadOf(const Increment& increment) {
  const std::string op = increment.is_increment ? "++" : "--";
  return "increment " + (increment.is_prefix ? op + "x" : "x" + op);
}

std::string HeadOf(const Stat& stat) {
  std::string head = Named(kStatNames, stat.op);
  for (const int64_t param : stat.params) head += ' ' + std::to_string(param);
  return head;
}

std::string Head(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber:
      return "number " + std::to_string(As<Number>(expr).value);
    case ExprKind::kString:
      return "string " + Quote(As<StringLiteral>(expr).value);
    case ExprKind::kVariable: {
      const auto& variable = As<Variable>(expr);
      return "variable " + variable.name + Referred(variable.reference);
    }
    case ExprKind::kTarget:
      return HeadOf(As<Target>(expr));
    case ExprKind::kCast:
      return HeadOf(As<Cast>(expr));
    case ExprKind::kDefined:
      return "@defined";
    case ExprKind::kEntry:
      return "@entry";
    case ExprKind::kPerf:
      return "@perf " + Quote(As<Perf>(expr).event);
    case ExprKind::kConst:
      return "@const " + Quote(As<ConstC>(expr).text);
    case ExprKind::kIndex: {
      const auto& index = As<Index>(expr);
      return "element " + index.name + Referred(index.reference);
    }
    case ExprKind::kCall:
      return HeadOf(As<Call>(expr));
    case ExprKind::kUnary:
      return "unary " + Named(kUnaryNames, As<Unary>(expr).op);
    case ExprKind::kBinary:
      return "binary " + Named(kBinaryNames, As<Binary>(expr).op);
    case ExprKind::kLogical:
      return As<Logical>(expr).is_and ? "logical &&" : "logical ||";
    case ExprKind::kTernary:
      return "ternary";
    case ExprKind::kIn: {
      const auto& in = As<In>(expr);
      return "in " + in.name + Referred(in.reference);
    }
    case ExprKind::kRegex: {
      const auto& regex = As<Regex>(expr);
      return (regex.negated ? "regex !~ " : "regex =~ ") + Quote(regex.pattern);
    }
    case ExprKind::kAssign:
      return HeadOf(As<Assign>(expr));
    case ExprKind::kIncrement:
      return HeadOf(As<Increment>(expr));
    case ExprKind::kStat:
      return HeadOf(As<Stat>(expr));
    case ExprKind::kHistogram:
      return HeadOf(As<Histogram>(expr));
    case ExprKind::kHistIndex:
      return "bucket";
    case ExprKind::kEmbedded:
      return "embedded " + Quote(As<Embedded>(expr).code);
    case ExprKind::kPrint:
      return HeadOf(As<Print>(expr));
  }
  return "?";
}

// Whether an expression of this kind may have one type or another.
bool IsInferred(ExprKind kind) {
  constexpr ExprKind kInferred[] = {ExprKind::kVariable, ExprKind::kTarget, ExprKind::kCast,
                                    ExprKind::kEntry,    ExprKind::kIndex,  ExprKind::kCall,
                                    ExprKind::kUnary,    ExprKind::kBinary, ExprKind::kTernary,
                                    ExprKind::kAssign,   ExprKind::kPrint,  ExprKind::kEmbedded};
  return std::find(std::begin(kInferred), std::end(kInferred), kind) != std::end(kInferred);
}

}  // namespace

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kLong:
      return "long";
    case Type::kString:
      return "string";
    case Type::kStats:
      return "stats";
    case Type::kUnknown:
      break;
  }
  return "unknown";
}

void TreeWriter::Line(std::string_view text) {
  out_.append(static_cast<size_t>(depth_) * 2, ' ');
  out_ += text;
  out_ += '\n';
}

void TreeWriter::Write(const Expr& expr) {
  std::string line = Head(expr);
  if (IsInferred(expr.kind) && expr.type != Type::kUnknown) {
    line += " :" + std::string(TypeName(expr.type));
  }
  Line(line);
  const Level level(*this);
  Children(expr);
}

void TreeWriter::Write(const ExprPtr& expr, std::string_view label) {
  if (!expr) return;
  if (label.empty()) return Write(*expr);
  Line(label);
  const Level level(*this);
  Write(*expr);
}

void TreeWriter::WriteAll(const std::vector<ExprPtr>& exprs) {
  for (const ExprPtr& expr : exprs) {
    if (expr) {
      Write(*expr);
    } else {
      Line("*");
    }
  }
}

void TreeWriter::WritePath(const std::vector<Access>& path) {
  for (const Access& access : path) {
    switch (access.kind) {
      case Access::Kind::kMember:
        Line("->" + access.member);
        break;
      case Access::Kind::kIndex:
        Write(access.index, "[]");
        break;
      case Access::Kind::kPretty:
        Line("$");
        break;
      case Access::Kind::kPrettyDeep:
        Line("$$");
        break;
    }
  }
}

void TreeWriter::Children(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kTarget:
      return WritePath(As<Target>(expr).path);
    case ExprKind::kCast:
      Write(As<Cast>(expr).operand);
      return WritePath(As<Cast>(expr).path);
    case ExprKind::kDefined:
      return Write(As<Defined>(expr).operand);
    case ExprKind::kEntry:
      return Write(As<Entry>(expr).operand);
    case ExprKind::kIndex:
      return WriteAll(As<Index>(expr).indexes);
    case ExprKind::kCall:
      return WriteAll(As<Call>(expr).args);
    case ExprKind::kUnary:
      return Write(As<Unary>(expr).operand);
    case ExprKind::kBinary:
      Write(As<Binary>(expr).left);
      return Write(As<Binary>(expr).right);
    case ExprKind::kLogical:
      Write(As<Logical>(expr).left);
      return Write(As<Logical>(expr).right);
    case ExprKind::kTernary:
      Write(As<Ternary>(expr).condition);
      Write(As<Ternary>(expr).then_value);
      return Write(As<Ternary>(expr).else_value);
    case ExprKind::kIn:
      return WriteAll(As<In>(expr).indexes);
    case ExprKind::kRegex:
      return Write(As<Regex>(expr).text);
    case ExprKind::kAssign:
      Write(As<Assign>(expr).target);
      return Write(As<Assign>(expr).value);
    case ExprKind::kIncrement:
      return Write(As<Increment>(expr).target);
    case ExprKind::kStat:
      return Write(As<Stat>(expr).target);
    case ExprKind::kHistogram:
      return Write(As<Histogram>(expr).target);
    case ExprKind::kHistIndex:
      if (As<HistIndex>(expr).histogram) Write(*As<HistIndex>(expr).histogram);
      return Write(As<HistIndex>(expr).index);
    case ExprKind::kPrint:
      return WriteAll(As<Print>(expr).args);
    case ExprKind::kNumber:
    case ExprKind::kString:
    case ExprKind::kVariable:
    case ExprKind::kPerf:
    case ExprKind::kConst:
    case ExprKind::kEmbedded:
      return;
  }
}

}  // namespace podtap::lang
