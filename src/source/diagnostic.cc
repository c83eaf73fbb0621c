#include "source/diagnostic.h"

#include <utility>

#include "base/escape.h"

namespace podtap::source {
namespace {

struct TokenWord {
  TokenClass token;
  std::string_view word;
  bool quotes_text;
};

constexpr TokenWord kTokenWords[] = {
    {TokenClass::kJunk, "junk", true},         {TokenClass::kIdentifier, "identifier", true},
    {TokenClass::kOperator, "operator", true}, {TokenClass::kString, "string", true},
    {TokenClass::kNumber, "number", true},     {TokenClass::kEmbedded, "embedded-code", false},
    {TokenClass::kKeyword, "keyword", false},
};

constexpr size_t kLongestTokenShown = 60;

// A string token is named by what stands between its quotes.
std::string_view TokenText(std::string_view text, TokenClass token) {
  if (token == TokenClass::kString && text.size() >= 2 && text.front() == '"' &&
      text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

}  // namespace

void Diagnostics::Add(Diagnostic diagnostic) {
  if (diagnostic.severity != Severity::kWarning) ++error_count_;
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::ParseError(Span span, TokenClass token, std::string message) {
  Add({Severity::kParseError, std::move(message), span, token, {}, {}});
}

void Diagnostics::SemanticError(Span span, TokenClass token, std::string message,
                                std::vector<std::string> similar) {
  Add({Severity::kSemanticError, std::move(message), span, token, std::move(similar), {}});
}

void Diagnostics::Warning(Span span, TokenClass token, std::string message,
                          std::vector<std::string> similar) {
  Add({Severity::kWarning, std::move(message), span, token, std::move(similar), {}});
}

std::string DescribeToken(const SourceSet& sources, Span span, TokenClass token) {
  for (const TokenWord& row : kTokenWords) {
    if (row.token != token) continue;
    std::string out(row.word);
    if (!row.quotes_text) return out;
    const std::string_view text = TokenText(sources.Text(span), token);
    out += " '" + Escape(text.substr(0, kLongestTokenShown));
    out += text.size() > kLongestTokenShown ? "...'" : "'";
    return out;
  }
  return "token";
}

}  // namespace podtap::source
