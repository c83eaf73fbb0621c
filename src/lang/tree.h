// The tree of a SystemTap script.
//
// What enters: the parser builds it; the checker fills in the types and the
// references of names. What leaves: lower reads it. One struct per construct;
// `kind` says which, As<T>() is the checked cast.
//
// `tok` is the token that SystemTap names when the construct fails at run time
// (the operator of a binary expression, the name of a call, the keyword of a
// statement); `span` covers the whole construct.
//
// Depth is bounded by the parser (kMaxDepth), so recursion over a tree is safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/diagnostic.h"
#include "source/source.h"

namespace podtap::lang {

inline constexpr int kMaxDepth = 400;

enum class Type : uint8_t { kUnknown, kLong, kString, kStats };

struct Token {  // the token to point at
  source::Span span;
  source::TokenClass token_class = source::TokenClass::kIdentifier;
};

// ---------------------------------------------------------------- expressions

enum class ExprKind : uint8_t {
  kNumber,     // 42, 0x2a, 052, 'macro-expanded numbers alike'
  kString,     // "text"
  kVariable,   // name: local, parameter or global
  kTarget,     // $name, @var("name"), with ->member, [index], $ and $$ suffixes, & before
  kCast,       // @cast(expr, "type"[, "module"]) and what follows it
  kDefined,    // @defined(expr)
  kEntry,      // @entry(expr)
  kPerf,       // @perf("name")
  kConst,      // @const("C expression")
  kIndex,      // array[i, j]; kSlice elements are `*`
  kCall,       // name(args)
  kUnary,      // - + ! ~
  kBinary,     // + - * / % << >> >>> & | ^ and the comparisons, `.`
  kLogical,    // && ||
  kTernary,    // a ? b : c
  kIn,         // [i, j] in array
  kRegex,      // s =~ "re", s !~ "re"
  kAssign,     // = += -= … .= <<<
  kIncrement,  // ++x x++ --x x--
  kStat,       // @count(s) @sum @min @max @avg @variance(s[, n])
  kHistogram,  // @hist_log(s) @hist_linear(s, low, high, step)
  kHistIndex,  // @hist_log(s)[i]
  kEmbedded,   // %{ C %} used as an expression
  kPrint,      // print, printf, println, printd, printdln, sprint*: see tree for flags
};

struct Expr {
  explicit Expr(ExprKind k) : kind(k) {}
  virtual ~Expr() = default;
  ExprKind kind;
  Type type = Type::kUnknown;  // filled in by the checker
  Token tok;
  source::Span span;
  uint16_t height = 1;  // of the tree below, at most kMaxDepth; the parser keeps it
};
using ExprPtr = std::unique_ptr<Expr>;

template <typename T>
T& As(Expr& e) {
  return static_cast<T&>(e);
}
template <typename T>
const T& As(const Expr& e) {
  return static_cast<const T&>(e);
}

struct Number : Expr {
  Number() : Expr(ExprKind::kNumber) { type = Type::kLong; }
  int64_t value = 0;
};

struct StringLiteral : Expr {
  StringLiteral() : Expr(ExprKind::kString) { type = Type::kString; }
  std::string value;  // escapes resolved
};

// What a name refers to, filled in by the checker.
struct Reference {
  enum class Kind : uint8_t { kNone, kLocal, kGlobal } kind = Kind::kNone;
  uint32_t index = 0;  // into the owner's locals or Script's globals
};

struct Variable : Expr {
  Variable() : Expr(ExprKind::kVariable) {}
  std::string name;
  Reference reference;
};

// One step after a target variable or a cast.
struct Access {
  enum class Kind : uint8_t {
    kMember,      // ->name or .name after [..]
    kIndex,       // [expr]
    kPretty,      // $   one level
    kPrettyDeep,  // $$  all levels
  } kind = Kind::kMember;
  std::string member;
  ExprPtr index;
  Token tok;
};

struct Target : Expr {
  Target() : Expr(ExprKind::kTarget) {}
  std::string name;       // without the `$`: "task", "$vars" for $$vars, "return"
  bool is_var = false;    // written @var("name@file", "module")
  std::string var_scope;  // what follows the name in @var: "file", module
  bool address_of = false;
  std::vector<Access> path;
};

struct Cast : Expr {
  Cast() : Expr(ExprKind::kCast) {}
  ExprPtr operand;
  std::string type_name;  // "task_struct", "struct task_struct", "long"
  std::string module;     // "kernel", "kernel<linux/sched.h>"; may be empty
  bool address_of = false;
  std::vector<Access> path;
};

struct Defined : Expr {
  Defined() : Expr(ExprKind::kDefined) { type = Type::kLong; }
  ExprPtr operand;
};
struct Entry : Expr {
  Entry() : Expr(ExprKind::kEntry) {}
  ExprPtr operand;
};
struct Perf : Expr {
  Perf() : Expr(ExprKind::kPerf) { type = Type::kLong; }
  std::string event;
};
struct ConstC : Expr {
  ConstC() : Expr(ExprKind::kConst) { type = Type::kLong; }
  std::string text;
};

struct Index : Expr {
  Index() : Expr(ExprKind::kIndex) {}
  std::string name;  // of the array
  Reference reference;
  std::vector<ExprPtr> indexes;  // a null element is `*` (a slice)
};

struct Call : Expr {
  Call() : Expr(ExprKind::kCall) {}
  std::string name;
  std::vector<ExprPtr> args;
  // Candidates in the order to try, indexes into Script::functions. More than
  // one only for overloads; the checker leaves those whose arity fits.
  std::vector<uint32_t> functions;
};

enum class UnaryOp : uint8_t { kNegate, kPlus, kNot, kComplement };
struct Unary : Expr {
  Unary() : Expr(ExprKind::kUnary) {}
  UnaryOp op = UnaryOp::kNegate;
  ExprPtr operand;
};

enum class BinaryOp : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kShl,
  kShr,
  kShrLogical,
  kAnd,
  kOr,
  kXor,
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kConcat,
};
struct Binary : Expr {
  Binary() : Expr(ExprKind::kBinary) {}
  BinaryOp op = BinaryOp::kAdd;
  ExprPtr left, right;
};

