// Shared by the tests of this room: builds ir by hand, finds tracepoints, reads
// the ring.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "attach/session.h"
#include "ir/ir.h"
#include "ir/layout.h"
#include "ir/passes.h"
#include "kernel/kernel.h"
#include "kernel/older_kernel.h"

namespace podtap::attach::testing {

using ir::Op;
using ir::Operand;
using ir::Reg;
using ir::Type;
inline Operand R(Reg reg) { return Operand::R(reg); }
inline Operand I(int64_t value) { return Operand::I(value); }

inline kernel::Kernel& TheKernel() {
  static const std::unique_ptr<kernel::Kernel> kernel = kernel::MakeKernel();
  return *kernel;
}

// This kernel without may_goto, signed division, atomics that fetch and read-only casts.
class OldKernel : public kernel::OlderKernel {
 public:
  OldKernel() : OlderKernel(TheKernel()) {
    has.may_goto = false;
    has.signed_division = false;
    has.atomic_fetch = false;
    has.rdonly_cast = false;
  }
};

#define SKIP_UNLESS_ROOT() \
  if (geteuid() != 0) GTEST_SKIP() << "loading eBPF needs root"

// A module being written, one program at a time.
struct ModuleMaker {
  ir::Module module;
  ir::Program* program = nullptr;
  ir::BlockId block = 0;

  ModuleMaker() { module.programs.reserve(16); }

