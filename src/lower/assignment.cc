// Variables, globals and arrays: reading, writing, counting.
#include "lower/program.h"

namespace podtap::lower {

using lang::As;
using lang::BinaryOp;
using lang::ExprKind;
using lang::Reference;

namespace {

constexpr std::string_view kOverflow = "Array overflow, check MAXMAPENTRIES";

}  // namespace

Value ProgramLowering::ReadGlobal(uint32_t index) {
  const lang::Global& global = *shared_.script.globals[index];
  const bool is_string = global.type == lang::Type::kString;
  // What nobody writes is a constant.
  if (!global.written && !global.is_array()) {
    const ir::Global& made = shared_.tables.module().globals[index];
    return is_string ? Value::String(build_.Literal(made.init_string)) : Value::Imm(made.init_long);
  }
  ir::Instr instr;
  instr.op = ir::Op::kGlobalLoad;
  instr.dst = is_string ? build_.NewString() : build_.NewLong();
  instr.imm = index;
  const ir::Operand result = ir::Operand::R(build_.Emit(std::move(instr)).dst);
  return is_string ? Value::String(result) : Value::Long(result);
}

void ProgramLowering::StoreGlobal(uint32_t index, const Value& value) {
  const bool is_string = shared_.script.globals[index]->type == lang::Type::kString;
  ir::Instr instr;
  instr.op = ir::Op::kGlobalStore;
  instr.args = {is_string ? AsString(value) : AsLong(value)};
  instr.imm = index;
  build_.Emit(std::move(instr));
}

void ProgramLowering::NeedFetchForValue(const lang::Token& token, bool want_value) {
  if (!want_value) return;
  RefusedWithout(shared_.kernel.features().atomic_fetch, token,
                 "the value of a global that is changed by ++, --, += or -=",
                 "Linux 5.12; a change that is a statement of its own works");
}

Value ProgramLowering::AddToGlobal(uint32_t index, ir::Operand delta, bool want_value) {
  ir::Instr instr;
  instr.op = ir::Op::kGlobalAdd;
  instr.dst = want_value ? build_.NewLong() : ir::kNoReg;
  instr.args = {delta};
  instr.imm = index;
  const ir::Reg before = build_.Emit(std::move(instr)).dst;
  return want_value ? Value::Long(ir::Operand::R(before)) : Value{};
}

std::vector<ir::Operand> ProgramLowering::LowerKeys(const std::vector<lang::ExprPtr>& indexes,
                                                    uint32_t global) {
  std::vector<ir::Operand> keys;
  const auto& types = shared_.script.globals[global]->index_types;
  for (size_t i = 0; i < indexes.size(); i++) {
    if (!indexes[i]) {
      keys.push_back(ir::Operand::I(0));  // the checker said so
    } else if (i < types.size() && types[i] == lang::Type::kString) {
      keys.push_back(LowerString(*indexes[i]));
    } else {
      keys.push_back(LowerLong(*indexes[i]));
    }
  }
  return keys;
}

Value ProgramLowering::LowerIndex(const lang::Index& index) {
  const uint32_t global = index.reference.index;
  ir::Instr instr;
  instr.op = ir::Op::kMapGet;
  instr.args = LowerKeys(index.indexes, global);
  At(index.tok);
  const bool is_string = shared_.script.globals[global]->type == lang::Type::kString;
  instr.dst = is_string ? build_.NewString() : build_.NewLong();
  instr.imm = global;
  const ir::Operand result = ir::Operand::R(build_.Emit(std::move(instr)).dst);
  return is_string ? Value::String(result) : Value::Long(result);
}

Value ProgramLowering::LowerIn(const lang::In& in) {
  if (IsSlice(in.indexes)) {
    if (NeedForEach(in.tok, "an array slice ([*])")) return Value::Imm(0);
    ir::Instr instr = SliceInstr(ir::Op::kMapHasSome, in.reference.index, in.indexes);
    instr.dst = build_.NewLong();
    At(in.tok);
    return Value::Long(ir::Operand::R(build_.Emit(std::move(instr)).dst));
  }
  std::vector<ir::Operand> keys = LowerKeys(in.indexes, in.reference.index);
  At(in.tok);
  return Value::Long(
      ir::Operand::R(build_.EmitLong(ir::Op::kMapHas, std::move(keys), in.reference.index)));
}

void ProgramLowering::StoreElement(const lang::Index& index, std::vector<ir::Operand> keys,
                                   const Value& value) {
  const bool is_string = shared_.script.globals[index.reference.index]->type == lang::Type::kString;
  ir::Instr instr;
  instr.op = ir::Op::kMapSet;
  instr.dst2 = build_.NewLong();
  instr.args = std::move(keys);
  instr.args.insert(instr.args.begin(), is_string ? AsString(value) : AsLong(value));
  instr.imm = index.reference.index;
  At(index.tok);
  FailIf(ir::Operand::R(build_.Emit(std::move(instr)).dst2), kOverflow);
}

Value ProgramLowering::AddToElement(const lang::Index& index, std::vector<ir::Operand> keys,
                                    ir::Operand delta, bool want_value) {
  ir::Instr instr;
  instr.op = ir::Op::kMapAdd;
  instr.dst = want_value ? build_.NewLong() : ir::kNoReg;
  instr.dst2 = build_.NewLong();
  instr.args = std::move(keys);
  instr.args.insert(instr.args.begin(), delta);
  instr.imm = index.reference.index;
  At(index.tok);
  const ir::Instr& made = build_.Emit(std::move(instr));
  const ir::Reg before = made.dst;
  FailIf(ir::Operand::R(made.dst2), kOverflow);
  return want_value ? Value::Long(ir::Operand::R(before)) : Value{};
}

Value ProgramLowering::LowerAssign(const lang::Assign& assign, bool want_value) {
  using Form = lang::Assign::Form;
  if (assign.form == Form::kStatPush) return LowerStatPush(assign);
  const lang::Expr& target = *assign.target;
  if (target.kind == ExprKind::kTarget || target.kind == ExprKind::kCast) {
    Refuse(target.tok, "writing to kernel memory isn't possible from eBPF");
    return Default(assign.type);
  }
  const bool is_index = target.kind == ExprKind::kIndex;
  std::vector<ir::Operand> keys;
  if (is_index) {
    const auto& index = As<lang::Index>(target);
    keys = LowerKeys(index.indexes, index.reference.index);
  }
  const bool is_global =
      is_index || As<lang::Variable>(target).reference.kind == Reference::Kind::kGlobal;
  const uint32_t slot = is_index ? As<lang::Index>(target).reference.index
                                 : As<lang::Variable>(target).reference.index;

  Value value = LowerExpr(*assign.value);
  if (assign.form == Form::kCompound) {
    const bool adds = assign.compound == BinaryOp::kAdd || assign.compound == BinaryOp::kSub;
    if (adds && is_global) {  // one atomic instruction
      NeedFetchForValue(assign.tok, want_value);
      At(assign.tok);
      const Value delta = assign.compound == BinaryOp::kAdd
                              ? Value::Long(AsLong(value))
                              : Arithmetic(BinaryOp::kSub, Value::Imm(0), value);
      const Value before =
          is_index ? AddToElement(As<lang::Index>(target), keys, delta.operand, want_value)
                   : AddToGlobal(slot, delta.operand, want_value);
      return want_value ? Arithmetic(BinaryOp::kAdd, before, delta) : Value{};
    }
    const Value old =
        is_index ? LowerExpr(target) : (is_global ? ReadGlobal(slot) : ReadLocal(slot));
    At(assign.tok);
    value = assign.compound == BinaryOp::kConcat ? Concat(old, value)
                                                 : Arithmetic(assign.compound, old, value);
  }
  // A text that goes to memory is made once, and its value used from there.
  if (is_global) value = Coerce(value, target.type);
  At(assign.tok);
  if (is_index) {
    StoreElement(As<lang::Index>(target), std::move(keys), value);
  } else if (is_global) {
    StoreGlobal(slot, value);
  } else {
    AssignLocal(slot, value);
    value = ReadLocal(slot);
  }
  return value;
}

Value ProgramLowering::LowerIncrement(const lang::Increment& increment, bool want_value) {
  const lang::Expr& target = *increment.target;
  const int64_t delta = increment.is_increment ? 1 : -1;
  Value before;
  if (target.kind == ExprKind::kIndex) {
    const auto& index = As<lang::Index>(target);
    NeedFetchForValue(increment.tok, want_value);
    before = AddToElement(index, LowerKeys(index.indexes, index.reference.index),
                          ir::Operand::I(delta), want_value);
  } else if (target.kind != ExprKind::kVariable) {
    Refuse(target.tok, "writing to kernel memory isn't possible from eBPF");
    return Value::Imm(0);
  } else if (const Reference& ref = As<lang::Variable>(target).reference;
             ref.kind == Reference::Kind::kGlobal) {
    NeedFetchForValue(increment.tok, want_value);
    At(increment.tok);
    before = AddToGlobal(ref.index, ir::Operand::I(delta), want_value);
  } else {
    At(increment.tok);
    before = Value::Long(AsLong(ReadLocal(ref.index)));
    const Value after = Arithmetic(BinaryOp::kAdd, before, Value::Imm(delta));
    AssignLocal(ref.index, after);
    return increment.is_prefix ? after : before;
  }
  if (!want_value) return {};
  return increment.is_prefix ? Arithmetic(BinaryOp::kAdd, before, Value::Imm(delta)) : before;
}

}  // namespace podtap::lower
