// Diagnostics: what is wrong with a script, collected, each with its place.
//
// The shape on the terminal is SystemTap's, which its users know:
//
//   parse error: expected literal string or number
//           saw: operator ';' at b02_semi.stp:1:19
//        source: probe begin { x = ; }
//                                  ^
//   semantic error: probe point mismatch (similar: send): identifier 'sendd' at f.stp:1:14
//           source: probe signal.sendd { }
//                                ^
//   WARNING: never-assigned local variable 'x' (similar: y): identifier 'x' at f.stp:1:25
#pragma once

#include <string>
#include <vector>

#include "source/source.h"

namespace podtap::source {

enum class Severity { kParseError, kSemanticError, kWarning };

// The class of the token a diagnostic or a run-time error points at, as
// SystemTap words it: "operator ';'", "identifier 'x'", "keyword", ...
enum class TokenClass { kJunk, kIdentifier, kOperator, kString, kNumber, kEmbedded, kKeyword };

struct Diagnostic {
  Severity severity = Severity::kSemanticError;
  std::string message;  // lower case, no full stop, names in single quotes
  Span span;            // may be invalid (a command-line matter)
  TokenClass token = TokenClass::kIdentifier;
  std::vector<std::string> similar;  // "did you mean" names, best first
  // Where the place was used from: the probe point that an alias or a tapset
  // function was reached by. Rendered before it as "while resolving …".
  Span used_from;
};

class Diagnostics {
 public:
  void Add(Diagnostic diagnostic);
  // Shorthands.
  void ParseError(Span span, TokenClass token, std::string message);
  void SemanticError(Span span, TokenClass token, std::string message,
                     std::vector<std::string> similar = {});
  void Warning(Span span, TokenClass token, std::string message,
               std::vector<std::string> similar = {});

  const std::vector<Diagnostic>& all() const { return all_; }
  size_t error_count() const { return error_count_; }
  bool has_errors() const { return error_count_ > 0; }

 private:
  std::vector<Diagnostic> all_;
  size_t error_count_ = 0;
};

// "operator ';'", "identifier 'x'", "keyword"; what SystemTap prints after
// "saw:" and after "near". Control characters are escaped.
std::string DescribeToken(const SourceSet& sources, Span span, TokenClass token);

// Renders everything that was collected. `color` only for a terminal. Warnings
// are left out when `warnings` is false (-w). Identical errors are folded with
// "Number of similar error messages suppressed: N.".
std::string Render(const SourceSet& sources, const Diagnostics& diagnostics, bool color,
                   bool warnings = true);

// The names among `candidates` that are near `name`, best first, at most
// `limit`: Levenshtein distance of at most 2 + length / 4 (at most half of it).
std::vector<std::string> Similar(std::string_view name, const std::vector<std::string>& candidates,
                                 size_t limit = 5);

}  // namespace podtap::source
