// What leaves the program: items of a record, and the record into the ring.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "bpf/lowering.h"

namespace podtap::bpf {

using ir::Instr;
using ir::Item;
using ir::Op;
using ir::Operand;

void Emitter::EnsureRecord() {
  if (state_ == State::kRecord) return;
  using H = ir::RecordHeader;
  const auto at = [](size_t field) { return static_cast<int32_t>(kOutOffset + field); };
  as.Call(target_.boot_clock ? Helper::kKtimeBootNs : Helper::kKtimeNs);
  as.Store(8, kScratchReg, at(offsetof(H, time_ns)), kR0);
  as.StoreImm(4, kScratchReg, at(offsetof(H, program)), static_cast<int32_t>(index_));
  as.Call(Helper::kCpu);
  as.Store(4, kScratchReg, at(offsetof(H, cpu)), kR0);
  as.Call(Helper::kPidTgid);
  as.Store(4, kScratchReg, at(offsetof(H, tid)), kR0);
  as.OpImm(Alu::kRsh, kR0, 32);
  as.Store(4, kScratchReg, at(offsetof(H, pid)), kR0);
  as.StoreImm(8, kScratchReg, kItemsOffset, 0);
  state_ = State::kRecord;
  known_pos = sizeof(H);
}

void Emitter::Flush() {
  uses_ring_ = true;
  const Assembler::Label sent = as.NewLabel();
  as.LoadMap(kR1, Relocation::Kind::kRing);
  as.Mov(kR2, kScratchReg);
  as.OpImm(Alu::kAdd, kR2, kOutOffset);
  as.Mov(kR3, kR8);
  as.MovImm(kR4, 0);
  as.Call(Helper::kRingbufOutput);
  as.IfImm(Jump::kEq, kR0, 0, sent);
  LoadControl(kR1, offsetof(ir::Control, lost_records));
  as.MovImm(kR2, 1);
  as.AtomicAdd(kR1, 0, kR2);
  as.Load(8, kR2, kScratchReg, kItemsOffset);
  as.AtomicAdd(kR1, offsetof(ir::Control, lost_items) - offsetof(ir::Control, lost_records), kR2);
  as.Bind(sent);
}

namespace {

constexpr uint32_t kHeader = sizeof(ir::RecordHeader);
constexpr uint32_t kItemHeader = sizeof(ir::ItemHeader);

bool IsVariable(const Item& item) {
  for (const Item::Field& field : item.fields) {
    if (field.kind == Item::Field::Kind::kLongString || field.kind == Item::Field::Kind::kChain) {
      return true;
    }
  }
  return false;
}

// How many bytes an item is given, and how many of them each long string at most.
struct ItemRoom {
  uint32_t size = 0;
  uint32_t long_string = 0;
};

// An item whose strings could all be full at once may be more than a record
// holds: then its long strings share what there is, and longer ones are cut.
std::optional<ItemRoom> RoomOf(const Item& item) {
  using Kind = Item::Field::Kind;
  const uint32_t most = ir::kMaxRecord - kHeader;
  if (item.max_size <= most) return ItemRoom{item.max_size, UINT32_MAX};
  uint32_t rest = item.max_size, strings = 0;
  for (const Item::Field& field : item.fields) {
    if (field.kind != Kind::kLongString) continue;
    rest -= field.cap;
    strings++;
  }
  if (strings == 0 || rest > most) return std::nullopt;
  const uint32_t share = (most - rest) / strings & ~7u;
  if (share < 16) return std::nullopt;
  return ItemRoom{rest + share * strings, share};
}

// Where the next field goes: a register that moves on behind variable parts,
// and what is added to it.
struct Cursor {
  int base = kScratchReg;
  int32_t offset = 0;
};

void PutString(Emitter& e, Cursor& to, const Operand& arg, uint32_t cap) {
  e.CopyText(Text{to.base, to.offset, cap}, e.TextOf(arg, kR2));
  to.offset += static_cast<int32_t>(cap);
}

// Moves the cursor on by r0 bytes.
void Advance(Emitter& e, Cursor& to) {
  if (to.base == kScratchReg) {
    e.as.Mov(kR9, kScratchReg);
    to.base = kR9;
  }
  e.as.Op(Alu::kAdd, kR9, kR0);
}

void PutLongString(Emitter& e, Cursor& to, const Operand& arg, uint32_t cap) {
  const bool raw = arg.is_reg() && e.flow().raw[arg.reg];
  const auto size = static_cast<int32_t>(e.CapOf(arg) < cap ? e.CapOf(arg) : cap);
  const Text from = e.TextOf(arg, kR3);
  e.Address(kR3, from);
  e.Address(kR1, Text{to.base, to.offset, cap}, 8);
  e.as.MovImm(kR2, size);
  if (raw) {
    e.as.Call(Helper::kReadKernel);
    e.as.StoreImm(8, to.base, to.offset, size);
    to.offset += 8 + size;
    return;
  }
  e.as.Call(Helper::kReadKernelStr);
  const Assembler::Label fine = e.as.NewLabel();
  e.as.OpImm(Alu::kAdd, kR0, -1);
  e.as.IfImm(Jump::kLt, kR0, size, fine);
  e.as.MovImm(kR0, 0);
  e.as.Bind(fine);
  e.as.Store(8, to.base, to.offset, kR0);
  e.as.OpImm(Alu::kAdd, kR0, 7);
  e.as.OpImm(Alu::kAnd, kR0, -8);
  to.offset += 8;
  Advance(e, to);
}

void PutChain(Emitter& e, Cursor& to, const Operand& arg) {
  const int32_t chain = e.HomeOffset(arg.reg);
  const Assembler::Label fine = e.as.NewLabel();
  e.as.Load(8, kR2, kScratchReg, chain);
  e.as.IfImm(Jump::kLe, kR2, ir::kMaxChain, fine);
  e.as.MovImm(kR2, ir::kMaxChain);
  e.as.Bind(fine);
  e.as.Store(8, to.base, to.offset, kR2);
  e.as.OpImm(Alu::kMul, kR2, sizeof(ir::ChainEntry));
  e.as.Store(8, kFrame, Frame::kTempA, kR2);
  e.Address(kR1, Text{to.base, to.offset, 0}, 8);
  e.Address(kR3, Text{kScratchReg, chain, 0}, 8);
  e.as.Call(Helper::kReadKernel);
  e.as.Load(8, kR0, kFrame, Frame::kTempA);
  to.offset += 8;
  Advance(e, to);
}

void PutFields(Emitter& e, const Instr& instr, const Item& item, uint32_t long_string, Cursor& to) {
  using Kind = Item::Field::Kind;
  for (size_t i = 0; i < item.fields.size(); i++) {
    const Item::Field& field = item.fields[i];
    if (field.kind == Kind::kConstant) continue;
    const Operand& arg = instr.args[i];
    if (field.kind == Kind::kLong) {
      e.LoadLong(kR1, arg);
      e.as.Store(8, to.base, to.offset, kR1);
      to.offset += 8;
    } else if (field.kind == Kind::kInlineString) {
      PutString(e, to, arg, field.cap);
    } else if (field.kind == Kind::kLongString) {
      PutLongString(e, to, arg, std::min(field.cap, long_string));
    } else {
      PutChain(e, to, arg);
    }
  }
}

// The position is in r8 afterwards, at most kMaxRecord - size, unless it is known.
void MakeRoom(Emitter& e, uint32_t size) {
  if (e.known_pos && *e.known_pos + size <= ir::kMaxRecord) return;
  const Assembler::Label room = e.as.NewLabel();
  e.as.Load(8, kR8, kScratchReg, kPosOffset);
  e.as.IfImm(Jump::kLe, kR8, static_cast<int32_t>(ir::kMaxRecord - size), room);
  const Assembler::Label sane = e.as.NewLabel();
  e.as.IfImm(Jump::kLe, kR8, ir::kMaxRecord, sane);
  e.as.MovImm(kR8, kHeader);
  e.as.Bind(sane);
  e.Flush();
  e.as.StoreImm(8, kScratchReg, kItemsOffset, 0);
  e.as.MovImm(kR8, kHeader);
  e.as.Bind(room);
  e.known_pos.reset();
}

void CountItem(Emitter& e) {
  e.as.Load(8, kR1, kScratchReg, kItemsOffset);
  e.as.OpImm(Alu::kAdd, kR1, 1);
  e.as.Store(8, kScratchReg, kItemsOffset, kR1);
}

// The item's size and the new position, after variable parts.
void CloseVariable(Emitter& e, const Cursor& to, std::optional<uint32_t> start) {
  e.as.Mov(kR1, to.base);
  e.as.Op(Alu::kSub, kR1, kScratchReg);
  e.as.OpImm(Alu::kAdd, kR1, to.offset - static_cast<int32_t>(kOutOffset));
  e.as.Store(8, kScratchReg, kPosOffset, kR1);
  if (start) {
    e.as.OpImm(Alu::kAdd, kR1, -static_cast<int32_t>(*start));
    e.as.Store(4, kScratchReg, static_cast<int32_t>(kOutOffset + *start + 4), kR1);
  } else {
    e.as.Op(Alu::kSub, kR1, kR8);
    e.as.Op(Alu::kAdd, kR8, kScratchReg);
    e.as.Store(4, kR8, static_cast<int32_t>(kOutOffset + 4), kR1);
  }
  e.known_pos.reset();
}

void StopSession(Emitter& e, Op op) {
  if (op != Op::kExit && op != Op::kError) return;
  e.LoadControl(kR1, 0);
  e.as.StoreImm(8, kR1, offsetof(ir::Control, state), 1);
  if (op == Op::kExit) return;
  e.as.MovImm(kR2, 1);
  e.as.AtomicAdd(kR1, offsetof(ir::Control, error_count), kR2);
}

// Where an item begins: its place in the record when it is known here, and the cursor.
struct Begun {
  std::optional<uint32_t> start;
  Cursor header;
};

Begun BeginItem(Emitter& e, uint32_t room) {
  e.EnsureRecord();
  MakeRoom(e, room);
  Begun begun{.start = e.known_pos, .header = {}};
  begun.header.offset = static_cast<int32_t>(kOutOffset + begun.start.value_or(0));
  if (!begun.start) {
    e.as.Mov(kR9, kScratchReg);
    e.as.Op(Alu::kAdd, kR9, kR8);
    begun.header.base = kR9;
  }
  return begun;
}

// The item's size and the new position, where no part is variable.
void CloseFixed(Emitter& e, const Begun& begun, int32_t size) {
  e.as.StoreImm(4, begun.header.base, begun.header.offset + 4, size);
  if (begun.start) {
    e.known_pos = *begun.start + static_cast<uint32_t>(size);
    e.as.StoreImm(8, kScratchReg, kPosOffset, static_cast<int32_t>(*e.known_pos));
  } else {
    e.as.OpImm(Alu::kAdd, kR8, size);
    e.as.Store(8, kScratchReg, kPosOffset, kR8);
  }
}

}  // namespace

void LowerItem(Emitter& e, const Instr& instr) {
  const uint32_t number = e.current_item();
  if (number == ir::kNone) {
    e.Refuse(instr, "the layout has no item for it");
    return;
  }
  const Item& item = e.layout().items[number];
  const std::optional<ItemRoom> room = RoomOf(item);
  if (!room) {
    e.Refuse(instr, "its values take up to " + std::to_string(item.max_size) +
                        " bytes, and a record holds 4072");
    return;
  }
  const Begun begun = BeginItem(e, room->size);
  Cursor to = begun.header;
  e.as.StoreImm(4, to.base, to.offset, static_cast<int32_t>(number));
  to.offset += kItemHeader;
  PutFields(e, instr, item, room->long_string, to);
  if (IsVariable(item)) {
    CloseVariable(e, to, begun.start);
  } else {
    CloseFixed(e, begun, to.offset - begun.header.offset);
  }
  CountItem(e);
  StopSession(e, instr.op);
}

std::optional<uint32_t> LongsOfFailure(const Item& item) {
  uint32_t longs = 0;
  for (const Item::Field& field : item.fields) {
    if (field.kind == Item::Field::Kind::kConstant) continue;
    if (field.kind != Item::Field::Kind::kLong || ++longs > kMostFailureLongs) return std::nullopt;
  }
  return longs;
}

void LowerFailure(Emitter& e, uint32_t longs) {
  const uint32_t size = kItemHeader + 8 * longs;
  const Begun begun = BeginItem(e, size);
  const Cursor& to = begun.header;
  e.as.Load(8, kR1, kFrame, kFailureItem);
  e.as.Store(4, to.base, to.offset, kR1);
  if (longs > 0) {
    e.as.Load(8, kR1, kFrame, kFailureLong);
    e.as.Store(8, to.base, to.offset + static_cast<int32_t>(kItemHeader), kR1);
  }
  CloseFixed(e, begun, static_cast<int32_t>(size));
  CountItem(e);
  StopSession(e, Op::kError);
}

}  // namespace podtap::bpf
