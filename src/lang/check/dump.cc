// `--dump=checked`: the checked program as text.
//
// One node a line, children indented; after a `:` its type, and what names
// refer to as `local 0` or `global 2`.
#include <array>
#include <string>
#include <string_view>

#include "lang/check/alias_tree.h"
#include "lang/check/inferrer.h"
#include "lang/check/walk.h"
#include "lang/tree.h"

namespace podtap::lang {
namespace {

constexpr std::array<const char*, 18> kBinaryNames = {
    "+", "-", "*", "/", "%", "<<", ">>", ">>>", "&", "|", "^",
    "==", "!=", "<", "<=", ">", ">=", "."};
constexpr std::array<const char*, 4> kUnaryNames = {"-", "+", "!", "~"};
constexpr std::array<const char*, 6> kStatNames = {"@count", "@sum", "@min",
                                                   "@max", "@avg", "@variance"};

template <typename Op, size_t N>
std::string Name(const std::array<const char*, N>& names, Op op) {
  const auto index = static_cast<size_t>(op);
  return index < N ? names[index] : "?";
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20 || byte >= 0x7f) {
      constexpr std::string_view kHex = "0123456789abcdef";
      quoted += "\\x";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string Refers(const Reference& reference) {
  switch (reference.kind) {
    case Reference::Kind::kNone: return " unresolved";
    case Reference::Kind::kLocal: return " local " + std::to_string(reference.index);
    case Reference::Kind::kGlobal: return " global " + std::to_string(reference.index);
  }
  return "";
}

std::string Path(const std::vector<Access>& path) {
  std::string text;
  for (const Access& access : path) {
    switch (access.kind) {
      case Access::Kind::kMember: text += "->" + access.member; break;
      case Access::Kind::kIndex: text += "[]"; break;
      case Access::Kind::kPretty: text += "$"; break;
      case Access::Kind::kPrettyDeep: text += "$$"; break;
    }
  }
  return text;
}

std::string PrintLabel(const Print& print) {
  std::string label = print.to_string ? "sprint" : "print";
  if (print.has_format) label += "f " + Quote(print.format);
  if (print.delimited) label += "d " + Quote(print.delimiter);
  if (print.newline) label += " newline";
  return label;
}

std::string CallLabel(const Call& call) {
  std::string label = "call " + call.name;
  for (size_t i = 0; i < call.functions.size(); ++i)
    label += (i == 0 ? " function " : ", ") + std::to_string(call.functions[i]);
  return call.functions.empty() ? label + " unresolved" : label;
}

std::string HistogramLabel(const Histogram& histogram) {
  if (histogram.is_log) return "@hist_log";
  return "@hist_linear " + std::to_string(histogram.low) + " " + std::to_string(histogram.high) +
         " " + std::to_string(histogram.step);
}

std::string AssignLabel(const Assign& assign) {
  switch (assign.form) {
    case Assign::Form::kPlain: return "assign =";
    case Assign::Form::kCompound: return "assign " + Name(kBinaryNames, assign.compound) + "=";
    case Assign::Form::kStatPush: return "assign <<<";
  }
  return "assign";
}

std::string Label(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber: return "number " + std::to_string(As<Number>(expr).value);
    case ExprKind::kString: return "string " + Quote(As<StringLiteral>(expr).value);
    case ExprKind::kVariable:
      return "variable " + As<Variable>(expr).name + Refers(As<Variable>(expr).reference);
    case ExprKind::kTarget:
      return std::string("target ") + (As<Target>(expr).address_of ? "&$" : "$") +
             As<Target>(expr).name + Path(As<Target>(expr).path);
    case ExprKind::kCast:
      return std::string(As<Cast>(expr).address_of ? "&" : "") + "@cast " +
             Quote(As<Cast>(expr).type_name) + Path(As<Cast>(expr).path);
    case ExprKind::kDefined: return "@defined";
    case ExprKind::kEntry: return "@entry";
    case ExprKind::kPerf: return "@perf " + Quote(As<Perf>(expr).event);
    case ExprKind::kConst: return "@const " + Quote(As<ConstC>(expr).text);
    case ExprKind::kIndex:
      return "index " + As<Index>(expr).name + Refers(As<Index>(expr).reference);
    case ExprKind::kCall: return CallLabel(As<Call>(expr));
    case ExprKind::kUnary: return "unary " + Name(kUnaryNames, As<Unary>(expr).op);
    case ExprKind::kBinary: return "binary " + Name(kBinaryNames, As<Binary>(expr).op);
    case ExprKind::kLogical: return As<Logical>(expr).is_and ? "logical &&" : "logical ||";
    case ExprKind::kTernary: return "ternary";
    case ExprKind::kIn: return "in " + As<In>(expr).name + Refers(As<In>(expr).reference);
    case ExprKind::kRegex:
      return (As<Regex>(expr).negated ? "regex !~ " : "regex =~ ") +
             Quote(As<Regex>(expr).pattern);
    case ExprKind::kAssign: return AssignLabel(As<Assign>(expr));
    case ExprKind::kIncrement:
      return std::string("increment ") + (As<Increment>(expr).is_prefix ? "prefix " : "postfix ") +
             (As<Increment>(expr).is_increment ? "++" : "--");
    case ExprKind::kStat: return "stat " + Name(kStatNames, As<Stat>(expr).op);
    case ExprKind::kHistogram: return HistogramLabel(As<Histogram>(expr));
    case ExprKind::kHistIndex: return "histogram index";
    case ExprKind::kEmbedded: return "embedded " + Quote(As<Embedded>(expr).code);
    case ExprKind::kPrint: return PrintLabel(As<Print>(expr));
  }
  return "?";
}

std::string ForeachLabel(const Foreach& loop) {
  std::string label = "foreach";
  if (loop.value) label += " value";
  if (!loop.histogram) label += " in " + loop.array + Refers(loop.reference);
  if (loop.sort_direction != 0) {
    label += loop.sort_direction > 0 ? " ascending" : " descending";
    label += " by " + (loop.sort_stat ? Name(kStatNames, *loop.sort_stat)
                                      : std::to_string(loop.sort_column));
  }
  if (loop.limit) label += " limit";
  return label;
}

std::string Label(const Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::kBlock: return "block";
    case StmtKind::kExpr: return "do";
    case StmtKind::kIf: return As<If>(stmt).else_branch ? "if else" : "if";
    case StmtKind::kFor: {
      const auto& loop = As<For>(stmt);
      return std::string("for") + (loop.init ? " init" : "") +
             (loop.condition ? " condition" : "") + (loop.step ? " step" : "");
    }
    case StmtKind::kForeach: return ForeachLabel(As<Foreach>(stmt));
    case StmtKind::kReturn: return "return";
    case StmtKind::kDelete: return "delete";
    case StmtKind::kNext: return "next";
    case StmtKind::kBreak: return "break";
    case StmtKind::kContinue: return "continue";
    case StmtKind::kTry: return "try";
    case StmtKind::kNull: return "null";
    case StmtKind::kEmbedded: return "embedded " + Quote(As<EmbeddedStmt>(stmt).code);
    case StmtKind::kEvent: {
      std::string label = "event " + As<EventStmt>(stmt).name;
      for (const auto& field : As<EventStmt>(stmt).fields) label += " " + field.name;
      return label;
    }
  }
  return "?";
}

class Dumper {
 public:
  void Globals(const Script& script) {
    for (size_t i = 0; i < script.globals.size(); ++i) {
      const Global& global = *script.globals[i];
      std::string label = "global " + std::to_string(i) + " " + global.name;
      for (size_t n = 0; n < global.index_types.size(); ++n)
        label += (n == 0 ? "[" : ", ") + std::string(check::TypeName(global.index_types[n]));
      if (global.is_array()) label += "]";
      if (global.max_size) label += " size " + std::to_string(*global.max_size);
      if (global.wrap) label += " wrap";
      label += std::string(": ") + check::TypeName(global.type);
      if (global.init) label += " = " + Label(*global.init);
      label += Flags(global.read, global.written);
      if (global.needs_log_histogram) label += " hist_log";
      if (global.linear_histogram) label += " hist_linear";
      if (global.needs_variance) label += " variance " + std::to_string(global.variance_shift);
      Line(label);
    }
  }

