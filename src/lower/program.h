// ProgramLowering: one probe at one place → one ir::Program.
//
// Its methods are spread over the files named beside them, one a family of
// constructs. What it does beyond the obvious:
//   - it keeps, for each local variable, the Value last assigned on this path
//     (`known`), so that reading it costs nothing and a pointer stays typed;
//   - functions are inlined, recursion to MAXNESTING levels;
//   - text is kept unmade (Value::kText) until something needs its bytes.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"
#include "lang/tree.h"
#include "lower/builder.h"
#include "lower/lower.h"
#include "lower/value.h"
#include "probes/probes.h"

namespace podtap::lower {

// What all programs of a run share.
struct Shared {
  const lang::Script& script;
  kernel::Kernel& kernel;
  const Options& options;
  source::Diagnostics& diagnostics;
  ModuleTables& tables;
  bool keeps_matches = false;  // the script asks for matched() or ngroups()
};

class ProgramLowering {
 public:
  ProgramLowering(Shared& shared, const lang::Probe& probe, const probes::Match& match,
                  ir::Program& program);
  void Run();  // program.cc

 private:
  struct LocalState {
    lang::Type type = lang::Type::kLong;
    ir::Reg home = ir::kNoReg;
    std::optional<Value> known;
    // Set for a variable of a tapset alias that is assigned once, by a pure
    // expression: it is computed where it is read, or never.
    const lang::Expr* lazy = nullptr;
  };
  struct Frame {
    const lang::Function* function = nullptr;  // null: the probe itself
    std::vector<LocalState> locals;
    lang::Type result_type = lang::Type::kUnknown;
    ir::Reg result = ir::kNoReg;
    std::optional<Value> known_result;
    bool tail_return = false;  // the only return is the last statement: no jump needed
    ir::BlockId return_block = ir::kNone;
    ir::BlockId next_block = ir::kNone;  // where `next` leads
    bool in_tapset = false;
    ir::SiteId call_site = ir::kNone;  // shown for whatever happens inside the tapset
    size_t loop_base = 0;              // loops_ of outer frames can't be left from here
  };
  struct Loop {
    ir::BlockId break_block, continue_block;
  };
  struct Handler {
    ir::BlockId block;
    ir::Reg message;
  };  // message: a str, or kNoReg
  using Knowledge = std::vector<std::optional<Value>>;

  // -- program.cc
  void LowerBody(const lang::Stmt& body);
  bool MakeLazy(const lang::Stmt& stmt);
  bool HasLoops() const;

  // -- process_filter.cc
  void EmitFilter();
  void Require(ir::Op op, ir::Operand left, int64_t right, ir::BlockId otherwise);
  ir::Operand GroupDead();
  Value WalkNamed(const Value& from, const std::vector<std::string>& path, ir::BlockId absent);

  // -- state.cc: what is known of locals on this path
  LocalState& Local(uint32_t index) { return frames_.back().locals[index]; }
  Knowledge Know() const;
  void SetKnowledge(const Knowledge& knowledge);
  void MergeKnowledge(const Knowledge& one, bool one_reachable, const Knowledge& other,
                      bool other_reachable);
  void Forget(const std::set<uint32_t>& locals);
  void AssignLocal(uint32_t index, const Value& value);
  Value ReadLocal(uint32_t index);
  void PushFrame(const lang::Function* function, const std::vector<lang::Local>& locals);

  // -- failure.cc
  void At(const lang::Token& token);  // the place of what follows
  void Fail(std::string_view message);
  void FailWith(ir::Format format, std::vector<ir::Operand> args);
  // Goes on in a new block when cond is 0; fails otherwise.
  void FailIf(ir::Operand cond, std::string_view message);
  void FailIfWith(ir::Operand cond, const ir::Format& format, std::vector<ir::Operand> args);
  void Charge(int actions, const lang::Token& token, bool check);
  void Refuse(const lang::Token& token, std::string message);
  bool RefusedInKernel(const lang::Token& token, std::string_view what);
  // In a kernel probe, unless the kernel has it.
  bool RefusedWithout(bool feature, const lang::Token& token, std::string_view what,
                      std::string_view needs);

  // -- value.cc
  ir::Operand AsLong(const Value& value);
  ir::Operand AsString(const Value& value);
  Value Coerce(const Value& value, lang::Type type);  // to a plain long or string operand
  Value Default(lang::Type type);

  // -- expression.cc
  Value LowerExpr(const lang::Expr& expr);
  ir::Operand LowerLong(const lang::Expr& expr) { return AsLong(LowerExpr(expr)); }
  ir::Operand LowerString(const lang::Expr& expr) { return AsString(LowerExpr(expr)); }
  void LowerCondition(const lang::Expr& expr, ir::BlockId then_block, ir::BlockId else_block);
  Value LowerUnary(const lang::Unary& unary);
  Value LowerBinary(const lang::Binary& binary);
  Value Arithmetic(lang::BinaryOp op, const Value& left, const Value& right);
  Value Concat(const Value& left, const Value& right);
  Value LowerLogical(const lang::Logical& logical);
  Value LowerTernary(const lang::Ternary& ternary);
  std::optional<int64_t> Constant(const lang::Expr& expr);  // without emitting anything
  bool IsDefined(const lang::Expr& expr);

  // -- regex.cc
  Value LowerRegex(const lang::Regex& regex);
  Value MatchedGroup(const Value& group);
  Value MatchedGroups();
  void ForgetMatch();

