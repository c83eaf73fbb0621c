// The memory that kernel programs and user space share: the control block, the
// values of globals, and the records in the ring buffer.
//
// Both sides compute it from the Module alone, so that bpf/ (which writes
// records), events/ (which reads them), attach/ (which makes the maps) and
// interp/ agree without talking to each other. All numbers are little-endian
// or native; all offsets are multiples of 8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/ir.h"

namespace podtap::ir {

// ------------------------------------------------------------ control block
// The first bytes of the one-element, mmap-able array map "control". Scalars
// of kernel-side globals follow at kControlSize (see Layout::scalar_offset).
struct Control {
  uint64_t state = 0;            // 0: probes run; 1: exit() or an error; programs return at once
  uint64_t lost_records = 0;     // ring full: records dropped
  uint64_t lost_items = 0;       // prints, events and errors in them
  uint64_t error_count = 0;      // run-time errors raised in the kernel
  uint64_t skipped = 0;          // probe hits not run (reserved)
  uint64_t insert_sequence = 0;  // next array element's order of insertion
  int64_t real_offset_ns = 0;    // CLOCK_REALTIME - CLOCK_MONOTONIC at load
  int64_t target_pid = 0;        // target()
  int64_t random_state = 0;
  int64_t reserved[7] = {};
};
inline constexpr uint32_t kControlSize = 128;
static_assert(sizeof(Control) == kControlSize);

// ------------------------------------------------------------ array elements
// Key: each key in order, an i64 as 8 bytes, a str as its cap bytes.
// Value: {value, sequence, stamp}: the value (8 bytes, cap bytes, or a StatValue
// and its buckets), then the u64 order of insertion; behind a string a u64 that no
// other write of any string has, by which a reader knows that what it copied is
// one string and this element's (docs/decisions/0022-whole-strings.md).
struct StatValue {
  int64_t count = 0, sum = 0;
  uint64_t least = 0, greatest = 0;            // min and max, coded: see statistics.h
  uint64_t sum_high = 0;                       // for @variance: the sum's upper half …
  uint64_t squares_low = 0, squares_high = 0;  // … and the sum of squares
};
inline constexpr uint32_t kLogBuckets = 128;  // @hist_log's, as SystemTap has them

uint32_t KeySize(const Global& global);
uint32_t ValueSize(const Global& global);       // with sequence and stamp
uint32_t SequenceOffset(const Global& global);  // of the u64 in the value
uint32_t StampOffset(const Global& global);     // the same; only a string has one

// ------------------------------------------------------------------- scalars
// A long stands as its 8 bytes. Strings and statistics stand twice, behind a u64
// whose lowest bit says which of the two holds; it is counted up to change over.
//   a string: only user space writes it, into the one that doesn't hold; a reader
//     that finds the count unchanged behind its copy has a whole string. (One that
//     kernel programs write is an array of one element: see BoxStrings.)
//   statistics: deleting them zeroes the other one and changes over, so that a
//     push that is under way ends in what was deleted.
inline constexpr uint32_t kTurnSize = 8;        // the u64
uint32_t ScalarSize(const Global& global);      // all of it
uint32_t ScalarSlotSize(const Global& global);  // of each of the two, or 8

// ------------------------------------------------------------------- records
// A record is what one hit of a probe wrote: a header and items, each an
// ItemHeader and its fields. A record never splits an item; a hit that writes
// more than kMaxRecord bytes makes several records.
struct RecordHeader {
  uint64_t time_ns = 0;  // CLOCK_BOOTTIME (monotonic where there is no helper for it)
  uint32_t program = 0;  // index into Module::programs
  uint32_t cpu = 0;
  uint32_t pid = 0;  // host tgid of current
  uint32_t tid = 0;
};
struct ItemHeader {
  uint32_t item = 0;  // index into Layout::items
  uint32_t size = 0;  // bytes of the item with this header
};
inline constexpr uint32_t kMaxRecord = 4096;
// A str of at most this cap stands in the record as its cap bytes; a larger one
// as a u64 length and its bytes without the NUL, padded to 8.
inline constexpr uint32_t kMaxInlineString = 64;

// What one kPrint, kEvent, kError, kWarn, kLog or kExit instruction writes.
struct Item {
  Op op = Op::kPrint;
  uint32_t index = 0;  // Instr::imm: format or event type
  SiteId site = kNone;
  struct Field {
    enum class Kind : uint8_t {
      kConstant,      // an immediate or a literal: not in the record
      kLong,          // 8 bytes
      kInlineString,  // cap bytes
      kLongString,    // u64 length, bytes padded to 8
      kChain,         // u64 count of entries, ChainEntry each
    } kind = Kind::kLong;
    uint32_t cap = 0;
    Operand constant;
  };
  std::vector<Field> fields;
  uint32_t max_size = 0;  // bytes at most, with the ItemHeader
};

// A regular expression's tables in rodata, one behind the other: the class of each
// byte (u8), the next states and, with captures, the transitions' lists of moves (u16:
// which pair of the pool it begins with), and the pool: pairs (to, from), an
// end after each list. A little room behind, so that a state and a byte that is no
// class stay inside.
struct RegexPlace {
  uint32_t classes = 0;  // offset in rodata
  uint32_t next = 0;
  uint32_t moves = 0;
  uint32_t pool = 0;
  uint32_t pool_pairs = 0;
  uint16_t start_list = 0;
};
inline constexpr uint8_t kListEnd = 255;  // in place of `to`

struct Layout {
  // Items of all kernel-side programs, in order of program, block, instruction.
  std::vector<Item> items;
  // item_of[program][block][instr] → index into items, or kNone. Only for
  // kernel-side programs; others are empty.
  std::vector<std::vector<std::vector<uint32_t>>> item_of;
  // Offset in the control map of a kernel-side scalar; kNone for arrays and for
  // globals that user space keeps for itself.
  std::vector<uint32_t> scalar_offset;
  uint32_t control_map_size = kControlSize;
  // All literals and tables, in the frozen map "rodata".
  std::vector<uint32_t> literal_offset;  // of each literal, zero-padded to 8 bytes at least
  std::vector<uint32_t> literal_cap;     // its padded size
  std::vector<uint32_t> table_offset;    // of each table's first entry
  std::vector<uint32_t> table_stride;    // bytes an entry (its cap)
  std::vector<RegexPlace> regexes;       // of each regular expression
  uint32_t zero_offset = 0;              // zeroes, enough for a new statistics element
  std::vector<uint8_t> rodata;
};

// Needs caps: call after InferCaps. `all_in_kernel` lays out every program and
// global as if kernel-side (the differential tests).
Layout MakeLayout(const Module& module, bool all_in_kernel = false);

// The ring buffer as mapped: the consumer's position (ours to write), the
// producer's, and the data, mapped once (not twice: half the memory).
struct RingView {
  volatile uint64_t* consumer = nullptr;
  const volatile uint64_t* producer = nullptr;
  const uint8_t* data = nullptr;
  uint64_t size = 0;  // a power of two
  int fd = -1;        // for poll
};

}  // namespace podtap::ir