struct Logical : Expr {
  Logical() : Expr(ExprKind::kLogical) { type = Type::kLong; }
  bool is_and = true;
  ExprPtr left, right;
};
struct Ternary : Expr {
  Ternary() : Expr(ExprKind::kTernary) {}
  ExprPtr condition, then_value, else_value;
};
struct In : Expr {
  In() : Expr(ExprKind::kIn) { type = Type::kLong; }
  std::vector<ExprPtr> indexes;  // a null element is `*`
  std::string name;              // of the array
  Reference reference;
  Token name_tok;
};
struct Regex : Expr {
  Regex() : Expr(ExprKind::kRegex) { type = Type::kLong; }
  bool negated = false;
  ExprPtr text;
  std::string pattern;
};

// Assignment. `compound` is the operator of += and the like; kConcat for `.=`.
struct Assign : Expr {
  Assign() : Expr(ExprKind::kAssign) {}
  enum class Form : uint8_t { kPlain, kCompound, kStatPush } form = Form::kPlain;
  BinaryOp compound = BinaryOp::kAdd;
  ExprPtr target;  // Variable, Index, Target or Cast
  ExprPtr value;
};
struct Increment : Expr {
  Increment() : Expr(ExprKind::kIncrement) { type = Type::kLong; }
  bool is_increment = true;
  bool is_prefix = false;
  ExprPtr target;  // Variable or Index
};

enum class StatOp : uint8_t { kCount, kSum, kMin, kMax, kAvg, kVariance };
struct Stat : Expr {
  Stat() : Expr(ExprKind::kStat) { type = Type::kLong; }
  StatOp op = StatOp::kCount;
  ExprPtr target;               // Variable or Index of type stats
  std::vector<int64_t> params;  // @variance's bit shift
};
struct Histogram : Expr {
  Histogram() : Expr(ExprKind::kHistogram) {}
  bool is_log = true;
  ExprPtr target;
  int64_t low = 0, high = 0, step = 0;  // of @hist_linear
};
struct HistIndex : Expr {
  HistIndex() : Expr(ExprKind::kHistIndex) { type = Type::kLong; }
  std::unique_ptr<Histogram> histogram;
  ExprPtr index;
};
struct Embedded : Expr {
  Embedded() : Expr(ExprKind::kEmbedded) {}
  std::string code;
};

