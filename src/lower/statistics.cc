// Statistics: <<<, @count and its kin, histograms.
#include "ir/statistics.h"

#include "lower/program.h"

namespace podtap::lower {

using lang::As;
using lang::ExprKind;

ProgramLowering::StatTarget ProgramLowering::LowerStatTarget(const lang::Expr& target) {
  StatTarget result;
  if (target.kind == ExprKind::kIndex) {
    const auto& index = As<lang::Index>(target);
    result.global = index.reference.index;
    result.keys = LowerKeys(index.indexes, result.global);
  } else if (target.kind == ExprKind::kVariable) {
    result.global = As<lang::Variable>(target).reference.index;
  }
  return result;
}

void ProgramLowering::NeedFetchForPush(const lang::Token& token, uint32_t global) {
  const ir::StatWords words = ir::WordsOf(shared_.tables.module().globals[global]);
  if (!words.least && !words.greatest && !words.squares) return;
  RefusedWithout(shared_.kernel.features().atomic_fetch, token,
                 "@min, @max or @variance of statistics that a kernel probe fills",
                 "Linux 5.12; @count, @sum, @avg and histograms work");
}

Value ProgramLowering::LowerStatPush(const lang::Assign& assign) {
  StatTarget target = LowerStatTarget(*assign.target);
  const ir::Operand value = LowerLong(*assign.value);
  NeedFetchForPush(assign.tok, target.global);
  ir::Instr instr;
  instr.op = ir::Op::kStatPush;
  instr.dst2 = build_.NewLong();
  instr.args = std::move(target.keys);
  instr.args.insert(instr.args.begin(), value);
  instr.imm = target.global;
  At(assign.target->tok);
  const bool is_array = assign.target->kind == ExprKind::kIndex;
  const ir::Reg full = build_.Emit(std::move(instr)).dst2;
  if (is_array) FailIf(ir::Operand::R(full), "Array overflow, check MAXMAPENTRIES");
  return Value::Long(value);
}

Value ProgramLowering::LowerStat(const lang::Stat& stat) {
  if (stat.op == lang::StatOp::kVariance && RefusedInKernel(stat.tok, "@variance")) {
    return Value::Imm(0);
  }
  StatTarget target = LowerStatTarget(*stat.target);
  ir::Instr instr;
  instr.op = ir::Op::kStatGet;
  instr.dst = build_.NewLong();
  instr.dst2 = build_.NewLong();
  instr.args = std::move(target.keys);
  instr.imm = target.global;
  instr.aux = static_cast<uint32_t>(stat.op);
  At(stat.tok);
  const ir::Instr& made = build_.Emit(std::move(instr));
  const ir::Operand value = ir::Operand::R(made.dst), found = ir::Operand::R(made.dst2);
  // Of nothing there is a count and a sum, but no least and no mean.
  if (stat.op != lang::StatOp::kCount && stat.op != lang::StatOp::kSum) {
    FailIf(ir::Operand::R(build_.EmitLong(ir::Op::kEq, {found, ir::Operand::I(0)})),
           "empty aggregate");
  }
  return Value::Long(value);
}

Value ProgramLowering::LowerHistIndex(const lang::HistIndex& index) {
  if (RefusedInKernel(index.tok, "a histogram")) return Value::Imm(0);
  StatTarget target = LowerStatTarget(*index.histogram->target);
  ir::Instr instr;
  instr.op = ir::Op::kStatBucket;
  instr.dst = build_.NewLong();
  instr.args = std::move(target.keys);
  instr.args.insert(instr.args.begin(), LowerLong(*index.index));
  instr.imm = target.global;
  instr.aux = static_cast<uint32_t>(index.histogram->is_log ? ir::HistogramKind::kLog
                                                            : ir::HistogramKind::kLinear);
  At(index.tok);
  return Value::Long(ir::Operand::R(build_.Emit(std::move(instr)).dst));
}

void ProgramLowering::PrintHistogram(const lang::Histogram& histogram) {
  if (RefusedInKernel(histogram.tok, "a histogram")) return;
  StatTarget target = LowerStatTarget(*histogram.target);
  ir::Instr instr;
  instr.op = ir::Op::kHistogram;
  instr.args = std::move(target.keys);
  instr.imm = target.global;
  instr.aux = static_cast<uint32_t>(histogram.is_log ? ir::HistogramKind::kLog
                                                     : ir::HistogramKind::kLinear);
  At(histogram.tok);
  build_.Emit(std::move(instr));
}

}  // namespace podtap::lower
