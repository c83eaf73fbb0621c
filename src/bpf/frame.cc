#include "bpf/frame.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <string>

#include "bpf/refusal.h"

namespace podtap::bpf {
namespace {

using ir::Op;
using ir::Reg;
using ir::Type;

// 512 bytes, less what may_goto takes for its own count and clock.
constexpr int32_t kStackLimit = 496;
// What a function that is called back counts as, beside the program's own stack.
constexpr int32_t kFunctionStack = 32;
// PCPU_MIN_UNIT_SIZE of include/linux/percpu.h: the largest per-CPU map value.
constexpr uint32_t kMaxScratch = 32768;
constexpr uint32_t kSlackMin = 64;
constexpr uint32_t kMaxSnapshot = 64u << 20;  // for each CPU
// Since 6.18 the verifier walks through the whole program at every end of a path that
// touched the stack in a new place (bpf_update_live_stack): a third of its time with
// thousands of instructions. The numbers of a program that has more than so many of ours
// live in the scratch value, which it doesn't track; a smaller one does without the look-up.
constexpr size_t kLarge = 256;

uint32_t RoundUp(uint32_t bytes) { return (bytes + 7) & ~7u; }

// First fit over intervals that were sorted by their beginning.
class Places {
 public:
  Places(uint32_t begin, uint32_t limit) : begin_(begin), limit_(limit) {}

  // The offset, or kNone when the place would end beyond the limit.
  uint32_t Take(const Interval& interval, uint32_t size) {
    std::erase_if(taken_, [&](const Taken& t) { return t.until < interval.begin; });
    uint32_t at = begin_;
    auto where = taken_.begin();
    for (; where != taken_.end(); ++where) {
      if (at + size <= where->offset) break;
      at = std::max(at, where->offset + where->size);
    }
    if (at + size > limit_) return ir::kNone;
    taken_.insert(where, {at, size, interval.end});
    top_ = std::max(top_, at + size);
    return at;
  }
  uint32_t top() const { return std::max(top_, begin_); }

 private:
  struct Taken {
    uint32_t offset, size, until;
  };
  uint32_t begin_, limit_, top_ = 0;
  std::vector<Taken> taken_;  // by offset
};

class Builder {
 public:
  Builder(const ir::Module& module, const ir::Layout& layout, const ir::Program& program,
          const Flow& flow, const Target& target)
      : module_(module), layout_(layout), program_(program), flow_(flow), target_(target) {}

  Result<Frame> Run() {
    Measure();
    size_t instructions = 0;
    for (const ir::Block& block : program_.blocks) instructions += block.instrs.size();
    large_ = instructions > kLarge;
    frame_.homes.resize(program_.regs.size());
    std::vector<Reg> order(program_.regs.size());
    std::iota(order.begin(), order.end(), Reg{0});
    std::erase_if(order, [&](Reg reg) { return flow_.intervals[reg].empty(); });
    std::stable_sort(order.begin(), order.end(), [&](Reg a, Reg b) {
      return flow_.intervals[a].begin < flow_.intervals[b].begin;
    });
    Places stack(static_cast<uint32_t>(-Frame::kTempC),
                 static_cast<uint32_t>(kStackLimit - (calls_back_ ? kFunctionStack : 0)));
    Places scratch(fixed_end_, UINT32_MAX / 2);
    for (Reg reg : order) {
      if (!Place(reg, stack, scratch)) {
        return Unsupported("it keeps too many kernel pointers at once for the 512-byte stack");
      }
    }
    frame_.scratch_size = RoundUp(scratch.top());
    if (frame_.scratch_size > kMaxScratch) {
      return Unsupported("its strings need " + std::to_string(frame_.scratch_size) +
                             " bytes, and the kernel gives a probe 32768",
                         "lower MAXSTRINGLEN or use fewer strings");
    }
    if (frame_.snapshot_size > kMaxSnapshot) {
      return Unsupported("its foreach loops need more than 64 MiB for each CPU",
                         "lower MAXACTION, MAXMAPENTRIES or MAXSTRINGLEN");
    }
    return std::move(frame_);
  }

 private:
  bool Place(Reg reg, Places& stack, Places& scratch) {
    const ir::RegInfo& info = program_.regs[reg];
    const Interval& interval = flow_.intervals[reg];
    const bool word = info.type == Type::kI64 || info.type == Type::kPtr;
    const bool untracked =
        info.type == Type::kI64 && target_.may_goto && (flow_.opaque[reg] || large_);
    if (word && !untracked) {
      const uint32_t at = stack.Take(interval, 8);
      if (at != ir::kNone) {
        frame_.homes[reg] = {Home::Kind::kStack, -static_cast<int32_t>(at) - 8};
        return true;
      }
      if (info.type == Type::kPtr) return false;
    }
    uint32_t size = 8;
    if (info.type == Type::kStr) size = grows_[reg] ? GrowingSize(info.cap) : RoundUp(info.cap);
    if (info.type == Type::kChain) size = kChainBytes;
    frame_.homes[reg] = {Home::Kind::kScratch, static_cast<int32_t>(scratch.Take(interval, size))};
    return true;
  }

