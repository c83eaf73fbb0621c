// The program between the language and its two executors.
//
// What enters: lower/ builds a Module. What leaves: bpf/ turns the kernel-side
// programs into eBPF, interp/ runs the user-side ones; both must mean the same.
// dump.h prints a Module as text and reads it back, verify.h checks it.
//
// A Program is a control-flow graph of basic blocks over virtual registers
// that may be assigned many times (no SSA). Every register has one type:
//
//   i64    a SystemTap long
//   ptr    a pointer to a kernel struct whose BTF type is known, so that the
//          kernel verifier lets it be loaded through directly
//   str    a SystemTap string: a buffer of `cap` bytes, always NUL-terminated
//          and zero-padded to its end, so that strings compare, hash and copy
//          as words. `cap` is a multiple of 8; 0 until caps.h has inferred it
//   chain  a captured list of (comm, start time), root last: the raw form of
//          task_ancestry(), formatted by the reader of the event
//
// Registers start as 0, the empty string or the empty chain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ir/format.h"
#include "regex/automaton.h"
#include "source/diagnostic.h"
#include "source/source.h"

namespace podtap::ir {

using Reg = uint32_t;
using BlockId = uint32_t;
using SiteId = uint32_t;  // index into Module::sites
inline constexpr Reg kNoReg = UINT32_MAX;
inline constexpr uint32_t kNone = UINT32_MAX;

enum class Type : uint8_t { kI64, kPtr, kStr, kChain };

struct RegInfo {
  Type type = Type::kI64;
  uint32_t cap = 0;     // of a str, in bytes with the NUL
  uint32_t btf_id = 0;  // of a ptr: the struct it points to, in vmlinux's BTF
  std::string name;     // for dumps; may be empty
};

// A value that an instruction reads.
struct Operand {
  enum class Kind : uint8_t { kReg, kImm, kLiteral } kind = Kind::kImm;
  Reg reg = kNoReg;
  int64_t imm = 0;  // the number, or the index into Module::literals
  static Operand R(Reg r) { return {.kind = Kind::kReg, .reg = r, .imm = 0}; }
  static Operand I(int64_t v) { return {Kind::kImm, kNoReg, v}; }
  static Operand L(uint32_t literal) { return {Kind::kLiteral, kNoReg, literal}; }
  bool is_reg() const { return kind == Kind::kReg; }
  bool is_imm() const { return kind == Kind::kImm; }
  bool is_literal() const { return kind == Kind::kLiteral; }
  friend bool operator==(const Operand&, const Operand&) = default;
};

// Shapes below: d is dst, d2 is dst2, a b c … are args in order. "lit" is a
// literal operand. An operand of type i64 may be an immediate, one of type str
// may be a literal.
enum class Op : uint8_t {
  // -- longs
  kMove,  // d = a (i64←i64|imm, ptr←ptr, str←str|lit, chain←chain)
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,  // signed, towards zero; b ≠ 0 was checked before; MIN / -1 = MIN, MIN % -1 = 0
  kAnd,
  kOr,
  kXor,
  kShl,
  kShr,
  kShrLogical,  // the count is taken modulo 64; kShr is arithmetic
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,        // signed, 0 or 1; kEq and kNe also take ptr against imm 0
  kPtrToInt,  // d:i64 = the address in a:ptr
  kPtrOk,     // d:i64 = 0 when a:ptr is null or in the first page (a NULL, an error or a small
              // number such as SEND_SIG_PRIV), else 1. Always the last instruction of its
              // block, whose branch tests d, and bpf/ must fuse the two (`if p == 0 goto else;
              // if p < 4096 goto else`): it is how the verifier learns that p isn't null. Loads
              // through trusted arguments don't survive a fault, so each is guarded by it.

  // -- where the probe is
  kArg,      // d = argument `imm` of the probe (tp_btf: ctx[imm], a full 64-bit word)
  kContext,  // d = ContextValue(imm); kComm gives a str, kCurrentTask a ptr