// print, printf, println, printd, printdln and their sprint forms.
struct Print : Expr {
  Print() : Expr(ExprKind::kPrint) {}
  bool to_string = false;   // sprint*: the value is the text
  bool has_format = false;  // printf, sprintf: `format` is set
  bool newline = false;     // println, printdln
  bool delimited = false;   // printd, printdln: `delimiter` is set
  std::string format;       // escapes resolved
  Token format_tok;
  std::string delimiter;
  std::vector<ExprPtr> args;  // a Histogram is allowed as the only argument of print
};

// ----------------------------------------------------------------- statements

enum class StmtKind : uint8_t {
  kBlock,
  kExpr,
  kIf,
  kFor,
  kForeach,
  kReturn,
  kDelete,
  kNext,
  kBreak,
  kContinue,
  kTry,
  kNull,
  kEmbedded,
  kEvent,
};

struct Stmt {
  explicit Stmt(StmtKind k) : kind(k) {}
  virtual ~Stmt() = default;
  StmtKind kind;
  Token tok;
  source::Span span;
};
using StmtPtr = std::unique_ptr<Stmt>;

template <typename T>
T& As(Stmt& s) {
  return static_cast<T&>(s);
}
template <typename T>
const T& As(const Stmt& s) {
  return static_cast<const T&>(s);
}

struct Block : Stmt {
  Block() : Stmt(StmtKind::kBlock) {}
  std::vector<StmtPtr> statements;
};
struct ExprStmt : Stmt {
  ExprStmt() : Stmt(StmtKind::kExpr) {}
  ExprPtr value;
};
struct If : Stmt {
  If() : Stmt(StmtKind::kIf) {}
  ExprPtr condition;
  StmtPtr then_branch, else_branch;  // else_branch may be null
};
struct For : Stmt {  // also while: init and step are null
  For() : Stmt(StmtKind::kFor) {}
  ExprPtr init, condition, step;  // condition may be null (for (;;))
  StmtPtr body;
};
struct Foreach : Stmt {
  Foreach() : Stmt(StmtKind::kForeach) {}
  std::vector<std::unique_ptr<Variable>> keys;
  std::unique_ptr<Variable> value;  // foreach (v = [k] in a)
  std::string array;
  Token array_tok;
  Reference reference;
  std::vector<ExprPtr> slice;            // foreach ([a,b] in arr[*, 3]): null elements are `*`
  std::unique_ptr<Histogram> histogram;  // foreach (b in @hist_log(s))
  int sort_direction = 0;                // 1 ascending (+), -1 descending (-), 0 none
  int sort_column = 0;                   // 0: by value; 1..n: by that key
  std::optional<StatOp> sort_stat;       // foreach (k in a @sum-) for statistics arrays
  ExprPtr limit;
  StmtPtr body;
};
struct Return : Stmt {
  Return() : Stmt(StmtKind::kReturn) {}
  ExprPtr value;  // may be null
};
struct Delete : Stmt {
  Delete() : Stmt(StmtKind::kDelete) {}
  ExprPtr target;  // Variable (whole array or scalar) or Index
};
struct Next : Stmt {
  Next() : Stmt(StmtKind::kNext) {}
};
struct Break : Stmt {
  Break() : Stmt(StmtKind::kBreak) {}
};
struct Continue : Stmt {
  Continue() : Stmt(StmtKind::kContinue) {}
};
struct Try : Stmt {
  Try() : Stmt(StmtKind::kTry) {}
  StmtPtr body, handler;
  std::unique_ptr<Variable> message;  // catch (msg); may be null
};
struct Null : Stmt {
  Null() : Stmt(StmtKind::kNull) {}
};
struct EmbeddedStmt : Stmt {
  EmbeddedStmt() : Stmt(StmtKind::kEmbedded) {}
  std::string code;
};

// podtap's own statement, a structured event (docs/decisions/0004):
//   event kill { sender = pid(), signal = sig_name, note = "x" }
// `event` is not a reserved word: it begins the statement only when followed by
// a name and `{`.
struct EventStmt : Stmt {
  EventStmt() : Stmt(StmtKind::kEvent) {}
  struct Field {
    std::string name;
    Token tok;
    ExprPtr value;
  };
  std::string name;
  Token name_tok;
  std::vector<Field> fields;
};

// --------------------------------------------------------------- declarations

struct Local {
  std::string name;
  Type type = Type::kUnknown;
  Token first_use;
  bool is_parameter = false;
  bool read = false, written = false;
};

