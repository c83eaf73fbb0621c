// For the tests of this room: a script → its tree or its diagnostics as text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lang/lang.h"
#include "lang/tree_writer.h"

namespace podtap::lang {

struct Parsed {
  source::SourceSet sources;
  source::Diagnostics diagnostics;
  std::unique_ptr<File> file;

  std::string errors() const { return source::Render(sources, diagnostics, false); }
};

inline Parsed ParseScript(std::string text, const Environment& environment = {},
                          bool is_tapset = false) {
  Parsed parsed;
  const source::FileId file = parsed.sources.Add("t.stp", std::move(text), is_tapset);
  parsed.file = Parse(parsed.sources, file, environment, parsed.diagnostics);
  return parsed;
}

// The tree, or the diagnostics when there are any.
inline std::string TreeOf(std::string text, const Environment& environment = {}) {
  const Parsed parsed = ParseScript(std::move(text), environment);
  return parsed.diagnostics.all().empty() ? Dump(*parsed.file) : parsed.errors();
}

// An indented dump on one line: head(child, child(…)).
inline std::string Flat(const std::string& dump) {
  std::string out;
  size_t last_depth = 0;
  for (size_t at = 0; at < dump.size();) {
    const size_t end = dump.find('\n', at);
    const std::string line = dump.substr(at, end - at);
    at = end == std::string::npos ? dump.size() : end + 1;
    const size_t depth = line.find_first_not_of(' ') / 2;
    if (depth < last_depth) out.append(last_depth - depth, ')');
    if (!out.empty()) out += depth > last_depth ? "(" : ", ";
    last_depth = depth;
    out += line.substr(depth * 2);
  }
  return out + std::string(last_depth, ')');
}

// The trees of the statements of a function's body, on one line.
inline std::string Body(const std::string& statements, const Environment& environment = {}) {
  const Parsed parsed = ParseScript("function f() { " + statements + " }", environment);
  if (!parsed.diagnostics.all().empty()) return parsed.errors();
  std::string out;
  for (const StmtPtr& statement : As<Block>(*parsed.file->functions.at(0)->body).statements) {
    TreeWriter writer;
    writer.Write(*statement);
    out += (out.empty() ? "" : "; ") + Flat(writer.Take());
  }
  return out;
}

// The tree of an expression statement, on one line.
inline std::string ExprTree(const std::string& expression, const Environment& environment = {}) {
  std::string tree = Body(expression, environment);
  constexpr std::string_view kHead = "expression(";
  if (!tree.starts_with(kHead)) return tree;
  return tree.substr(kHead.size(), tree.size() - kHead.size() - 1);
}

}  // namespace podtap::lang
