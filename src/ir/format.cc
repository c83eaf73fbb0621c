#include "ir/format.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/escape.h"

namespace podtap::ir {
namespace {

using Conversion = Directive::Conversion;

// A width or precision above this is cut: a format must not be a way to fill
// memory. SystemTap's own print buffer ends at 8192 bytes.
constexpr int32_t kMaxWidth = 8192;

struct ConversionLetter {
  char letter;
  Conversion conversion;
};
constexpr ConversionLetter kLetters[] = {
    {'d', Conversion::kDecimal}, {'i', Conversion::kDecimal},  {'u', Conversion::kUnsigned},
    {'x', Conversion::kHex},     {'X', Conversion::kHexUpper}, {'o', Conversion::kOctal},
    {'b', Conversion::kBinary},  {'p', Conversion::kPointer},  {'s', Conversion::kString},
    {'c', Conversion::kChar},    {'m', Conversion::kMemory},   {'M', Conversion::kMemoryHex},
};

class FormatParser {
 public:
  FormatParser(std::string_view text, Format& format) : text_(text), format_(format) {}

  // The offset of the directive that is wrong, or npos.
  size_t Parse() {
    while (at_ < text_.size()) {
      const size_t percent = std::min(text_.find('%', at_), text_.size());
      Literal(text_.substr(at_, percent - at_));
      at_ = percent;
      if (at_ == text_.size()) break;
      at_++;
      if (Peek() == '%') {
        Literal("%");
        at_++;
      } else if (!ParseDirective()) {
        return percent;
      }
    }
    return std::string_view::npos;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void Literal(std::string_view text) {
    if (text.empty()) return;
    if (format_.pieces.empty() || format_.pieces.back().conversion != Conversion::kLiteral) {
      format_.pieces.emplace_back();
    }
    format_.pieces.back().text += text;
  }

  bool ParseDirective() {
    Directive piece;
    ParseFlags(piece);
    piece.width = ParseNumber();
    if (Peek() == '.') {
      at_++;
      piece.precision = ParseNumber();
      if (piece.precision == -1) piece.precision = 0;  // "%.d", as in C
    }
    // C's length modifiers change nothing: every number has 64 bits.
    while (at_ < text_.size() && std::string_view("lhzj").contains(text_[at_])) at_++;
    const auto* found = std::ranges::find(kLetters, Peek(), &ConversionLetter::letter);
    if (found == std::end(kLetters)) return false;
    piece.conversion = found->conversion;
    at_++;
    format_.pieces.push_back(std::move(piece));
    return true;
  }

  void ParseFlags(Directive& piece) {
    for (; at_ < text_.size(); at_++) {
      switch (text_[at_]) {
        case '-':
          piece.left = true;
          break;
        case '0':
          piece.zero = true;
          break;
        case '+':
          piece.plus = true;
          break;
        case ' ':
          piece.space = true;
          break;
        case '#':
          piece.alternate = true;
          break;
        default:
          return;
      }
    }
  }

  // -1: there is no number here.
  int32_t ParseNumber() {
    if (Peek() == '*') {
      at_++;
      return kFromArgument;
    }
    int32_t number = -1;
    for (; Peek() >= '0' && Peek() <= '9'; at_++) {
      number = std::min(std::max(number, 0) * 10 + (Peek() - '0'), kMaxWidth);
    }
    return number;
  }

  std::string_view text_;
  Format& format_;
  size_t at_ = 0;
};

constexpr std::array<char, 200> kTwoDigits = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; i++) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

constexpr size_t kMaxDigits = 24;  // 22 octal digits of 64 bits

// Digits written backwards before `end`; returns the first.
char* DecimalBefore(char* end, uint64_t number) {
  while (number >= 100) {
    end -= 2;
    std::memcpy(end, &kTwoDigits[number % 100 * 2], 2);
    number /= 100;
  }
  if (number >= 10) {
    end -= 2;
    std::memcpy(end, &kTwoDigits[number * 2], 2);
  } else {
    *--end = static_cast<char>('0' + number);
  }
  return end;
}

char* PowerBefore(char* end, uint64_t number, int bits, const char* digits) {
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  do {
    *--end = digits[number & mask];
    number >>= bits;
  } while (number != 0);
  return end;
}

void AppendDecimal(int64_t number, std::string& out) {
  char buffer[kMaxDigits];
  char* const end = buffer + sizeof buffer;
  const auto magnitude = static_cast<uint64_t>(number);
  char* begin = DecimalBefore(end, number < 0 ? 0 - magnitude : magnitude);
  if (number < 0) *--begin = '-';
  out.append(begin, end);
}

constexpr const char* kLower = "0123456789abcdef";
constexpr const char* kUpper = "0123456789ABCDEF";

// What stands around a directive's text, with `*` already taken.
struct Shape {
  bool left = false;
  int32_t width = -1;
  int32_t precision = -1;
};

void Pad(int64_t count, char with, std::string& out) {
  if (count > 0) out.append(static_cast<size_t>(count), with);
}

void AppendPadded(std::string_view text, const Shape& shape, char with, std::string& out) {
  const int64_t missing = shape.width - static_cast<int64_t>(text.size());
  if (!shape.left) Pad(missing, with, out);
  out.append(text);
  if (shape.left) Pad(missing, with, out);
}

// As the kernel's older vsprintf, which SystemTap's follows: zeros fill the
// width even where a precision is given, and # shows its prefix for 0 too.
void AppendNumber(const Directive& piece, const Shape& shape, int64_t value, std::string& out) {
  char buffer[kMaxDigits];
  char* const end = buffer + sizeof buffer;
  char* begin = nullptr;
  auto number = static_cast<uint64_t>(value);
  char sign = '\0';
  std::string_view prefix;
  switch (piece.conversion) {
    case Conversion::kDecimal:
      sign = value < 0 ? '-' : piece.plus ? '+' : piece.space ? ' ' : '\0';
      begin = DecimalBefore(end, value < 0 ? 0 - number : number);
      break;
    case Conversion::kOctal:
      if (piece.alternate) prefix = "0";
      begin = PowerBefore(end, number, 3, kLower);
      break;
    case Conversion::kHexUpper:
      if (piece.alternate) prefix = "0X";
      begin = PowerBefore(end, number, 4, kUpper);
      break;
    case Conversion::kHex:
    case Conversion::kPointer:
      if (piece.alternate || piece.conversion == Conversion::kPointer) prefix = "0x";
      begin = PowerBefore(end, number, 4, kLower);
      break;
    default:
      begin = DecimalBefore(end, number);
      break;
  }
  const int64_t digits = end - begin;
  const int64_t shown = std::max<int64_t>(digits, shape.precision);
  const int64_t missing = shape.width - shown - static_cast<int64_t>(prefix.size()) - (sign != 0);
  const bool zeros = piece.zero && !shape.left;
  if (!shape.left && !zeros) Pad(missing, ' ', out);
  if (sign != 0) out.push_back(sign);
  out.append(prefix);
  if (zeros) Pad(missing, '0', out);
  Pad(shown - digits, '0', out);
  out.append(begin, end);
  if (shape.left) Pad(missing, ' ', out);
}

bool IsBinarySize(int32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

void AppendBinary(const Shape& shape, int64_t value, std::string& out) {
  int32_t size = 8;
  if (IsBinarySize(shape.precision)) {
    size = shape.precision;
  } else if (shape.precision < 0 && IsBinarySize(shape.width)) {
    size = shape.width;
  }
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);  // little-endian, as all machines we run on
  AppendPadded({bytes, static_cast<size_t>(size)}, shape, '\0', out);
}

void AppendMemory(const Directive& piece, const Shape& shape, std::string_view memory,
                  std::string& out) {
  const int32_t wanted = shape.precision < 0 ? 1 : shape.precision;
  memory = memory.substr(0, static_cast<size_t>(wanted));
  if (piece.conversion == Conversion::kMemory) return AppendPadded(memory, shape, ' ', out);
  const int64_t missing = shape.width - 2 * static_cast<int64_t>(memory.size());
  if (!shape.left) Pad(missing, ' ', out);
  for (char c : memory) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kLower[byte >> 4]);
    out.push_back(kLower[byte & 15]);
  }
  if (shape.left) Pad(missing, ' ', out);
}

