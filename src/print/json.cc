#include "print/json.h"

#include <charconv>
#include <cstring>
#include <ctime>

#include "base/escape.h"
#include "ir/format.h"

namespace podtap::print {
namespace {

constexpr const char* kHex = "0123456789abcdef";

void AppendSpecial(unsigned char byte, std::string& out) {
  switch (byte) {
    case '"':
      out.append("\\\"");
      break;
    case '\\':
      out.append("\\\\");
      break;
    case '\n':
      out.append("\\n");
      break;
    case '\t':
      out.append("\\t");
      break;
    case '\r':
      out.append("\\r");
      break;
    default:
      out.append({'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]});
  }
}

bool IsPlain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

}  // namespace

void AppendNumber(int64_t number, std::string& out) {
  char buffer[24];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number);
  out.append(buffer, result.ptr);
}

void AppendJsonString(std::string_view text, std::string& out) {
  out.push_back('"');
  size_t at = 0;
  while (at < text.size()) {
    size_t run = at;
    while (run < text.size() && IsPlain(static_cast<unsigned char>(text[run]))) run++;
    out.append(text.substr(at, run - at));
    at = run;
    if (at == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    const size_t length = Utf8Length(text.substr(at));
    if (length == 0) {
      out.append("\xef\xbf\xbd");
      at++;
    } else if (length == 1) {
      AppendSpecial(byte, out);
      at++;
    } else {
      AppendSafeJson(text.substr(at, length), out);
      at += length;
    }
  }
  out.push_back('"');
}

void JsonTime::Append(int64_t unix_ns, std::string& out) {
  constexpr int64_t kSecond = 1'000'000'000;
  int64_t second = unix_ns / kSecond;
  int64_t fraction = unix_ns % kSecond;
  if (fraction < 0) {
    fraction += kSecond;
    second--;
  }
  if (second != second_) {
    const auto time = static_cast<time_t>(second);
    tm parts{};
    gmtime_r(&time, &parts);
    strftime(text_, sizeof text_, "%Y-%m-%dT%H:%M:%S.", &parts);
    second_ = second;
  }
  out.append(text_);
  char digits[10];
  std::to_chars(digits, digits + sizeof digits, fraction + kSecond);  // a one and nine digits
  out.append(digits + 1, 9);
  out.push_back('Z');
}

}  // namespace podtap::print