  void Begin(const std::string& name, ir::AttachSpec attach) {
    program = &module.programs.emplace_back();
    program->name = name;
    program->attach = std::move(attach);
    program->blocks.resize(1);
    block = 0;
  }
  void BeginTracepoint(const std::string& name) {
    const kernel::Btf* btf = *TheKernel().btf();
    const auto id = btf->Find("btf_trace_" + name, kernel::BtfKind::kTypedef);
    ASSERT_TRUE(id.has_value()) << name;
    Begin("kernel.trace(\"" + name + "\")", ir::AttachTracepoint{"", name, *id});
  }
  Reg New(Type type, uint32_t cap = 0) {
    program->regs.push_back({type, cap, 0, ""});
    return static_cast<Reg>(program->regs.size() - 1);
  }
  Reg Long() { return New(Type::kI64); }
  Reg Ptr() { return New(Type::kPtr); }
  Reg Str(uint32_t cap) { return New(Type::kStr, cap); }
  Operand Literal(const std::string& text) {
    module.literals.push_back(text);
    return Operand::L(static_cast<uint32_t>(module.literals.size() - 1));
  }
  ir::Instr& Add(Op op, Reg dst, std::vector<Operand> args, int64_t imm = 0) {
    ir::Instr instr;
    instr.op = op;
    instr.dst = dst;
    instr.args = std::move(args);
    instr.imm = imm;
    return program->blocks[block].instrs.emplace_back(std::move(instr));
  }
  Reg L(Op op, std::vector<Operand> args, int64_t imm = 0) {
    const Reg reg = Long();
    Add(op, reg, std::move(args), imm);
    return reg;
  }
  ir::BlockId NewBlock() {
    program->blocks.emplace_back();
    return static_cast<ir::BlockId>(program->blocks.size() - 1);
  }
  void Branch(Reg cond, ir::BlockId yes, ir::BlockId no) {
    program->blocks[block].end = {ir::Terminator::Kind::kBranch, R(cond), yes, no, ir::kNone};
  }
  void Jump(ir::BlockId to) {
    program->blocks[block].end = {ir::Terminator::Kind::kJump, {}, to, ir::kNone, ir::kNone};
  }
  void Guard(ir::BlockId body, ir::BlockId overflow) {
    program->blocks[block].end = {ir::Terminator::Kind::kLoopGuard, {}, body, overflow, ir::kNone};
  }
  ir::SiteId Site(const std::string& near, uint32_t line) {
    ir::Site site;
    site.near = near;
    site.line = line;
    site.column = 1;
    site.file = "test.stp";
    module.sites.push_back(site);
    return static_cast<ir::SiteId>(module.sites.size() - 1);
  }
  // A long or string that the compiler can't know: loaded from a global.
  Reg Unknown(int64_t value) {
    ir::Global global;
    global.name = "g" + std::to_string(module.globals.size());
    global.init_long = value;
    global.in_kernel = true;
    module.globals.push_back(global);
    return L(Op::kGlobalLoad, {}, static_cast<int64_t>(module.globals.size() - 1));
  }
  Reg UnknownStr(const std::string& text, uint32_t cap) {
    ir::Global global;
    global.name = "s" + std::to_string(module.globals.size());
    global.value = ir::ValueType::kString;
    global.value_cap = cap;
    global.init_string = text;
    global.in_kernel = true;
    module.globals.push_back(global);
    const Reg reg = Str(cap);
    Add(Op::kGlobalLoad, reg, {}, static_cast<int64_t>(module.globals.size() - 1));
    return reg;
  }
  void Print(std::vector<Operand> args) { Add(Op::kPrint, ir::kNoReg, std::move(args), 0); }
  // A format; `text` as printf has it.
  int64_t Format(const std::string& text) {
    ir::Format format;
    std::string error;
    size_t offset = 0;
    EXPECT_TRUE(ir::ParseFormat(text, format, error, offset)) << error;
    module.formats.push_back(format);
    return static_cast<int64_t>(module.formats.size() - 1);
  }
  uint32_t Offset(const char* structure, const char* member) {
    const kernel::Btf* btf = *TheKernel().btf();
    const auto id = btf->FindStruct(structure);
    const auto found = btf->FindMember(*id, member);
    EXPECT_TRUE(found.has_value()) << member;
    return found ? found->offset : 0;
  }
};

// Every record that is in the ring now.
inline std::vector<std::vector<uint8_t>> Drain(const ir::RingView& ring) {
  constexpr uint32_t kBusy = 1u << 31, kDiscard = 1u << 30;
  std::vector<std::vector<uint8_t>> records;
  uint64_t at = *ring.consumer;
  while (at < *ring.producer) {
    const auto byte = [&](uint64_t i) { return ring.data[(at + i) & (ring.size - 1)]; };
    uint32_t length = 0;
    for (uint32_t i = 0; i < 4; i++) length |= uint32_t{byte(i)} << (8 * i);
    if ((length & kBusy) != 0) break;
    const uint32_t size = length & ~kDiscard;
    if ((length & kDiscard) == 0) {
      std::vector<uint8_t> record;
      for (uint32_t i = 0; i < size; i++) record.push_back(byte(8 + i));
      records.push_back(std::move(record));
    }
    at += (uint64_t{size} + 8 + 7) & ~uint64_t{7};
    *ring.consumer = at;
  }
  return records;
}

template <typename T>
T At(const std::vector<uint8_t>& bytes, size_t offset) {
  T value{};
  if (offset + sizeof(T) <= bytes.size()) std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// The values of a record's items, as text: longs in decimal, strings as they are.
struct Decoded {
  uint32_t item = 0;
  std::vector<std::string> values;
};
inline std::vector<Decoded> Decode(const ir::Layout& layout,
                                   const std::vector<std::vector<uint8_t>>& records) {
  using Kind = ir::Item::Field::Kind;
  std::vector<Decoded> all;
  for (const auto& record : records) {
    size_t at = sizeof(ir::RecordHeader);
    while (at + sizeof(ir::ItemHeader) <= record.size()) {
      const auto header = At<ir::ItemHeader>(record, at);
      const size_t next = at + header.size;
      if (header.size < sizeof(header) || next > record.size() ||
          header.item >= layout.items.size()) {
        ADD_FAILURE() << "bad item " << header.item << " of " << header.size << " at " << at;
        return all;
      }
      Decoded decoded{header.item, {}};
      at += sizeof(header);
      const auto text = [&](size_t from, size_t size) {
        return std::string(reinterpret_cast<const char*>(record.data() + from), size);
      };
      for (const auto& field : layout.items[header.item].fields) {
        if (field.kind == Kind::kLong) {
          decoded.values.push_back(std::to_string(At<int64_t>(record, at)));
          at += 8;
        } else if (field.kind == Kind::kInlineString) {
          decoded.values.push_back(
              text(at, strnlen(reinterpret_cast<const char*>(&record[at]), field.cap)));
          // Canonical: zeroes behind the NUL.
          for (size_t i = decoded.values.back().size(); i < field.cap; i++) {
            EXPECT_EQ(record[at + i], 0) << decoded.values.back();
          }
          at += field.cap;
        } else if (field.kind == Kind::kLongString) {
          const auto length = At<uint64_t>(record, at);
          EXPECT_LE(at + 8 + length, next);
          if (at + 8 + length > next) return all;
          decoded.values.push_back(text(at + 8, length));
          at += 8 + ((length + 7) & ~uint64_t{7});
        } else if (field.kind == Kind::kChain) {
          const auto count = At<uint64_t>(record, at);
          EXPECT_LE(count, ir::kMaxChain);
          if (count > ir::kMaxChain) return all;
          decoded.values.push_back(text(at + 8, count * sizeof(ir::ChainEntry)));
          at += 8 + count * sizeof(ir::ChainEntry);
        }
      }
      EXPECT_EQ(at, next);
      all.push_back(std::move(decoded));
      at = next;
    }
  }
  return all;
}

// Loads a module whose programs are all `begin`s, runs the first, and gives what
// it printed.
struct Ran {
  std::unique_ptr<Session> session;
  ir::Layout layout;
  std::vector<Decoded> items;
};
inline Ran RunModule(const ir::Module& module, kernel::Kernel& kernel = TheKernel()) {
  Ran ran;
  ran.layout = ir::MakeLayout(module, true);
  Options options;
  options.user_side_in_kernel = true;
  options.ring_bytes = 65536;
  auto session = Session::Load(module, ran.layout, kernel, options);
  if (!session) {
    ADD_FAILURE() << session.error().Message() << "\n" << session.error().detail;
    return ran;
  }
  ran.session = std::move(*session);
  auto result = ran.session->RunOnce(0);
  if (!result) ADD_FAILURE() << result.error().Message();
  if (ran.session->ring().fd >= 0) ran.items = Decode(ran.layout, Drain(ran.session->ring()));
  return ran;
}

}  // namespace podtap::attach::testing
