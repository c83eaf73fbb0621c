// The eBPF instruction set as numbers: Documentation/bpf/standardization and
// include/uapi/linux/bpf.h, copied as facts so that the room needs no header of
// the build machine (Debian 12's lacks the newer ones).
#pragma once

#include <cstdint>

namespace podtap::bpf {

// Registers by the role the compiler gives them.
inline constexpr int kR0 = 0, kR1 = 1, kR2 = 2, kR3 = 3, kR4 = 4, kR5 = 5;
inline constexpr int kCtx = 6;         // the program's context, for its whole life
inline constexpr int kScratchReg = 7;  // the scratch value, once it was looked up
inline constexpr int kR8 = 8, kR9 = 9;
inline constexpr int kFrame = 10;

// Classes.
inline constexpr uint8_t kLd = 0x00, kLdx = 0x01, kSt = 0x02, kStx = 0x03, kAlu32 = 0x04,
                         kJmp = 0x05, kJmp32 = 0x06, kAlu64 = 0x07;
inline constexpr uint8_t kFromReg = 0x08;
// Modes of loads and stores.
inline constexpr uint8_t kModeImm = 0x00, kModeMem = 0x60, kModeMemSigned = 0x80,
                         kModeAtomic = 0xc0;
// Sizes.
inline constexpr uint8_t kSizeW = 0x00, kSizeH = 0x08, kSizeB = 0x10, kSizeDw = 0x18;

enum class Alu : uint8_t {
  kAdd = 0x00,
  kSub = 0x10,
  kMul = 0x20,
  kDiv = 0x30,
  kOr = 0x40,
  kAnd = 0x50,
  kLsh = 0x60,
  kRsh = 0x70,
  kNeg = 0x80,
  kMod = 0x90,
  kXor = 0xa0,
  kMov = 0xb0,
  kArsh = 0xc0,
  kEnd = 0xd0,
};

enum class Jump : uint8_t {
  kAlways = 0x00,
  kEq = 0x10,
  kGt = 0x20,
  kGe = 0x30,
  kSet = 0x40,
  kNe = 0x50,
  kSgt = 0x60,
  kSge = 0x70,
  kCall = 0x80,
  kExit = 0x90,
  kLt = 0xa0,
  kLe = 0xb0,
  kSlt = 0xc0,
  kSle = 0xd0,
  kMayGoto = 0xe0,
};

enum class Atomic : int32_t { kAdd = 0x00, kFetchAdd = 0x01, kCompareExchange = 0xf1 };

// Pseudo sources of a 64-bit immediate and of a call.
inline constexpr uint8_t kPseudoMapFd = 1, kPseudoMapValue = 2, kPseudoKfunc = 2,
                         kPseudoFunction = 4;

// Helpers, by their numbers in enum bpf_func_id.
enum class Helper : int32_t {
  kMapLookup = 1,
  kMapUpdate = 2,
  kMapDelete = 3,
  kKtimeNs = 5,
  kRandom = 7,
  kCpu = 8,
  kPidTgid = 14,
  kUidGid = 15,
  kComm = 16,
  kCurrentTask = 35,
  kCgroupId = 80,
  kReadUser = 112,
  kReadKernel = 113,
  kReadUserStr = 114,
  kReadKernelStr = 115,
  kJiffies64 = 118,
  kKtimeBootNs = 125,
  kRingbufOutput = 130,
  kCurrentTaskBtf = 158,
  kForEachElement = 164,
};

// Flags of bpf_map_update_elem.
inline constexpr int32_t kUpdateAny = 0, kUpdateNoExist = 1;
// What it answers, negated: no room (a hash table, an LRU one); the key is there.
inline constexpr int32_t kTooBig = 7, kNoMemory = 12, kExists = 17;

}  // namespace podtap::bpf