  // A TextCursor may write up to a power of two and the longest string beyond.
  uint32_t GrowingSize(uint32_t cap) const { return std::bit_ceil(cap) + frame_.slack; }

  uint32_t CapOf(const ir::Operand& operand) const {
    if (operand.is_literal()) return layout_.literal_cap[static_cast<size_t>(operand.imm)];
    if (operand.is_reg() && program_.regs[operand.reg].type == Type::kStr) {
      return program_.regs[operand.reg].cap;
    }
    return 0;
  }

  const ir::Global& GlobalOf(const ir::Instr& instr) const {
    return module_.globals[static_cast<size_t>(instr.imm)];
  }

  void PlaceSnapshot(const ir::Instr& instr) {
    const ir::Global& global = GlobalOf(instr);
    const uint32_t most = std::min(global.max_entries, module_.iterations[instr.aux].most);
    const bool added =
        frame_.snapshots.insert({instr.aux, {.offset = frame_.snapshot_size, .most = most}}).second;
    if (!added) return;
    const uint64_t size =
        frame_.snapshot_size + kSnapshotKeys + uint64_t{most} * ir::KeySize(global);
    frame_.snapshot_size = size > kMaxSnapshot ? kMaxSnapshot + 1 : static_cast<uint32_t>(size);
  }

  void Measure() {
    grows_.assign(program_.regs.size(), false);
    uint32_t longest = 16, text = 0, key = 0, value = 0;
    bool records = false, matches = false;
    for (const ir::Block& block : program_.blocks) {
      for (const ir::Instr& instr : block.instrs) {
        const bool string = instr.dst != ir::kNoReg && program_.regs[instr.dst].type == Type::kStr;
        for (const ir::Operand& arg : instr.args) longest = std::max(longest, CapOf(arg));
        if (string) longest = std::max(longest, program_.regs[instr.dst].cap);
        switch (instr.op) {
          case Op::kStrAppend:
          case Op::kStrSub:
          case Op::kChainText:
          case Op::kFormat:
          case Op::kReadKernelStr:
          case Op::kReadUserStr:
          case Op::kReadKernelBytes:
          case Op::kLoadStr:
          case Op::kStrTable:
            grows_[instr.dst] = true;
            text = longest;
            break;
          case Op::kRegexMatch:
            frame_.match_text_cap = std::max(frame_.match_text_cap, CapOf(instr.args[0]));
            frame_.match_registers = std::max(
                frame_.match_registers, module_.regexes[static_cast<size_t>(instr.imm)].registers);
            [[fallthrough]];
          case Op::kRegexForget:
          case Op::kRegexGroups:
            matches = true;
            break;
          case Op::kRegexGroup:
            matches = true;
            grows_[instr.dst] = true;
            break;
          case Op::kStrLen:
          case Op::kStrSetByte:
            text = longest;
            break;
          case Op::kMapSet:
          case Op::kMapAdd:
            value = std::max(value, ir::ValueSize(GlobalOf(instr)));
            [[fallthrough]];
          case Op::kMapGet:
          case Op::kMapHas:
          case Op::kMapDelete:
          case Op::kStatPush:
          case Op::kStatGet:
          case Op::kIterNext:
            key = std::max(key, ir::KeySize(GlobalOf(instr)));
            break;
          case Op::kIterBegin:
            PlaceSnapshot(instr);
            [[fallthrough]];
          case Op::kMapHasSome:
          case Op::kMapClearSome:
          case Op::kMapClear:
            calls_back_ = true;
            key = std::max(key, ir::KeySize(GlobalOf(instr)));
            break;
          case Op::kPrint:
          case Op::kEvent:
          case Op::kError:
          case Op::kWarn:
          case Op::kLog:
          case Op::kExit:
            records = true;
            break;
          default:
            break;
        }
      }
    }
    frame_.slack = RoundUp(longest) + kSlackMin;
    uint32_t at = kOutOffset + (records ? kOutSize : 0);
    frame_.key_offset = at;
    at += RoundUp(key);
    frame_.value_offset = at;
    at += RoundUp(value);
    if (matches) {
      frame_.match_offset = at;
      at += kMatchRegisters + 8 * frame_.match_registers;
      frame_.match_text_offset = at;
      at += RoundUp(frame_.match_text_cap);
    }
    frame_.text_offset = at;
    const uint32_t text_size = text > 0 ? GrowingSize(longest) : 0;
    frame_.build_offset = at + text_size;
    fixed_end_ = at + 2 * text_size;
  }

  const ir::Module& module_;
  const ir::Layout& layout_;
  const ir::Program& program_;
  const Flow& flow_;
  const Target& target_;
  Frame frame_;
  std::vector<bool> grows_;
  bool calls_back_ = false;
  bool large_ = false;
  uint32_t fixed_end_ = 0;
};

}  // namespace

Result<Frame> MakeFrame(const ir::Module& module, const ir::Layout& layout,
                        const ir::Program& program, const Flow& flow, const Target& target) {
  return Builder(module, layout, program, flow, target).Run();
}

}  // namespace podtap::bpf