  // -- kernel memory
  kLoad,           // d = *(a:ptr + imm), `size` 1 2 4 8 bytes, `is_signed`; d may be ptr (size 8).
                   // Can't fail: a fault reads as 0
  kLoadStr,        // d:str = char[size] at a:ptr + imm (a comm), up to its NUL
  kReadKernel,     // d = *(a:i64), `size`, `is_signed`; d2:i64 = 0, or 1 after a fault
  kReadUser,       // the same from the current task's memory
  kReadKernelStr,  // d:str from address a:i64, at most b bytes (imm -1: as many as fit); d2 = fault
  kReadUserStr,    // the same from the current task's memory
  kReadKernelBytes,  // d:str = b raw bytes at address a, for %m and %M; d2 = fault
  kTaskFromPid,      // d:i64 = address of the task whose host pid is a, or 0
  kChainCapture,     // d:chain = comm and start_boottime of task a (ptr, or i64: its address, read
                     // by helper) and of its real_parents, the root (pid 0) included
  kChainText,        // d:str = text of a:chain, imm 1: with times (task_ancestry's format)

  // -- strings
  kStrLen,      // d:i64 = bytes before the NUL of a
  kStrByte,     // d:i64 = byte b of a, 0 beyond its end or for b < 0
  kStrSetByte,  // d:str: its byte a = b & 255. Bytes beyond the cap are dropped
  kStrSub,      // d:str = a from byte b, at most c bytes (b, c clamped to the string)
  kStrAppend,   // d:str += a, at d2:i64, the end so far (0 at first), which moves on; cut at cap
  kStrEq,
  kStrNe,  // d:i64 = a == b
  kStrLt,
  kStrLe,
  kStrGt,
  kStrGe,        // by unsigned bytes
  kStrTable,     // d:str = entry a of Module::tables[imm], or entry 0's fallback: see StringTable
  kFormat,       // d:str = Module::formats[imm] applied to args (sprintf and its kin)
  kRegexTest,    // d:i64 = Module::regexes[imm] is found in a:str
  kRegexMatch,   // the same, and what it found is the program's last match
  kRegexForget,  // there is no last match
  kRegexGroup,   // d:str = group a of the last match; d2:i64 = 0, 1 without a match, 2 when it
                 // has no such group
  kRegexGroups,  // d:i64 = how many groups the last match has, -1 without one

  // -- globals and arrays: imm is the index into Module::globals
  kGlobalLoad,    // d = global
  kGlobalStore,   // global = a
  kGlobalAdd,     // atomically: d = global (before), global += a; d may be kNoReg
  kMapGet,        // d = global[args…] (0 or "" if absent); d2:i64 = found, may be kNoReg
  kMapSet,        // global[args[1..]] = args[0]; d2:i64 = 0, or 1 when the array is full
  kMapAdd,        // atomically: d = value before, += args[0], keys args[1..]; d2 = full
  kMapHas,        // d:i64 = [args…] in global
  kMapDelete,     // delete global[args…]
  kMapClear,      // delete global: an array or a scalar
  kMapClearSome,  // delete the elements that pass the filters of iterations[aux]
  kMapHasSome,    // d:i64 = some element passes the filters of iterations[aux]
  kStatPush,      // global[args[1..]] <<< args[0]; d2:i64 = full
  kStatGet,       // d:i64 = StatField(aux) of global[args…]; d2:i64 = found (0: empty)
  kStatBucket,    // d:i64 = count in bucket args[0] of the histogram; `aux` HistogramKind
  // Snapshot of global, sorted: aux → Module::iterations; args[0] limit (imm -1 none).
  // In the kernel: of its keys, unsorted.
  kIterBegin,
  // d:i64 = 1, or 0 at the end; d2:i64 = 1 and the iteration's registers set, or 0 when
  // the element is gone meanwhile (in the kernel); aux as above.
  kIterNext,