// A hostile or mistaken caller with too few values reads zeros.
const FormatValue& Next(std::span<const FormatValue>& values) {
  static const FormatValue kNothing;
  if (values.empty()) return kNothing;
  const FormatValue& value = values.front();
  values = values.subspan(1);
  return value;
}

int32_t Clamp(int64_t number) {
  return static_cast<int32_t>(std::clamp<int64_t>(number, -kMaxWidth, kMaxWidth));
}

Shape TakeShape(const Directive& piece, std::span<const FormatValue>& values) {
  Shape shape{.left = piece.left, .width = piece.width, .precision = piece.precision};
  if (piece.width == kFromArgument) {
    shape.width = Clamp(Next(values).number);
    if (shape.width < 0) {
      shape.left = true;
      shape.width = -shape.width;
    }
  }
  if (piece.precision == kFromArgument) {
    shape.precision = std::max(Clamp(Next(values).number), -1);
  }
  return shape;
}

void AppendDirective(const Directive& piece, std::span<const FormatValue>& values,
                     std::string& out) {
  const Shape shape = TakeShape(piece, values);
  const FormatValue& value = Next(values);
  const bool plain = shape.width < 0 && shape.precision < 0;
  switch (piece.conversion) {
    case Conversion::kLiteral:
      break;
    case Conversion::kDecimal:
      if (plain && !piece.plus && !piece.space) return AppendDecimal(value.number, out);
      return AppendNumber(piece, shape, value.number, out);
    case Conversion::kUnsigned:
    case Conversion::kHex:
    case Conversion::kHexUpper:
    case Conversion::kOctal:
    case Conversion::kPointer:
      return AppendNumber(piece, shape, value.number, out);
    case Conversion::kBinary:
      return AppendBinary(shape, value.number, out);
    case Conversion::kString:
      if (shape.precision < 0) return AppendPadded(value.text, shape, ' ', out);
      return AppendPadded(value.text.substr(0, static_cast<size_t>(shape.precision)), shape, ' ',
                          out);
    case Conversion::kChar: {
      const auto byte = static_cast<char>(value.number);
      return AppendPadded({&byte, byte == '\0' ? 0u : 1u}, shape, ' ', out);
    }
    case Conversion::kMemory:
    case Conversion::kMemoryHex:
      return AppendMemory(piece, shape, value.text, out);
    case Conversion::kChain:
      return FormatChain(value.text, false, out);
    case Conversion::kChainTimes:
      return FormatChain(value.text, true, out);
    case Conversion::kTable: {
      std::string entry;
      if (piece.table) FormatTable(*piece.table, value.number, entry);
      return AppendPadded(entry, shape, ' ', out);
    }
  }
}

