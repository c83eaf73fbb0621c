#include "ir/text.h"

#include <cstdio>

namespace podtap::ir {
namespace {

using Conversion = Directive::Conversion;

struct Row {
  Conversion conversion;
  const char* name;
};
constexpr Row kConversions[] = {
    {Conversion::kLiteral, "lit"}, {Conversion::kDecimal, "d"},
    {Conversion::kUnsigned, "u"},  {Conversion::kHex, "x"},
    {Conversion::kHexUpper, "X"},  {Conversion::kOctal, "o"},
    {Conversion::kBinary, "b"},    {Conversion::kPointer, "p"},
    {Conversion::kString, "s"},    {Conversion::kChar, "c"},
    {Conversion::kMemory, "m"},    {Conversion::kMemoryHex, "M"},
    {Conversion::kChain, "chain"}, {Conversion::kChainTimes, "times"},
    {Conversion::kTable, "table"},
};

}  // namespace

const char* ConversionName(Conversion conversion) {
  for (const Row& row : kConversions) {
    if (row.conversion == conversion) return row.name;
  }
  return "?";
}

std::optional<Conversion> ConversionByName(std::string_view name) {
  for (const Row& row : kConversions) {
    if (name == row.name) return row.conversion;
  }
  return std::nullopt;
}

std::optional<Op> OpByName(std::string_view name) {
  for (size_t i = 0; i <= static_cast<size_t>(Op::kSetTarget); i++) {
    if (name == Info(static_cast<Op>(i)).name) return static_cast<Op>(i);
  }
  return std::nullopt;
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte >= 0x7f) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte);
      out += hex;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace podtap::ir
