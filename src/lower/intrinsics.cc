// Intrinsics: tapset functions whose body is `%{ name %}` (docs/intrinsics.md).
// To add one, add a row to kRows; its handler gets the arguments' values.
#include <unistd.h>

#include <array>
#include <ctime>

#include "lower/program.h"

namespace podtap::lower {

using ir::ContextValue;
using ir::Op;
using ir::Operand;

namespace {

tm LocalTime() {
  const time_t now = time(nullptr);
  tm local{};
  localtime_r(&now, &local);
  return local;
}

// What a row's param holds.
constexpr int64_t C(ContextValue value) { return static_cast<int64_t>(value); }
constexpr int64_t O(Op op) { return static_cast<int64_t>(op); }

}  // namespace

struct ProgramLowering::IntrinsicRow {
  std::string_view name;
  Value (*lower)(ProgramLowering& self, const IntrinsicRow& row, const lang::Call& call,
                 const std::vector<Value>& args);
  int64_t param = 0;  // ContextValue, or a load's size
  bool is_signed = false;
  bool user = false;
  std::string_view word{};  // what a fault is called: "long"
};

Value ProgramLowering::ContextLong(ContextValue which) {
  const ir::Reg reg = build_.EmitLong(Op::kContext, {}, static_cast<int64_t>(which));
  if (which == ContextValue::kPid) pid_regs_.insert(reg);
  return Value::Long(Operand::R(reg));
}

// kernel_string() and its kin. A char array inside a typed struct is read
// directly; anything else by a helper, whose fault is a script error.
Value ProgramLowering::IntrinsicString(const Value& address, Operand length, bool user) {
  ir::Instr instr;
  instr.dst = build_.NewString();
  const kernel::Btf* types = btf();
  const bool typed = !user && address.kind == Value::Kind::kPlace && types != nullptr &&
                     types->IsCharArray(address.type) && types->ArrayLength(address.type) <= 64 &&
                     build_.program().regs[address.operand.reg].type == ir::Type::kPtr;
  if (typed && length.is_imm() && length.imm < 0) {
    instr.op = Op::kLoadStr;
    instr.args = {address.operand};
    instr.imm = address.offset;
    instr.size = static_cast<uint8_t>(types->ArrayLength(address.type));
    return Value::String(Operand::R(build_.Emit(std::move(instr)).dst));
  }
  const Operand number = AsLong(address);
  instr.op = user ? Op::kReadUserStr : Op::kReadKernelStr;
  instr.dst2 = build_.NewLong();
  instr.args = {number, length};
  const ir::Instr& made = build_.Emit(std::move(instr));
  const ir::Reg text = made.dst, fault = made.dst2;
  FailOnFault(Operand::R(fault), number, "string", user);
  return Value::String(Operand::R(text));
}

// The handlers, and the table that says which name has which.
struct ProgramLowering::Intrinsics {
  using Self = ProgramLowering;
  using Row = IntrinsicRow;
  using Call = lang::Call;
  using Values = std::vector<Value>;
  static constexpr auto kContext = [](Self& self, const Row& row, const Call&, const Values&) {
    return self.ContextLong(static_cast<ContextValue>(row.param));
  };
  static constexpr auto kComm = [](Self& self, const Row&, const Call&, const Values&) {
    ir::Instr instr;
    instr.op = Op::kContext;
    instr.dst = self.build_.NewString();
    instr.imm = static_cast<int64_t>(ContextValue::kComm);
    return Value::String(Operand::R(self.build_.Emit(std::move(instr)).dst));
  };
  static constexpr auto kCurrentTask = [](Self& self, const Row&, const Call&, const Values&) {
    const kernel::Btf* types = self.btf();
    const auto task = types ? types->FindStruct("task_struct") : std::nullopt;
    ir::Instr instr;
    instr.op = Op::kContext;
    instr.imm = static_cast<int64_t>(ContextValue::kCurrentTask);
    instr.dst = self.build_.NewPointer(task.value_or(0));
    return Value::Pointer(self.build_.Emit(std::move(instr)).dst, task.value_or(0));
  };
  static constexpr auto kPoint = [](Self& self, const Row&, const Call&, const Values&) {
    return Value::String(self.build_.Literal(self.match_.name));
  };
  static constexpr auto kName = [](Self& self, const Row&, const Call&, const Values&) {
    return Value::String(self.build_.Literal(self.probe_.written));
  };
  static constexpr auto kFunc = [](Self& self, const Row&, const Call&, const Values&) {
    return Value::String(self.build_.Literal(self.match_.trace_name));
  };
  static constexpr auto kExit = [](Self& self, const Row&, const Call&, const Values&) {
    ir::Instr instr;
    instr.op = Op::kExit;
    self.build_.Emit(std::move(instr));
    return Value{};
  };
  static constexpr auto kError = [](Self& self, const Row&, const Call&, const Values& args) {
    const Value text = self.Concat(args[0], Value::String(self.build_.Literal("")));
    self.FailWith(text.format, text.args);
    return Value{};
  };
  static constexpr auto kMessage = [](Self& self, const Row& row, const Call&, const Values& args) {
    const Value text = self.Concat(args[0], Value::String(self.build_.Literal("")));
    ir::Instr instr;
    instr.op = static_cast<Op>(row.param);
    instr.args = text.args;
    instr.imm = self.shared_.tables.AddFormat(text.format);
    self.build_.Emit(std::move(instr));
    return Value{};
  };
  static constexpr auto kStrLen = [](Self& self, const Row&, const Call&, const Values& args) {
    return Value::Long(Operand::R(self.build_.EmitLong(Op::kStrLen, {self.AsString(args[0])})));
  };
  static constexpr auto kStrByte = [](Self& self, const Row&, const Call&, const Values& args) {
    const Operand text = self.AsString(args[0]);
    return Value::Long(
        Operand::R(self.build_.EmitLong(Op::kStrByte, {text, self.AsLong(args[1])})));
  };
  static constexpr auto kStrSub = [](Self& self, const Row&, const Call&, const Values& args) {
    ir::Instr instr;
    instr.op = Op::kStrSub;
    const Operand text = self.AsString(args[0]);
    instr.args = {text, self.AsLong(args[1]), self.AsLong(args[2])};
    instr.dst = self.build_.NewString();
    return Value::String(Operand::R(self.build_.Emit(std::move(instr)).dst));
  };
  static constexpr auto kStrSet = [](Self& self, const Row&, const Call& call, const Values& args) {
    const lang::Expr& target = *call.args[0];
    if (target.kind != lang::ExprKind::kVariable) return Value{};
    const uint32_t local = lang::As<lang::Variable>(target).reference.index;
    ir::Instr instr;
    instr.op = Op::kStrSetByte;
    instr.args = {self.AsLong(args[1]), self.AsLong(args[2])};
    instr.dst = self.Local(local).home;
    self.build_.Emit(std::move(instr));
    self.Local(local).known.reset();
    return Value{};
  };
  static constexpr auto kTable = [](Self& self, const Row& row, const Call& call,
                                    const Values& args) {
    const uint32_t table = self.shared_.tables.Table(row.name.substr(row.name.find('.') + 1));
    if (table == ir::kNone) {
      self.Refuse(call.tok, "no such table: '" + std::string(row.name) + "'");
      return Value::String(self.build_.Literal(""));
    }
    return self.TableEntry(table, self.AsLong(args[0]));
  };
  // table.words("A B C", n): the words become a table of the module.
  static constexpr auto kWords = [](Self& self, const Row&, const Call& call, const Values& args) {
    if (!args[0].operand.is_literal()) {
      self.Refuse(call.tok, "the words must stand in the call itself");
      return Value::String(self.build_.Literal(""));
    }
    const auto words = static_cast<size_t>(args[0].operand.imm);
    const std::string& text = self.shared_.tables.module().literals[words];
    return self.TableEntry(self.shared_.tables.Words(text), self.AsLong(args[1]));
  };
  static constexpr auto kHz = [](Self& self, const Row&, const Call&, const Values&) {
    return Value::Imm(self.shared_.kernel.hz());
  };
  static constexpr auto kOwnPid = [](Self&, const Row&, const Call&, const Values&) {
    return Value::Imm(getpid());
  };
  static constexpr auto kPageSize = [](Self&, const Row&, const Call&, const Values&) {
    return Value::Imm(sysconf(_SC_PAGESIZE));
  };
  static constexpr auto kZoneOffset = [](Self&, const Row&, const Call&, const Values&) {
    return Value::Imm(-LocalTime().tm_gmtoff);
  };
  static constexpr auto kZoneName = [](Self& self, const Row&, const Call&, const Values&) {
    const tm local = LocalTime();
    return Value::String(self.build_.Literal(local.tm_zone == nullptr ? "UTC" : local.tm_zone));
  };
  static constexpr auto kRead = [](Self& self, const Row& row, const Call&, const Values& args) {
    return self.ReadAddress(self.AsLong(args[0]), static_cast<uint32_t>(row.param), row.is_signed,
                            row.word, row.user);
  };
  static constexpr auto kString = [](Self& self, const Row& row, const Call&, const Values& args) {
    const Operand length = args.size() > 1 ? self.AsLong(args[1]) : Operand::I(-1);
    return self.IntrinsicString(args[0], length, row.user);
  };
  static constexpr auto kTaskFromPid = [](Self& self, const Row&, const Call&, const Values& args) {
    return self.TaskFromPid(self.AsLong(args[0]));
  };
  static constexpr auto kChain = [](Self& self, const Row&, const Call&, const Values& args) {
    return self.TaskChain(args[0], self.AsLong(args[1]));
  };
  static constexpr auto kMatched = [](Self& self, const Row&, const Call&, const Values& args) {
    return self.MatchedGroup(args[0]);
  };
  static constexpr auto kMatchedGroups = [](Self& self, const Row&, const Call&, const Values&) {
    return self.MatchedGroups();
  };

