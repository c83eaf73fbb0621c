// The formats of printf and its kin, parsed once at compile time.
//
// What enters: lower/ parses the script's format text. What leaves: a list of
// pieces, which interp/ and print/ apply to values with FormatText, so that
// both executors print the same.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace podtap::ir {

// Text by number: signal and errno names. Entry i of `entries`; a number
// outside gives the number in hex ("0x25") when `hex_fallback`, else nothing.
struct StringTable {
  std::string name;
  std::vector<std::string> entries;
  bool hex_fallback = false;
};

// Appends the entry of that number.
void FormatTable(const StringTable& table, int64_t number, std::string& out);

struct Directive {
  enum class Conversion : uint8_t {
    kLiteral,     // `text` as it is
    kDecimal,     // %d %i
    kUnsigned,    // %u
    kHex,         // %x
    kHexUpper,    // %X
    kOctal,       // %o
    kBinary,      // %b: the value's low `precision` (1 2 4 8, default 8) bytes, raw
    kPointer,     // %p: 0x and hex, no padding
    kString,      // %s
    kChar,        // %c: one byte; 0 prints nothing
    kMemory,      // %m: `precision` bytes of memory, raw
    kMemoryHex,   // %M: the same as hex digits
    kChain,       // a captured ancestry without times (made by lower, not written)
    kChainTimes,  // with times
    kTable,       // entry of `table` (a signal's name; made by lower)
  } conversion = Conversion::kLiteral;
  std::string text;                          // of kLiteral; "%%" is folded into it
  bool left = false;                         // -
  bool zero = false;                         // 0
  bool plus = false;                         // +
  bool space = false;                        // ' '
  bool alternate = false;                    // #
  int32_t width = -1;                        // -1 none, -2 taken from the next argument (*)
  int32_t precision = -1;                    // the same
  uint32_t table_index = 0;                  // of kTable: into Module::tables
  std::shared_ptr<const StringTable> table;  // that very table
};

inline constexpr int32_t kFromArgument = -2;

struct Format {
  std::vector<Directive> pieces;
  // Set for print(), println() and the like, whose text needs no format.
  bool to_stderr = false;
};

// One entry of a chain, as it stands in events: 24 bytes.
struct ChainEntry {
  char comm[16];      // NUL-terminated unless full
  uint64_t start_ns;  // start_boottime, CLOCK_BOOTTIME
};
inline constexpr uint32_t kMaxChain = 32;  // levels kept

// A value to format. For a chain, `text` holds the bytes of its ChainEntries,
// own task first, root last.
struct FormatValue {
  int64_t number = 0;
  std::string_view text;
  bool literal = false;  // text that stands in the script itself: never escaped
};

// Parses SystemTap's format text. On a mistake returns false and says what in
// `error` ("invalid conversion specifier", …) and where in `offset`.
bool ParseFormat(std::string_view text, Format& format, std::string& error, size_t& offset);

// How many arguments the format takes, `*` included, and of which kind each is
// ('d' long, 's' string, 'm' address, 'c' chain).
std::string ArgumentKinds(const Format& format);

// Appends the text. `values` has one entry an argument, in ArgumentKinds' order.
void FormatText(const Format& format, std::span<const FormatValue> values, std::string& out);

// The same, piece by piece: takes what `piece` needs off the front of `values`.
void FormatPiece(const Directive& piece, std::span<const FormatValue>& values, std::string& out);

// FormatText for a terminal: control characters (other than \n and \t) and
// invalid UTF-8 that come from values are shown as \x1b. The format's own text
// and literal values pass as they are, so a script may still set a colour.
void FormatTextEscaped(const Format& format, std::span<const FormatValue> values, std::string& out);
void FormatPieceEscaped(const Directive& piece, std::span<const FormatValue>& values,
                        std::string& out);

// task_ancestry's text, root first:
// "swapper/0(0m0.000000000s)=>systemd(0m0.080000000s)=>pkill(33475m5.202486630s)".
void FormatChain(std::string_view entries, bool with_times, std::string& out);

}  // namespace podtap::ir
