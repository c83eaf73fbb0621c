#include "interp/interp.h"

#include <optional>

#include "interp/machine.h"
#include "interp/unread.h"

namespace podtap::interp {
namespace {

using ir::Op;

struct Row {
  Op op;
  Handler handler;
};

constexpr Row kRows[] = {
    {Op::kMove, DoMove},
    {Op::kPtrToInt, DoMove},
    {Op::kPtrOk, DoPtrOk},
    {Op::kArg, DoArg},
    {Op::kContext, DoContext},
    {Op::kLoad, DoLoad},
    {Op::kLoadStr, DoLoadStr},
    {Op::kReadKernel, DoRead},
    {Op::kReadUser, DoRead},
    {Op::kReadKernelStr, DoReadStr},
    {Op::kReadUserStr, DoReadStr},
    {Op::kReadKernelBytes, DoReadBytes},
    {Op::kTaskFromPid, DoTaskFromPid},
    {Op::kChainCapture, DoChainCapture},
    {Op::kChainText, DoChainText},
    {Op::kStrLen, DoStrLen},
    {Op::kStrByte, DoStrByte},
    {Op::kStrSetByte, DoStrSetByte},
    {Op::kStrSub, DoStrSub},
    {Op::kStrAppend, DoStrAppend},
    {Op::kStrEq, DoStrCompare},
    {Op::kStrNe, DoStrCompare},
    {Op::kStrLt, DoStrCompare},
    {Op::kStrLe, DoStrCompare},
    {Op::kStrGt, DoStrCompare},
    {Op::kStrGe, DoStrCompare},
    {Op::kStrTable, DoStrTable},
    {Op::kFormat, DoFormat},
    {Op::kRegexTest, DoRegexTest},
    {Op::kRegexMatch, DoRegexMatch},
    {Op::kRegexForget, DoRegexForget},
    {Op::kRegexGroup, DoRegexGroup},
    {Op::kRegexGroups, DoRegexGroups},
    {Op::kGlobalLoad, DoGlobalLoad},
    {Op::kGlobalStore, DoGlobalStore},
    {Op::kGlobalAdd, DoGlobalAdd},
    {Op::kMapGet, DoMapGet},
    {Op::kMapSet, DoMapSet},
    {Op::kMapAdd, DoMapAdd},
    {Op::kMapHas, DoMapHas},
    {Op::kMapDelete, DoMapDelete},
    {Op::kMapClear, DoMapClear},
    {Op::kMapClearSome, DoMapClearSome},
    {Op::kMapHasSome, DoMapHasSome},
    {Op::kStatPush, DoStatPush},
    {Op::kStatGet, DoStatGet},
    {Op::kStatBucket, DoStatBucket},
    {Op::kIterBegin, DoIterBegin},
    {Op::kIterNext, DoIterNext},
    {Op::kPrint, DoPrint},
    {Op::kHistogram, DoHistogram},
    {Op::kEvent, DoEvent},
    {Op::kExit, DoExit},
    {Op::kError, DoError},
    {Op::kWarn, DoWarn},
    {Op::kLog, DoLog},
    {Op::kSetTarget, DoNothing},
};

constexpr size_t kOpCount = static_cast<size_t>(Op::kSetTarget) + 1;
constexpr size_t kLongOps = static_cast<size_t>(Op::kGe) - static_cast<size_t>(Op::kAdd) + 1;
static_assert(std::size(kRows) + kLongOps == kOpCount, "an op has no handler");

std::array<Handler, kOpCount> MakeTable() {
  std::array<Handler, kOpCount> table{};
  for (const Row& row : kRows) table[static_cast<size_t>(row.op)] = row.handler;
  for (size_t op = static_cast<size_t>(Op::kAdd); op <= static_cast<size_t>(Op::kGe); op++) {
    table[op] = LongHandler(static_cast<Op>(op));
  }
  return table;
}

}  // namespace

struct Interpreter::State {
  Machine machine;
  std::array<Handler, kOpCount> handlers = MakeTable();
  std::vector<std::optional<Registers>> registers;  // of each program that has run

  void Execute(const ir::Program& program);
};

Interpreter::Interpreter(const ir::Module& module, ir::Store& local_store, ir::Store* kernel_store,
                         Host& host)
    : state_(std::make_unique<State>(State{.machine = {.module = module,
                                                       .local_store = local_store,
                                                       .kernel_store = kernel_store,
                                                       .host = host,
                                                       .key_sizes = {},
                                                       .value_sizes = {},
                                                       .iterations = {},
                                                       .last_match = {},
                                                       .key = {},
                                                       .value = {},
                                                       .text = {},
                                                       .values = {}},
                                           .registers = {}})) {
  Machine& machine = state_->machine;
  for (const ir::Global& global : module.globals) {
    machine.key_sizes.push_back(ir::KeySize(global));
    machine.value_sizes.push_back(ir::ValueSize(global));
  }
  machine.iterations.resize(module.iterations.size());
  state_->registers.resize(module.programs.size());
}

Interpreter::~Interpreter() = default;

void Interpreter::set_escape_controls(bool escape) { state_->machine.escape_controls = escape; }

void Interpreter::Run(uint32_t number) {
  Machine& machine = state_->machine;
  if (number >= machine.module.programs.size()) return;
  const ir::Program& program = machine.module.programs[number];
  if (program.blocks.empty()) return;
  std::optional<Registers>& registers = state_->registers[number];
  if (registers) {
    registers->Clear();
  } else {
    registers.emplace(program, machine.module.limits.max_string);
  }
  machine.program = number;
  machine.regs = &*registers;
  machine.failed = false;
  machine.last_match.groups = -1;
  state_->Execute(program);
}

void Interpreter::State::Execute(const ir::Program& program) {
  using Kind = ir::Terminator::Kind;
  constexpr uint32_t kRounds = 4096;  // of loops between two questions
  const ir::Block* block = program.blocks.data();
  uint32_t rounds = 0;
  while (true) {
    for (const ir::Instr& instr : block->instrs) {
      handlers[static_cast<size_t>(instr.op)](machine, instr);
      if (machine.failed) return;
    }
    const ir::Terminator& end = block->end;
    ir::BlockId next = end.then_block;
    if (end.kind == Kind::kReturn) return;
    if (end.kind == Kind::kLoopGuard && ++rounds % kRounds == 0 && machine.host.Interrupted()) {
      return;
    }
    if (end.kind == Kind::kBranch && machine.Long(end.cond) == 0) next = end.else_block;
    block = &program.blocks[next];
  }
}

std::string Interpreter::UnreadGlobals() {
  std::string out;
  const ir::Module& module = state_->machine.module;
  for (uint32_t i = 0; i < module.globals.size(); i++) {
    if (module.globals[i].print_at_end) AppendUnread(state_->machine.StoreOf(i), module, i, out);
  }
  return out;
}

}  // namespace podtap::interp