  static constexpr auto kRows = std::to_array<Row>({
      {"ctx.pid", kContext, C(ContextValue::kPid)},
      {"ctx.tid", kContext, C(ContextValue::kTid)},
      {"ctx.uid", kContext, C(ContextValue::kUid)},
      {"ctx.gid", kContext, C(ContextValue::kGid)},
      {"ctx.cpu", kContext, C(ContextValue::kCpu)},
      {"ctx.monotonic_ns", kContext, C(ContextValue::kMonotonicNs)},
      {"ctx.boot_ns", kContext, C(ContextValue::kBootNs)},
      {"ctx.real_ns", kContext, C(ContextValue::kRealNs)},
      {"ctx.jiffies", kContext, C(ContextValue::kJiffies)},
      {"ctx.cycles", kContext, C(ContextValue::kCycles)},
      {"ctx.random", kContext, C(ContextValue::kRandom)},
      {"ctx.cgroup_id", kContext, C(ContextValue::kCgroupId)},
      {"ctx.target", kContext, C(ContextValue::kTarget)},
      {"ctx.comm", kComm},
      {"ctx.current_task", kCurrentTask},
      {"probe.point", kPoint},
      {"probe.name", kName},
      {"probe.func", kFunc},
      {"session.exit", kExit},
      {"session.error", kError},
      {"session.warn", kMessage, O(Op::kWarn)},
      {"session.log", kMessage, O(Op::kLog)},
      {"str.len", kStrLen},
      {"str.byte", kStrByte},
      {"str.sub", kStrSub},
      {"str.set", kStrSet},
      {"table.signal", kTable},
      {"table.errno", kTable},
      {"table.words", kWords},
      {"session.pid", kOwnPid},
      {"session.hz", kHz},
      {"session.page_size", kPageSize},
      {"session.tz_offset", kZoneOffset},
      {"session.tz_name", kZoneName},
      {"kernel.u8", kRead, 1, false, false, "char"},
      {"kernel.s8", kRead, 1, true, false, "char"},
      {"kernel.u16", kRead, 2, false, false, "short"},
      {"kernel.s16", kRead, 2, true, false, "short"},
      {"kernel.u32", kRead, 4, false, false, "int"},
      {"kernel.s32", kRead, 4, true, false, "int"},
      {"kernel.u64", kRead, 8, false, false, "pointer"},
      {"kernel.s64", kRead, 8, true, false, "long"},
      {"user.u8", kRead, 1, false, true, "char"},
      {"user.s8", kRead, 1, true, true, "char"},
      {"user.u16", kRead, 2, false, true, "short"},
      {"user.s16", kRead, 2, true, true, "short"},
      {"user.u32", kRead, 4, false, true, "int"},
      {"user.s32", kRead, 4, true, true, "int"},
      {"user.u64", kRead, 8, false, true, "long"},
      {"user.s64", kRead, 8, true, true, "long"},
      {"kernel.str", kString},
      {"kernel.str_n", kString},
      {"user.str", kString, 0, false, true},
      {"user.str_n", kString, 0, false, true},
      {"task.from_pid", kTaskFromPid},
      {"task.chain", kChain},
      {"regex.group", kMatched},
      {"regex.groups", kMatchedGroups},
  });
};

const ProgramLowering::IntrinsicRow* ProgramLowering::FindIntrinsic(std::string_view name) {
  for (const IntrinsicRow& row : Intrinsics::kRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

Value ProgramLowering::LowerIntrinsic(const lang::Function& function, const lang::Call& call,
                                      const std::vector<Value>& args) {
  const IntrinsicRow* row = FindIntrinsic(function.embedded);
  if (row == nullptr) {
    Refuse(call.tok, "function '" + function.name + "' can't run yet: no intrinsic '" +
                         function.embedded + "'");
    return Default(function.result);
  }
  return row->lower(*this, *row, call, args);
}

// The task with that host pid. pid() itself is current's thread group leader,
// wherever current's pid namespace is and on every kernel.
Value ProgramLowering::TaskFromPid(Operand pid) {
  const kernel::Btf* types = btf();
  const auto task = types ? types->FindStruct("task_struct") : std::nullopt;
  if (pid.is_reg() && pid_regs_.contains(pid.reg) && task) {
    const auto leader = types->FindMember(*task, "group_leader");
    ir::Instr instr;
    instr.op = Op::kContext;
    instr.imm = static_cast<int64_t>(ContextValue::kCurrentTask);
    instr.dst = build_.NewPointer(*task);
    const ir::Reg current = build_.Emit(std::move(instr)).dst;
    if (leader) {
      ir::Instr load;
      load.op = Op::kLoad;
      load.args = {Operand::R(current)};
      load.imm = leader->offset;
      load.dst = build_.NewPointer(*task);
      return Value::Pointer(build_.Emit(std::move(load)).dst, *task);
    }
  }
  return Value::Long(Operand::R(build_.EmitLong(Op::kTaskFromPid, {pid})));
}

// A number now, its text when somebody needs it: most are only printed.
Value ProgramLowering::TableEntry(uint32_t table, Operand number) {
  Value value;
  value.kind = Value::Kind::kText;
  ir::Directive piece;
  piece.conversion = ir::Directive::Conversion::kTable;
  piece.table_index = table;
  piece.table = shared_.tables.TableText(table);
  value.format.pieces.push_back(std::move(piece));
  value.args.push_back(number);
  return value;
}

Value ProgramLowering::TaskChain(const Value& task, Operand with_times) {
  ir::Instr instr;
  instr.op = Op::kChainCapture;
  instr.dst = build_.NewReg({.type = ir::Type::kChain, .cap = 0, .btf_id = 0, .name = ""});
  instr.args = {task.kind == Value::Kind::kPointer ? task.operand : AsLong(task)};
  const ir::Reg chain = build_.Emit(std::move(instr)).dst;
  const auto text = [&](bool times) {
    Value value;
    value.kind = Value::Kind::kText;
    ir::Directive piece;
    piece.conversion =
        times ? ir::Directive::Conversion::kChainTimes : ir::Directive::Conversion::kChain;
    value.format.pieces.push_back(piece);
    value.args.push_back(Operand::R(chain));
    return value;
  };
  if (with_times.is_imm()) return text(with_times.imm != 0);
  const ir::Reg result = build_.NewString();
  const ir::BlockId yes = build_.NewBlock(), no = build_.NewBlock(), end = build_.NewBlock();
  build_.Branch(with_times, yes, no);
  build_.SetBlock(yes);
  build_.EmitMove(result, AsString(text(true)));
  build_.Jump(end);
  build_.SetBlock(no);
  build_.EmitMove(result, AsString(text(false)));
  build_.Jump(end);
  build_.SetBlock(end);
  return Value::String(Operand::R(result));
}

}  // namespace podtap::lower