struct Global {
  std::string name;
  Token tok;
  bool is_private = false;
  bool wrap = false;                // `%`: an array that overwrites its oldest
  std::optional<int64_t> max_size;  // global a[100]
  ExprPtr init;                     // Number or StringLiteral; may be null
  // Filled in by the checker.
  std::vector<Type> index_types;  // empty for a scalar
  Type type = Type::kUnknown;     // of the value
  bool read = false, written = false;
  // Histograms asked for anywhere: what a statistics value must record.
  bool needs_log_histogram = false;
  struct Linear {
    int64_t low, high, step;
  };
  std::optional<Linear> linear_histogram;
  // Which of @count and its kin are asked for: bits 1 << StatOp. And of @variance
  // the shift, which must be one; the variance itself is exact without it.
  uint8_t stat_ops = 0;
  bool needs_variance = false;
  int64_t variance_shift = 0;
  bool is_array() const { return !index_types.empty(); }
};

struct Function {
  std::string name;
  Token tok;
  bool is_private = false;
  Type result = Type::kUnknown;  // kUnknown after checking: it returns nothing
  size_t parameter_count = 0;    // the first locals are the parameters
  std::vector<Local> locals;
  std::optional<int64_t> priority;  // function f:long(…):3
  StmtPtr body;
  std::string embedded;  // the text between %{ and %}, when that is the body
  bool has_embedded_body = false;
  bool reachable = false;  // from a probe; only these are checked and lowered
};

// One component of a probe point: name, name("x"), name(3), with wildcards.
struct Component {
  std::string name;  // may hold * and ?
  enum class Arg : uint8_t { kNone, kNumber, kString } arg = Arg::kNone;
  int64_t number = 0;
  std::string text;
  Token tok;
};

struct ProbePoint {
  std::vector<Component> components;
  bool optional = false;    // ?
  bool sufficient = false;  // !
  ExprPtr condition;        // if (…); may be null
  Token tok;
  // As written, normalised: `kernel.trace("signal_generate")`.
  std::string Text() const;
};

struct AliasDef {
  std::vector<std::vector<Component>> names;  // probe a.b, c.d = …
  bool is_epilogue = false;                   // += instead of =
  std::vector<ProbePoint> points;
  StmtPtr body;
  Token tok;
  bool is_private = false;
};

struct ProbeDef {
  std::vector<ProbePoint> points;
  StmtPtr body;
  Token tok;
  bool is_private = false;
};

// One parsed file.
struct File {
  source::FileId id = source::kNoFile;
  std::vector<std::unique_ptr<Global>> globals;
  std::vector<std::unique_ptr<Function>> functions;
  std::vector<std::unique_ptr<AliasDef>> aliases;
  std::vector<std::unique_ptr<ProbeDef>> probes;
  std::vector<Token> embedded_code;  // %{ C %} outside of functions and probes
  std::vector<bool> arguments_used;  // [0] is $1
};

// ------------------------------------------------------- the checked program

// A probe after alias expansion: a point that only a provider can resolve, and
// everything that runs there. The tree is its own copy, so that types are.
struct Probe {
  ProbePoint point;                 // primitive; wildcards are the provider's to expand
  std::vector<StmtPtr> bodies;      // alias prologues, the user's body, epilogues
  std::vector<ExprPtr> conditions;  // of this point and of the aliases on the way
  std::vector<Local> locals;        // shared by all bodies
  std::string written;              // the user's own point text: `signal.send`
  source::Span used_from;           // where the user wrote it
  // Points of one comma list share a group; after a sufficient (!) point that
  // resolves, the rest of the group is dropped.
  uint32_t group = 0;
};

// What lower reads. Files stay alive inside.
struct Script {
  std::vector<std::unique_ptr<File>> files;  // user's first, then tapset files used
  std::vector<Global*> globals;              // indexes are Reference::index
  std::vector<Function*> functions;          // indexes are Call::functions
  std::vector<Probe> probes;                 // in script order
};

ExprPtr Clone(const Expr& expr);
StmtPtr Clone(const Stmt& stmt);

// The tree as text, one node a line, indented: `podtap run --dump=tree` and
// `--dump=checked` (with types and references).
std::string Dump(const File& file);
std::string Dump(const Script& script);

}  // namespace podtap::lang
