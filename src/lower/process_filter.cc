// The test in front of process.* probes: their tracepoints fire for everybody.
#include "lower/program.h"

namespace podtap::lower {

using ir::Op;
using ir::Operand;
using probes::Match;

namespace {

constexpr int64_t kKernelThread = 0x200000;  // PF_KTHREAD, include/linux/sched.h
constexpr size_t kForkChildArg = 1;          // sched_process_fork(parent, child)

}  // namespace

void ProgramLowering::Require(Op op, Operand left, int64_t right, ir::BlockId otherwise) {
  const ir::BlockId go_on = build_.NewBlock();
  build_.Branch(Operand::R(build_.EmitLong(op, {left, Operand::I(right)})), go_on, otherwise);
  build_.SetBlock(go_on);
}

// What the comment on ProcessFilter says, in its order.
void ProgramLowering::EmitFilter() {
  using Filter = Match::ProcessFilter;
  if (match_.filter_subject == Match::FilterSubject::kNone) return;
  const kernel::Btf* types = btf();
  const auto task_type = types ? types->FindStruct("task_struct") : std::nullopt;
  if (!task_type) return;
  const ir::BlockId leave = frames_.back().next_block;
  const Filter& filter = match_.filter;
  Value task;
  if (match_.filter_subject == Match::FilterSubject::kNewTask) {
    if (arg_values_.size() <= kForkChildArg) return;
    task = arg_values_[kForkChildArg];
  } else {
    ir::Instr instr;
    instr.op = Op::kContext;
    instr.dst = build_.NewPointer(*task_type);
    instr.imm = static_cast<int64_t>(ir::ContextValue::kCurrentTask);
    task = Value::Pointer(build_.Emit(instr).dst, *task_type);
  }
  if (task.kind != Value::Kind::kPointer) return;
  BranchUnlessOk(task.operand.reg, leave);
  const auto field = [&](std::initializer_list<std::string> path) {
    return AsLong(WalkNamed(task, path, leave));
  };
  const bool at_exec = filter.leader_only && !filter.at_exit;
  if (!at_exec) {
    const Operand flags = field({"flags"});
    Require(Op::kEq,
            AsLong(Arithmetic(lang::BinaryOp::kAnd, Value::Long(flags), Value::Imm(kKernelThread))),
            0, leave);
  }
  if (filter.kind == Filter::Kind::kPid) Require(Op::kEq, field({"tgid"}), filter.pid, leave);
  if (filter.threads) {
    const Operand same = Operand::R(build_.EmitLong(Op::kEq, {field({"pid"}), field({"tgid"})}));
    Require(Op::kEq, same, 0, leave);
  }
  if (filter.leader_only && filter.at_exit) {
    if (filter.group_dead_arg != UINT32_MAX) {
      Require(Op::kNe, GroupDead(), 0, leave);
    } else {
      Require(Op::kEq, field({"signal", "live", "counter"}), 0, leave);
    }
  }
  if (filter.kind != Filter::Kind::kFile) return;
  if (filter.at_exit && filter.group_dead_arg == UINT32_MAX) {
    lang::Token place;
    place.span = probe_.used_from;
    return Refuse(place,
                  "this kernel tells of an exit after the executable is gone (before 6.16), "
                  "so process(\"path\").end can't run here: use process.end and execname()");
  }
  Require(Op::kEq, field({"mm", "exe_file", "f_inode", "i_ino"}),
          static_cast<int64_t>(filter.file.inode), leave);
  Require(Op::kEq, field({"mm", "exe_file", "f_inode", "i_sb", "s_dev"}),
          static_cast<int64_t>(filter.file.device), leave);
}

Operand ProgramLowering::GroupDead() {
  for (size_t i = 0; i < match_.vars.size(); i++) {
    if (match_.vars[i].arg == match_.filter.group_dead_arg) return AsLong(arg_values_[i]);
  }
  return Operand::I(1);
}

// Follows members by name; a null pointer on the way leads to `absent`.
Value ProgramLowering::WalkNamed(const Value& from, const std::vector<std::string>& path,
                                 ir::BlockId absent) {
  Place place{.base = from, .offset = 0, .type = from.type, .is_value = false};
  for (const std::string& name : path) {
    if (btf()->IsPointer(place.type)) {
      const Value pointer = LoadPlace(place);
      if (pointer.kind != Value::Kind::kPointer) return Value::Imm(0);
      BranchUnlessOk(pointer.operand.reg, absent);
      place = {.base = pointer, .offset = 0, .type = pointer.type, .is_value = false};
    }
    const auto member = btf()->FindMember(place.type, name);
    if (!member) return Value::Imm(0);
    place.offset += member->offset;
    place.type = member->type;
  }
  const Value end = LoadPlace(place);
  if (end.kind == Value::Kind::kPointer) BranchUnlessOk(end.operand.reg, absent);
  return end;
}

}  // namespace podtap::lower
