// Diagnostics → the text on the terminal, in SystemTap's shape.
#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "base/escape.h"
#include "source/diagnostic.h"

namespace podtap::source {
namespace {

constexpr std::string_view kRed = "\033[01;31m";
constexpr std::string_view kYellow = "\033[01;33m";
constexpr std::string_view kGreen = "\033[01;32m";
constexpr std::string_view kReset = "\033[00m";

// Bytes of the source line that are shown, and how many of them before the
// column when the line is longer: a script may be one line of a megabyte.
constexpr size_t kShownBytes = 240;
constexpr size_t kShownBefore = 160;

struct Shape {
  Severity severity;
  std::string_view head;
  std::string_view source_indent;  // before "source: "
  std::string_view colour;
};

constexpr Shape kShapes[] = {
    {Severity::kParseError, "parse error", "     ", kRed},
    {Severity::kSemanticError, "semantic error", "        ", kRed},
    {Severity::kWarning, "WARNING", " ", kYellow},
};

const Shape& ShapeOf(Severity severity) {
  for (const Shape& shape : kShapes) {
    if (shape.severity == severity) return shape;
  }
  return kShapes[1];
}

std::string Paint(std::string_view text, std::string_view colour, bool color) {
  if (!color) return std::string(text);
  return std::string(colour) + std::string(text) + std::string(kReset);
}

bool AtEnd(const SourceSet& sources, Span span) {
  return span.begin == span.end && span.begin >= sources.Text(span.file).size();
}

// The line that the span begins in, and a caret under its column. Tabs are
// repeated under the line, so that the caret stands right at any tab width.
std::string SourceAndCaret(const SourceSet& sources, Span span, const Shape& shape, bool color) {
  std::string_view line = sources.Line(span);
  size_t column = std::min<size_t>(sources.Locate(span).column - 1, line.size());
  std::string shown;
  if (column > kShownBefore && line.size() > kShownBytes) {
    const size_t cut = column - kShownBefore;
    line.remove_prefix(cut);
    column -= cut;
    shown = "...";
  }
  const bool cut_right = line.size() > kShownBytes;
  line = line.substr(0, kShownBytes);
  const std::string before = shown + Escape(line.substr(0, column), Keep::kTabs);

  std::string out(shape.source_indent);
  out += "source: " + before + Escape(line.substr(column), Keep::kTabs) + (cut_right ? "..." : "") +
         '\n';
  out.append(shape.source_indent.size() + 8, ' ');
  for (const char c : before) {
    if (c == '\t') {
      out += '\t';
    } else if (Width(std::string_view(&c, 1)) == 1) {
      out += ' ';
    }
  }
  return out + Paint("^", kGreen, color) + '\n';
}

std::string WithSimilar(const Diagnostic& diagnostic) {
  std::string out = Escape(diagnostic.message);
  if (diagnostic.similar.empty()) return out;
  out += " (similar: ";
  for (size_t i = 0; i < diagnostic.similar.size(); ++i) {
    if (i != 0) out += ", ";
    out += Escape(diagnostic.similar[i]);
  }
  return out + ')';
}

std::string RenderParseError(const SourceSet& sources, const Diagnostic& diagnostic, bool color) {
  const Shape& shape = ShapeOf(Severity::kParseError);
  std::string out = Paint(shape.head, shape.colour, color) + ": " + WithSimilar(diagnostic) + '\n';
  const Span span = diagnostic.span;
  if (!span.valid()) return out;
  if (AtEnd(sources, span))
    return out + "        saw: " + Escape(sources.Name(span.file)) + " EOF\n";
  // Junk was not understood as a token at all: it is a place, not a thing seen.
  out += diagnostic.token == TokenClass::kJunk ? "         at: " : "        saw: ";
  out += DescribeToken(sources, span, diagnostic.token) + " at " + Escape(sources.Where(span));
  return out + '\n' + SourceAndCaret(sources, span, shape, color);
}

std::string RenderAtToken(const SourceSet& sources, Severity severity, const std::string& message,
                          Span span, TokenClass token, bool color) {
  const Shape& shape = ShapeOf(severity);
  std::string out = Paint(shape.head, shape.colour, color) + ": " + message;
  if (!span.valid()) return out + '\n';
  out += ": " + DescribeToken(sources, span, token) + " at " + Escape(sources.Where(span)) + '\n';
  return out + SourceAndCaret(sources, span, shape, color);
}

std::string RenderOne(const SourceSet& sources, const Diagnostic& diagnostic, bool color) {
  if (diagnostic.severity == Severity::kParseError) {
    return RenderParseError(sources, diagnostic, color) + '\n';
  }
  std::string out;
  if (diagnostic.used_from.valid()) {
    out += RenderAtToken(sources, diagnostic.severity, "while resolving probe point",
                         diagnostic.used_from, TokenClass::kIdentifier, color);
    out += '\n';
  }
  out += RenderAtToken(sources, diagnostic.severity, WithSimilar(diagnostic), diagnostic.span,
                       diagnostic.token, color);
  // A warning is not set apart by a blank line: output of the run follows it.
  if (diagnostic.severity != Severity::kWarning) out += '\n';
  return out;
}

}  // namespace

std::string Render(const SourceSet& sources, const Diagnostics& diagnostics, bool color,
                   bool warnings) {
  using Key = std::tuple<Severity, std::string_view, FileId, uint32_t>;
  std::set<Key> seen;
  std::string out;
  size_t folded_errors = 0;
  size_t folded_warnings = 0;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    const bool is_warning = diagnostic.severity == Severity::kWarning;
    if (is_warning && !warnings) continue;
    const Key key{diagnostic.severity, diagnostic.message, diagnostic.span.file,
                  diagnostic.span.begin};
    if (!seen.insert(key).second) {
      ++(is_warning ? folded_warnings : folded_errors);
      continue;
    }
    out += RenderOne(sources, diagnostic, color);
  }
  const auto suppressed = [&out](std::string_view what, size_t count) {
    if (count == 0) return;
    out += "Number of similar " + std::string(what) +
           " messages suppressed: " + std::to_string(count) + ".\n";
  };
  suppressed("error", folded_errors);
  suppressed("warning", folded_warnings);
  return out;
}

}  // namespace podtap::source