  // -- assignment.cc
  Value LowerAssign(const lang::Assign& assign, bool want_value);
  Value LowerIncrement(const lang::Increment& increment, bool want_value);
  Value ReadGlobal(uint32_t index);
  Value LowerIndex(const lang::Index& index);
  Value LowerIn(const lang::In& in);
  std::vector<ir::Operand> LowerKeys(const std::vector<lang::ExprPtr>& indexes, uint32_t global);
  void StoreGlobal(uint32_t index, const Value& value);
  void StoreElement(const lang::Index& index, std::vector<ir::Operand> keys, const Value& value);
  Value AddToElement(const lang::Index& index, std::vector<ir::Operand> keys, ir::Operand delta,
                     bool want_value);
  Value AddToGlobal(uint32_t index, ir::Operand delta, bool want_value);
  void NeedFetchForValue(const lang::Token& token, bool want_value);

  // -- statistics.cc
  Value LowerStatPush(const lang::Assign& assign);
  void NeedFetchForPush(const lang::Token& token, uint32_t global);
  Value LowerStat(const lang::Stat& stat);
  Value LowerHistIndex(const lang::HistIndex& index);
  void PrintHistogram(const lang::Histogram& histogram);
  struct StatTarget {
    uint32_t global = 0;
    std::vector<ir::Operand> keys;
  };
  StatTarget LowerStatTarget(const lang::Expr& target);

  // -- statement.cc, loop.cc
  void LowerStmt(const lang::Stmt& stmt);
  void LowerExprStmt(const lang::ExprStmt& stmt);
  void LowerIf(const lang::If& stmt);
  void LowerReturn(const lang::Return& stmt);
  void LowerDelete(const lang::Delete& stmt);
  void LowerNext(const lang::Next& stmt);
  void LowerTry(const lang::Try& stmt);
  void LowerEvent(const lang::EventStmt& stmt);
  void LowerFor(const lang::For& stmt);
  void LowerForeach(const lang::Foreach& stmt);
  bool NeedForEach(const lang::Token& token, std::string_view what);
  std::vector<ir::Iteration::Filter> LowerSlice(const std::vector<lang::ExprPtr>& slice);
  uint32_t AddIteration(ir::Iteration iteration);
  ir::Instr SliceInstr(ir::Op op, uint32_t global, const std::vector<lang::ExprPtr>& slice);
  static bool IsSlice(const std::vector<lang::ExprPtr>& indexes);
  void LowerLoopExit(const lang::Stmt& stmt, bool is_break);
  ir::BlockId LoopOverflowBlock(const lang::Token& token);

  // -- call.cc
  Value LowerCall(const lang::Call& call);
  Value Inline(const lang::Function& function, const lang::Call& call,
               const std::vector<Value>& args, ir::BlockId next_block);

  // -- print.cc
  Value LowerPrint(const lang::Print& print);
  Value PrintText(const lang::Print& print);
  Value FormattedText(const lang::Print& print);

  // -- memory.cc
  struct Place {  // somewhere in kernel memory, or a value on the way there
    Value base;   // kPointer (typed) or kLong (an address)
    int64_t offset = 0;
    kernel::TypeId type = 0;  // of what is there
    bool is_value = false;    // base is the thing itself, not its address
    bool in_union = false;    // on the way from base
    uint32_t bit_offset = 0, bit_size = 0;
  };
  Value LowerTarget(const lang::Target& target);
  Value LowerCast(const lang::Cast& cast);
  std::optional<Place> TargetPlace(const lang::Target& target, bool diagnose);
  std::optional<Place> CastStart(const lang::Cast& cast, bool diagnose, bool emit);
  bool Follow(Place& place, const lang::Access& access, bool diagnose);
  bool Dereference(Place& place, const lang::Token& token, bool diagnose);
  Value LoadPlace(const Place& place);
  Value ArgValue(const probes::ContextVar& var);
  Value PlaceAddress(const Place& place);
  Value FinishWalk(Place place, const std::vector<lang::Access>& path, bool address_of,
                   const lang::Token& token);
  void GuardPointer(ir::Reg pointer, const lang::Token& token);
  void BranchUnlessOk(ir::Reg pointer, ir::BlockId otherwise);
  Value ReadAddress(ir::Operand address, uint32_t size, bool is_signed, std::string_view what,
                    bool user);
  void FailOnFault(ir::Operand fault, ir::Operand address, std::string_view what, bool user);
  Value VarsText(const std::string& which);
  const kernel::Btf* btf();
  std::vector<std::string> VarNames() const;

  // -- intrinsics.cc
  Value LowerIntrinsic(const lang::Function& function, const lang::Call& call,
                       const std::vector<Value>& args);
  struct IntrinsicRow;
  struct Intrinsics;
  static const IntrinsicRow* FindIntrinsic(std::string_view name);
  Value ContextLong(ir::ContextValue which);
  Value IntrinsicString(const Value& address, ir::Operand length, bool user);
  Value TaskFromPid(ir::Operand pid);
  Value TableEntry(uint32_t table, ir::Operand number);
  Value TaskChain(const Value& task, ir::Operand with_times);

  Shared& shared_;
  const lang::Probe& probe_;
  const probes::Match& match_;
  ProgramBuilder build_;
  const bool kernel_side_;
  bool charge_actions_ = false;
  ir::Reg actions_ = ir::kNoReg;
  int pending_actions_ = 0;
  std::vector<Frame> frames_;
  std::vector<Loop> loops_;
  std::vector<Handler> handlers_;
  std::set<ir::Reg> pid_regs_;  // hold pid() of current: pid2task(pid()) folds
  // Pointers already tested on the straight line that ends in guard_block_.
  std::set<ir::Reg> guarded_;
  ir::BlockId guard_block_ = ir::kNone;
  std::vector<Value> arg_values_;  // of match_.vars, made at the entry
  bool too_large_ = false;
};

}  // namespace podtap::lower
