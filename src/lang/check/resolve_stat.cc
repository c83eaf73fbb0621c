// Statistics: `<<<`, @count and its kin, histograms.
#include "lang/check/resolver.h"

namespace podtap::lang::check {
namespace {

// Buckets of a @hist_linear; each costs 8 bytes per array element and CPU.
constexpr uint64_t kMaxLinearBuckets = 4096;
constexpr int64_t kMaxVarianceShift = 62;

bool Same(const Global::Linear& a, const Histogram& b) {
  return a.low == b.low && a.high == b.high && a.step == b.step;
}

}  // namespace

// Only globals keep statistics. Null when the target is none.
Global* Resolver::ResolveStatTarget(Expr* target, const Token& tok, Use use) {
  if (target == nullptr) return nullptr;
  if (target->kind == ExprKind::kIndex) {
    auto& index = As<Index>(*target);
    ResolveIndex(index, use, false);
    if (index.reference.kind != Reference::Kind::kGlobal) return nullptr;
    return builder_.script().globals[index.reference.index];
  }
  if (target->kind != ExprKind::kVariable) {
    ResolveExpr(*target);
    reporter_.Error(tok, "statistics of something that is no global variable");
    return nullptr;
  }
  auto& variable = As<Variable>(*target);
  const auto local = scope_.names.find(variable.name);
  const bool is_parameter =
      local != scope_.names.end() && (*scope_.locals)[local->second].is_parameter;
  if (is_parameter || FindGlobal(variable.name) == nullptr) {
    reporter_.Error(variable.tok, "statistics in '" + variable.name + "', which is not global",
                    reporter_.wants_similar()
                        ? reporter_.Similar(variable.name, symbols_.GlobalNames(*scope_.file))
                        : Names{});
    return nullptr;
  }
  ResolveVariable(variable, use);
  if (variable.reference.kind != Reference::Kind::kGlobal) return nullptr;
  return builder_.script().globals[variable.reference.index];
}

void Resolver::AskFor(StatOp op, Global& global) {
  global.stat_ops = static_cast<uint8_t>(global.stat_ops | 1u << static_cast<unsigned>(op));
}

void Resolver::ResolveStat(Stat& stat) {
  Global* global = ResolveStatTarget(stat.target.get(), stat.tok, Use::kRead);
  if (global == nullptr) return;
  AskFor(stat.op, *global);
  if (stat.op != StatOp::kVariance) return;
  const int64_t shift = stat.params.empty() ? 0 : stat.params[0];
  if (shift < 0 || shift > kMaxVarianceShift)
    return reporter_.Error(stat.tok, "bit shift of @variance must be between 0 and 62");
  if (global->needs_variance && global->variance_shift != shift)
    return reporter_.Error(stat.tok, "@variance of '" + global->name +
                                         "' asked for with different bit shifts (" +
                                         std::to_string(global->variance_shift) + " vs " +
                                         std::to_string(shift) + ")");
  global->needs_variance = true;
  global->variance_shift = shift;
}

void Resolver::ResolveHistogram(Histogram& histogram) {
  Global* global = ResolveStatTarget(histogram.target.get(), histogram.tok, Use::kRead);
  if (global == nullptr) return;
  if (histogram.is_log) {
    global->needs_log_histogram = true;
    return;
  }
  if (histogram.step <= 0)
    return reporter_.Error(histogram.tok, "step of @hist_linear must be positive");
  if (histogram.high <= histogram.low)
    return reporter_.Error(histogram.tok, "limits of @hist_linear must be in ascending order");
  // Unsigned, since the distance of two longs need not be one.
  const uint64_t range =
      static_cast<uint64_t>(histogram.high) - static_cast<uint64_t>(histogram.low);
  if (range / static_cast<uint64_t>(histogram.step) > kMaxLinearBuckets)
    return reporter_.Error(histogram.tok, "@hist_linear with more than 4096 buckets");
  if (global->linear_histogram && !Same(*global->linear_histogram, histogram))
    return reporter_.Error(
        histogram.tok, "@hist_linear of '" + global->name + "' asked for with different limits");
  global->linear_histogram = Global::Linear{histogram.low, histogram.high, histogram.step};
}

}  // namespace podtap::lang::check
