// Longs: arithmetic that wraps, as the kernel's instructions do.
#include <utility>

#include "interp/machine.h"

namespace podtap::interp {
namespace {

using ir::Op;

int64_t S(uint64_t number) { return static_cast<int64_t>(number); }

int64_t Compute(Op op, int64_t a, int64_t b) {
  const auto ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  switch (op) {
    case Op::kAdd:
      return S(ua + ub);
    case Op::kSub:
      return S(ua - ub);
    case Op::kMul:
      return S(ua * ub);
    // The divisor was tested before; 0 gives here what eBPF gives.
    case Op::kDiv:
      return b == 0 ? 0 : b == -1 ? S(0 - ua) : a / b;
    case Op::kMod:
      return b == 0 ? a : b == -1 ? 0 : a % b;
    case Op::kAnd:
      return a & b;
    case Op::kOr:
      return a | b;
    case Op::kXor:
      return a ^ b;
    case Op::kShl:
      return S(ua << (ub & 63));
    case Op::kShr:
      return a >> (ub & 63);
    case Op::kShrLogical:
      return S(ua >> (ub & 63));
    case Op::kEq:
      return a == b;
    case Op::kNe:
      return a != b;
    case Op::kLt:
      return a < b;
    case Op::kLe:
      return a <= b;
    case Op::kGt:
      return a > b;
    case Op::kGe:
      return a >= b;
    default:
      return 0;
  }
}

// One function an op: the switch above folds away in each.
template <Op op>
void DoLong(Machine& m, const ir::Instr& instr) {
  m.SetLong(instr.dst, Compute(op, m.Long(instr.args[0]), m.Long(instr.args[1])));
}

constexpr auto kFirst = static_cast<size_t>(Op::kAdd);
constexpr auto kLast = static_cast<size_t>(Op::kGe);

template <size_t... i>
constexpr auto MakeHandlers(std::index_sequence<i...>) {
  return std::array<Handler, sizeof...(i)>{DoLong<static_cast<Op>(kFirst + i)>...};
}
constexpr auto kHandlers = MakeHandlers(std::make_index_sequence<kLast - kFirst + 1>());

}  // namespace

Handler LongHandler(Op op) { return kHandlers[static_cast<size_t>(op) - kFirst]; }

void DoMove(Machine& m, const ir::Instr& instr) {
  const ir::Operand& from = instr.args[0];
  switch (m.Info(instr.dst).type) {
    case ir::Type::kStr:
      m.SetStr(instr.dst, m.Str(from));
      break;
    case ir::Type::kChain:
      m.Chain(instr.dst) = m.Chain(from.reg);
      break;
    default:
      m.SetLong(instr.dst, m.Long(from));
  }
}

void DoPtrOk(Machine& m, const ir::Instr& instr) {
  constexpr uint64_t kFirstPage = 4096;
  m.SetLong(instr.dst, static_cast<uint64_t>(m.Long(instr.args[0])) >= kFirstPage);
}

}  // namespace podtap::interp
