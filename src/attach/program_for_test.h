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

}  // namespace podtap::attach::testing