  // -- what leaves the program
  kPrint,      // Module::formats[imm] applied to args → an event (or text at once in user space)
  kHistogram,  // prints the histogram of global[args…]; aux is HistogramKind
  kEvent,      // Module::events[imm] with args, one a field
  kExit,       // the session ends after this probe
  // The next three make their text as kPrint does: Module::formats[imm] applied to args.
  kError,      // run-time error with that message, at `site`; the session ends
  kWarn,       // warn(): "WARNING: text\n" on stderr
  kLog,        // log(): "text\n" on stdout
  kSetTarget,  // target_set_pid and such: reserved
};

enum class ContextValue : uint8_t {
  kPid,  // host tgid of current
  kTid,  // host pid (thread) of current
  kUid,
  kGid,  // real uid and gid, in the initial user namespace
  kCpu,
  kMonotonicNs,  // CLOCK_MONOTONIC
  kBootNs,       // CLOCK_BOOTTIME
  kRealNs,       // CLOCK_REALTIME (in the kernel: monotonic + an offset set at load)
  kJiffies,
  kCycles,       // a cycle counter, or the monotonic clock where there is none
  kRandom,       // 32 random bits
  kCgroupId,     // cgroup 2 id of current
  kCurrentTask,  // ptr
  kComm,         // str, cap 16
  kTarget,       // target(): -x's or -c's pid
  kStack,        // user or kernel stack id: reserved
};

enum class StatField : uint8_t { kCount, kSum, kMin, kMax, kAvg, kVariance };
// A set of them: which of a statistic's fields somebody asks for. Only those are
// kept, besides the count, which says whether there is anything.
using StatFields = uint8_t;
constexpr StatFields FieldBit(StatField field) {
  return static_cast<StatFields>(1u << static_cast<unsigned>(field));
}
inline constexpr StatFields kAllStatFields = 0x3f;
enum class HistogramKind : uint8_t { kLog, kLinear };

struct Instr {
  Op op = Op::kMove;
  Reg dst = kNoReg;
  Reg dst2 = kNoReg;
  std::vector<Operand> args;
  int64_t imm = 0;
  uint32_t aux = 0;
  uint8_t size = 8;        // of a load; 0 < size <= 255 (kLoadStr: length of the char array)
  bool is_signed = false;  // of a load
  SiteId site = kNone;     // the script's place, for line information and errors
};

// How a block ends.
struct Terminator {
  enum class Kind : uint8_t {
    kReturn,
    kJump,    // to then_block
    kBranch,  // to then_block if cond ≠ 0, else to else_block
    // At a loop's head: goes on to then_block; a kernel whose verifier must
    // see a bound may leave for else_block after some millions of rounds.
    kLoopGuard,
  } kind = Kind::kReturn;
  Operand cond;
  BlockId then_block = kNone;
  BlockId else_block = kNone;
  SiteId site = kNone;
};

struct Block {
  std::vector<Instr> instrs;
  Terminator end;
};

// A place in the script, for line information and run-time errors.
struct Site {
  source::Span span;
  source::TokenClass token = source::TokenClass::kIdentifier;
  std::string near;   // "operator '/' at div.stp:1:58": all that a message needs
  uint32_t line = 0;  // 1-based
  uint32_t column = 0;
  std::string file;
};

// ---------------------------------------------------------------- attachment

struct AttachBegin {
  int64_t order = 0;
};
struct AttachEnd {
  int64_t order = 0;
};
struct AttachError {
  int64_t order = 0;
};
struct AttachNever {};
// Fires every interval_ns ± up to randomize_ns, in user space.
struct AttachTimer {
  int64_t interval_ns = 0;
  int64_t randomize_ns = 0;
};
// A BTF-typed raw tracepoint. btf_id is that of the typedef btf_trace_NAME.
struct AttachTracepoint {
  std::string subsystem;
  std::string name;
  uint32_t btf_id = 0;
};
// timer.profile: on every CPU, at a frequency in Hz, in the kernel.
struct AttachProfile {
  int64_t frequency_hz = 1000;
};

// No probe: a program that the store of globals runs in the kernel, so that an
// operation on an element that user space asks for is one step there. Its
// parameters and results are globals: the keys, then the number, then `before`
// and `full` (see kMapAdd).
struct AttachCall {
  Op op = Op::kMapAdd;  // or kStatPush
  uint32_t global = 0;
  uint32_t first_key = 0;  // the parameters' first global
  uint32_t key_count = 0;
  uint32_t number() const { return first_key + key_count; }
  uint32_t before() const { return number() + 1; }
  uint32_t full() const { return number() + 2; }
};

using AttachSpec = std::variant<AttachBegin, AttachEnd, AttachError, AttachNever, AttachTimer,
                                AttachTracepoint, AttachProfile, AttachCall>;
inline bool IsKernelSide(const AttachSpec& spec) {
  return std::holds_alternative<AttachTracepoint>(spec) ||
         std::holds_alternative<AttachProfile>(spec) || std::holds_alternative<AttachCall>(spec);
}

struct Program {
  std::string name;     // the probe point as messages show it: `kernel.trace("signal_generate")`
  std::string written;  // as the user wrote it: `signal.send` (pp() and JSON's "probe")
  AttachSpec attach;
  std::vector<RegInfo> regs;
  std::vector<Block> blocks;  // block 0 is the entry
  SiteId site = kNone;
};

// ---------------------------------------------------------------------- data

enum class ValueType : uint8_t { kLong, kString, kStats };

struct Global {
  std::string name;
  ValueType value = ValueType::kLong;
  uint32_t value_cap = 0;  // of a string value
  struct Key {
    Type type = Type::kI64;
    uint32_t cap = 0;
  };                      // kI64 or kStr
  std::vector<Key> keys;  // empty: a scalar
  uint32_t max_entries = 2048;
  bool wrap = false;
  int64_t init_long = 0;
  std::string init_string;
  // Kernel-side programs touch it, so it must live in a BPF map (or in the
  // shared page of long scalars). Otherwise interp may keep it for itself.
  bool in_kernel = false;
  // A string scalar of the script that is an array here, with one element under
  // key 0: see BoxStrings.
  bool boxed = false;
  bool print_at_end = false;  // written, never read
  bool log_histogram = false;
  struct Linear {
    int64_t low = 0, high = 0, step = 1;
  };
  std::optional<Linear> linear_histogram;
  StatFields stat_fields = kAllStatFields;
  bool is_array() const { return !keys.empty(); }
};

// One foreach: which array, how sorted, into which registers.
struct Iteration {
  uint32_t global = 0;
  int sort_direction = 0;  // 1 ascending, -1 descending, 0 in the order of insertion
  int sort_column = 0;     // 0: by value; 1..n: by that key
  StatField sort_stat = StatField::kCount;
  std::vector<Reg> key_regs;
  Reg value_reg = kNoReg;
  // Slices: one operand a key, or an imm operand with `any` set.
  struct Filter {
    bool any = true;
    Operand value;
  };
  std::vector<Filter> filters;
  uint32_t most = UINT32_MAX;  // elements that the loop can walk over before MAXACTION ends it
};

// A structured event: a name and named, typed fields.
struct EventType {
  std::string name;
  struct Field {
    std::string name;
    Type type = Type::kI64;
  };
  std::vector<Field> fields;
};

struct Limits {
  uint32_t max_string = 512;         // MAXSTRINGLEN, with the NUL
  uint32_t max_action = 1000;        // MAXACTION, kernel-side probes
  uint32_t max_action_user = 10000;  // begin, end, error, timers: ten times that
  uint32_t max_map_entries = 2048;   // MAXMAPENTRIES
  uint32_t max_nesting = 10;         // MAXNESTING: recursion in user space
  uint32_t max_errors = 0;           // MAXERRORS
};

struct Module {
  std::vector<std::string> literals;
  std::vector<Format> formats;
  std::vector<Global> globals;
  std::vector<EventType> events;
  std::vector<StringTable> tables;
  std::vector<regex::Automaton> regexes;  // with captures where kRegexMatch uses them
  std::vector<Iteration> iterations;
  std::vector<Site> sites;
  std::vector<Program> programs;
  Limits limits;
  int64_t target_pid = 0;
};

// What each op is called in dumps, and its shape; one row an op (ops.cc).
struct OpInfo {
  Op op;
  const char* name;
  bool has_side_effect;  // must not be removed, moved or repeated
  bool user_only;        // runs in interp only; lower refuses it in kernel probes
};
const OpInfo& Info(Op op);

// Whether an instruction runs in interp only: its op does, or what it asks of it
// (an order for foreach, a variance).
bool NeedsUserSpace(const Module& module, const Instr& instr);
// Whether a program is compiled for the kernel. `all_in_kernel`: the user-side ones
// too, as far as they can run there (the differential tests).
bool RunsInKernel(const Module& module, const Program& program, bool all_in_kernel);

}  // namespace podtap::ir