char KindOf(Conversion conversion) {
  switch (conversion) {
    case Conversion::kString:
      return 's';
    case Conversion::kMemory:
    case Conversion::kMemoryHex:
      return 'm';
    case Conversion::kChain:
    case Conversion::kChainTimes:
      return 'c';
    default:
      return 'd';
  }
}

void AppendStartTime(uint64_t ns, std::string& out) {
  constexpr uint64_t kSecond = 1'000'000'000;
  char buffer[40];
  char* const end = buffer + sizeof buffer;
  char* begin = end;
  *--begin = 's';
  // The nine digits of the fraction come with their zeros by a one before them.
  begin = DecimalBefore(begin, ns % kSecond + kSecond);
  *begin = '.';
  begin = DecimalBefore(begin, ns / kSecond % 60);
  *--begin = 'm';
  begin = DecimalBefore(begin, ns / kSecond / 60);
  out.push_back('(');
  out.append(begin, end);
  out.push_back(')');
}

}  // namespace

bool ParseFormat(std::string_view text, Format& format, std::string& error, size_t& offset) {
  format.pieces.clear();
  const size_t wrong = FormatParser(text, format).Parse();
  if (wrong == std::string_view::npos) return true;
  error = "invalid or missing conversion specifier";
  offset = wrong;
  return false;
}

std::string ArgumentKinds(const Format& format) {
  std::string kinds;
  for (const Directive& piece : format.pieces) {
    if (piece.conversion == Conversion::kLiteral) continue;
    if (piece.width == kFromArgument) kinds += 'd';
    if (piece.precision == kFromArgument) kinds += 'd';
    kinds += KindOf(piece.conversion);
  }
  return kinds;
}

void FormatPiece(const Directive& piece, std::span<const FormatValue>& values, std::string& out) {
  if (piece.conversion == Conversion::kLiteral) {
    out.append(piece.text);
  } else {
    AppendDirective(piece, values, out);
  }
}

void FormatText(const Format& format, std::span<const FormatValue> values, std::string& out) {
  for (const Directive& piece : format.pieces) FormatPiece(piece, values, out);
}

void FormatPieceEscaped(const Directive& piece, std::span<const FormatValue>& values,
                        std::string& out) {
  const size_t from = out.size();
  const std::span<const FormatValue> before = values;
  FormatPiece(piece, values, out);
  if (piece.conversion == Conversion::kLiteral) return;
  const size_t taken = before.size() - values.size();
  if (taken > 0 && before[taken - 1].literal) return;
  const auto plain = [](char c) { return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t'; };
  if (std::all_of(out.begin() + static_cast<ptrdiff_t>(from), out.end(), plain)) return;
  const std::string made = out.substr(from);
  out.resize(from);
  AppendEscaped(made, Keep::kTabsAndNewlines, out);
}

void FormatTextEscaped(const Format& format, std::span<const FormatValue> values,
                       std::string& out) {
  for (const Directive& piece : format.pieces) FormatPieceEscaped(piece, values, out);
}

void FormatTable(const StringTable& table, int64_t number, std::string& out) {
  if (number >= 0 && static_cast<uint64_t>(number) < table.entries.size()) {
    out.append(table.entries[static_cast<size_t>(number)]);
  } else if (table.hex_fallback) {
    out.append("0x");
    bool started = false;
    for (int shift = 60; shift >= 0; shift -= 4) {
      const auto digit = static_cast<unsigned>(static_cast<uint64_t>(number) >> shift) & 15;
      started |= digit != 0 || shift == 0;
      if (started) out.push_back(kLower[digit]);
    }
  }
}

void FormatChain(std::string_view entries, bool with_times, std::string& out) {
  for (size_t count = entries.size() / sizeof(ChainEntry); count > 0; count--) {
    ChainEntry entry;
    std::memcpy(&entry, entries.data() + (count - 1) * sizeof entry, sizeof entry);
    out.append(entry.comm, strnlen(entry.comm, sizeof entry.comm));
    if (with_times) AppendStartTime(entry.start_ns, out);
    if (count > 1) out.append("=>");
  }
}

}  // namespace podtap::ir