  void Functions(const Script& script) {
    for (size_t i = 0; i < script.functions.size(); ++i) {
      const Function& function = *script.functions[i];
      std::string label = "function " + std::to_string(i) + " " + function.name + ": " +
                          (function.result == Type::kUnknown ? "nothing"
                                                             : check::TypeName(function.result));
      if (function.has_embedded_body) label += " %{" + function.embedded + "%}";
      Line(label);
      ++depth_;
      Locals(function.locals);
      if (function.body) Node(*function.body);
      --depth_;
    }
  }

  void Probes(const Script& script) {
    for (const Probe& probe : script.probes) {
      std::string label = "probe " + check::JoinComponents(probe.point.components);
      if (probe.point.optional) label += " ?";
      if (probe.point.sufficient) label += " !";
      label += " written " + probe.written + " group " + std::to_string(probe.group);
      Line(label);
      ++depth_;
      Locals(probe.locals);
      for (const ExprPtr& condition : probe.conditions) {
        Line("condition");
        ++depth_;
        if (condition) Node(*condition);
        --depth_;
      }
      for (const StmtPtr& body : probe.bodies)
        if (body) Node(*body);
      --depth_;
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  static std::string Flags(bool read, bool written) {
    return std::string(read ? " read" : "") + (written ? " written" : "");
  }
  void Line(std::string_view label) {
    text_.append(depth_ * 2, ' ');
    text_ += label;
    text_ += '\n';
  }
  void Locals(const std::vector<Local>& locals) {
    for (size_t i = 0; i < locals.size(); ++i)
      Line((locals[i].is_parameter ? "parameter " : "local ") + std::to_string(i) + " " +
           locals[i].name + ": " + check::TypeName(locals[i].type) +
           Flags(locals[i].read, locals[i].written));
  }
  void Node(Expr& expr) {
    const char* type = expr.type == Type::kUnknown ? "nothing" : check::TypeName(expr.type);
    Line(Label(expr) + ": " + type);
    ++depth_;
    check::ForEachChild(expr, [this](Expr& child) { Node(child); });
    --depth_;
  }
  void Node(Stmt& stmt) {
    Line(Label(stmt));
    ++depth_;
    check::ForEachExpr(stmt, [this](Expr& child) { Node(child); });
    check::ForEachStmt(stmt, [this](Stmt& child) { Node(child); });
    --depth_;
  }

  std::string text_;
  size_t depth_ = 0;
};

}  // namespace

std::string Dump(const Script& script) {
  Dumper dumper;
  dumper.Globals(script);
  dumper.Functions(script);
  dumper.Probes(script);
  return dumper.Take();
}

}  // namespace podtap::lang
