// Where a program's virtual registers live, and what its scratch value holds.
//
// What enters: the program, its Flow and Layout. What leaves: a home for each
// register: an 8-byte slot of the 512-byte stack (i64, ptr), where the verifier
// tracks it exactly, or a place in the scratch value (str, chain, and the i64s
// that must look unknown or found no slot). Homes are shared by registers that
// are never alive together.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/result.h"
#include "bpf/compile.h"
#include "bpf/flow.h"
#include "ir/ir.h"
#include "ir/layout.h"

namespace podtap::bpf {

// Fixed places of the scratch value.
inline constexpr uint32_t kPosOffset = 0;    // bytes of the record so far
inline constexpr uint32_t kItemsOffset = 8;  // items in it
inline constexpr uint32_t kCellOffset = 16;  // 8-byte cells for values the verifier must forget
inline constexpr uint32_t kCells = 14;
inline constexpr uint32_t kDigitsOffset = kCellOffset + 8 * kCells;  // 64 bytes, then 32 zeroes
inline constexpr uint32_t kDigitsEnd = kDigitsOffset + 64;
inline constexpr uint32_t kOutOffset = kDigitsEnd + 32;
// A little room behind the record, so that a store of whole words stays inside.
inline constexpr uint32_t kOutSize = ir::kMaxRecord + 64;
inline constexpr uint32_t kChainBytes = 8 + ir::kMaxChain * sizeof(ir::ChainEntry);

struct Home {
  enum class Kind : uint8_t { kNone, kStack, kScratch } kind = Kind::kNone;
  int32_t offset = 0;  // from r10 (negative) or from the scratch value
};

struct Frame {
  std::vector<Home> homes;
  // Stack bytes below r10 that belong to the emitter of one instruction.
  static constexpr int32_t kTempA = -8, kTempB = -16, kTempC = -24;
  uint32_t key_offset = 0;    // a map's key is built here
  uint32_t value_offset = 0;  // a map's value
  uint32_t text_offset = 0;   // a string of any cap, with slack
  uint32_t build_offset = 0;  // another, to build a result that is its own operand in
  // What the last regular expression found: its groups or -1, the registers of the
  // automaton, and a copy of the text.
  uint32_t match_offset = 0;
  uint32_t match_registers = 0;
  uint32_t match_text_offset = 0;
  uint32_t match_text_cap = 8;
  uint32_t slack = 0;  // bytes behind each str, and behind the text
  uint32_t scratch_size = 0;
  // Of each of Module::iterations that the program begins: where its part of the
  // snapshot value is, and how many keys it holds.
  struct Snapshot {
    uint32_t offset = 0;
    uint32_t most = 0;
  };
  std::map<uint32_t, Snapshot> snapshots;
  uint32_t snapshot_size = 0;
};

inline constexpr uint32_t kMatchGroups = 0, kMatchRegisters = 8;

// A part of the snapshot value: these words, then the keys.
inline constexpr uint32_t kSnapshotCount = 0;  // keys in it
inline constexpr uint32_t kSnapshotNext = 8;   // the one to be given next
inline constexpr uint32_t kSnapshotLeft = 16;  // how many may still be given
inline constexpr uint32_t kSnapshotKeys = 24;

Result<Frame> MakeFrame(const ir::Module& module, const ir::Layout& layout,
                        const ir::Program& program, const Flow& flow, const Target& target);

}  // namespace podtap::bpf
