// Dump: instructions as text, script lines as comments between them.
#include <fmt/core.h>

#include <iterator>

#include "bpf/compile.h"
#include "bpf/insn.h"

namespace podtap::bpf {
namespace {

constexpr const char* kAluSigns[] = {
    "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "bswap"};
constexpr const char* kJumpSigns[] = {"",    "==", ">", ">=", "&",  "!=", "s>",
                                      "s>=", "",   "",  "<",  "<=", "s<", "s<="};

struct HelperName {
  Helper helper;
  const char* name;
};
constexpr HelperName kHelperNames[] = {
    {Helper::kMapLookup, "map_lookup_elem"},
    {Helper::kMapUpdate, "map_update_elem"},
    {Helper::kMapDelete, "map_delete_elem"},
    {Helper::kKtimeNs, "ktime_get_ns"},
    {Helper::kRandom, "get_prandom_u32"},
    {Helper::kCpu, "get_smp_processor_id"},
    {Helper::kPidTgid, "get_current_pid_tgid"},
    {Helper::kUidGid, "get_current_uid_gid"},
    {Helper::kComm, "get_current_comm"},
    {Helper::kCurrentTask, "get_current_task"},
    {Helper::kCgroupId, "get_current_cgroup_id"},
    {Helper::kReadUser, "probe_read_user"},
    {Helper::kReadKernel, "probe_read_kernel"},
    {Helper::kReadUserStr, "probe_read_user_str"},
    {Helper::kReadKernelStr, "probe_read_kernel_str"},
    {Helper::kJiffies64, "jiffies64"},
    {Helper::kKtimeBootNs, "ktime_get_boot_ns"},
    {Helper::kRingbufOutput, "ringbuf_output"},
    {Helper::kCurrentTaskBtf, "get_current_task_btf"},
    {Helper::kForEachElement, "for_each_map_elem"},
};

const char* SizeName(uint8_t code) {
  switch (code & 0x18) {
    case kSizeB:
      return "u8";
    case kSizeH:
      return "u16";
    case kSizeW:
      return "u32";
    default:
      return "u64";
  }
}

std::string Place(int reg, int off) { return fmt::format("(r{}{:+})", reg, off); }

const Relocation* RelocationAt(const Program& program, uint32_t insn) {
  for (const Relocation& relocation : program.relocations) {
    if (relocation.insn == insn) return &relocation;
  }
  return nullptr;
}

std::string WideText(const Program& program, uint32_t at) {
  const Insn& low = program.insns[at];
  const Insn& high = program.insns[at + 1];
  if (const Relocation* relocation = RelocationAt(program, at)) {
    switch (relocation->kind) {
      case Relocation::Kind::kRing:
        return "map ring";
      case Relocation::Kind::kScratch:
        return "map scratch";
      case Relocation::Kind::kSnapshot:
        return "map snapshot";
      case Relocation::Kind::kControl:
        return fmt::format("&control[{}]", high.imm);
      case Relocation::Kind::kRodata:
        return fmt::format("&rodata[{}]", high.imm);
      default:
        return fmt::format("map global {}", relocation->index);
    }
  }
  if (low.src == kPseudoFunction) return fmt::format("&function at {}", int64_t{at} + low.imm + 1);
  const uint64_t value = static_cast<uint32_t>(low.imm) | uint64_t{static_cast<uint32_t>(high.imm)}
                                                              << 32;
  return fmt::format("{:#x}", value);
}

std::string AluText(const Insn& insn) {
  const auto op = static_cast<Alu>(insn.code & 0xf0);
  const char* sign = kAluSigns[static_cast<size_t>(op) >> 4];
  if (op == Alu::kNeg) return fmt::format("r{0} = -r{0}", int{insn.dst});
  if (op == Alu::kEnd) return fmt::format("r{0} = be{1} r{0}", int{insn.dst}, insn.imm);
  const char* is_signed = insn.off == 1 ? "s" : "";
  if (insn.code & kFromReg) {
    return fmt::format("r{} {}{} r{}", int{insn.dst}, is_signed, sign, int{insn.src});
  }
  return fmt::format("r{} {}{} {}", int{insn.dst}, is_signed, sign, insn.imm);
}

std::string CallText(const Program& program, uint32_t at) {
  const Insn& insn = program.insns[at];
  if (insn.src == kPseudoKfunc) {
    const Relocation* relocation = RelocationAt(program, at);
    return "call " + (relocation != nullptr ? relocation->name : std::string("?"));
  }
  for (const HelperName& row : kHelperNames) {
    if (static_cast<int32_t>(row.helper) == insn.imm) return fmt::format("call {}", row.name);
  }
  return fmt::format("call {}", insn.imm);
}

std::string JumpText(const Program& program, uint32_t at) {
  const Insn& insn = program.insns[at];
  const auto op = static_cast<Jump>(insn.code & 0xf0);
  const int64_t to = int64_t{at} + 1 + insn.off;
  switch (op) {
    case Jump::kAlways:
      return fmt::format("goto {}", to);
    case Jump::kCall:
      return CallText(program, at);
    case Jump::kExit:
      return "exit";
    case Jump::kMayGoto:
      return fmt::format("may_goto {}", to);
    default:
      break;
  }
  const char* sign = kJumpSigns[static_cast<size_t>(op) >> 4];
  if (insn.code & kFromReg) {
    return fmt::format("if r{} {} r{} goto {}", int{insn.dst}, sign, int{insn.src}, to);
  }
  return fmt::format("if r{} {} {} goto {}", int{insn.dst}, sign, insn.imm, to);
}

std::string InsnText(const Program& program, uint32_t at) {
  const Insn& insn = program.insns[at];
  const char* size = SizeName(insn.code);
  switch (insn.code & 0x07) {
    case kLd:
      return fmt::format("r{} = {}", int{insn.dst}, WideText(program, at));
    case kLdx: {
      const char* is_signed = (insn.code & 0xe0) == kModeMemSigned ? "signed " : "";
      return fmt::format("r{} = {}{} {}", int{insn.dst}, is_signed, size,
                         Place(insn.src, insn.off));
    }
    case kSt:
      return fmt::format("{} {} = {}", size, Place(insn.dst, insn.off), insn.imm);
    case kStx:
      if ((insn.code & 0xe0) == kModeAtomic &&
          insn.imm == static_cast<int32_t>(Atomic::kCompareExchange)) {
        return fmt::format("r0 = lock {} {} if r0 = r{}", size, Place(insn.dst, insn.off),
                           int{insn.src});
      }
      if ((insn.code & 0xe0) == kModeAtomic) {
        return fmt::format("lock {} {} += r{}{}", size, Place(insn.dst, insn.off), int{insn.src},
                           (insn.imm & 1) != 0 ? " (fetch)" : "");
      }
      return fmt::format("{} {} = r{}", size, Place(insn.dst, insn.off), int{insn.src});
    case kJmp:
      return JumpText(program, at);
    default:
      return AluText(insn);
  }
}

}  // namespace

std::string Dump(const ir::Module& module, const Program& program) {
  std::string out;
  auto to = std::back_inserter(out);
  size_t line = 0;
  for (uint32_t at = 0; at < program.insns.size(); at++) {
    while (line < program.lines.size() && program.lines[line].insn <= at) {
      const ir::SiteId site = program.lines[line++].site;
      if (site >= module.sites.size()) continue;
      const ir::Site& place = module.sites[site];
      fmt::format_to(to, "; {}:{}:{} {}\n", place.file, place.line, place.column, place.near);
    }
    fmt::format_to(to, "{:5}  {}\n", at, InsnText(program, at));
    const Insn& insn = program.insns[at];
    if (insn.code == (kLd | kModeImm | kSizeDw) && at + 1 < program.insns.size()) at++;
  }
  fmt::format_to(to, "; {} instructions, {} bytes of scratch\n", program.insns.size(),
                 program.scratch_size);
  return out;
}

}  // namespace podtap::bpf
