// libFuzzer over the parser: any text gives a tree or diagnostics; a tree isn't
// deeper than its limit, and its copy looks the same.
//
// Input: the text of a script. It is parsed as a user's and, with its macros
// kept, as a tapset's.
#include <cstddef>
#include <cstdint>
#include <string>

#include "lang/lang.h"
#include "lang/tree_writer.h"

using namespace podtap;

namespace {

// Every level of the tree is two spaces in its dump: statements, expressions and
// the accesses and labels between them.
constexpr size_t kDeepestLine = size_t{2} * 6 * lang::kMaxDepth;

void CheckDepth(const std::string& dump) {
  for (size_t at = 0; at < dump.size();) {
    const size_t text = dump.find_first_not_of(' ', at);
    if (text == std::string::npos) return;
    if (text - at > kDeepestLine) __builtin_trap();
    const size_t end = dump.find('\n', text);
    at = end == std::string::npos ? dump.size() : end + 1;
  }
}

void CheckCopy(const lang::Stmt& body) {
  lang::TreeWriter original;
  original.Write(body);
  lang::TreeWriter copy;
  copy.Write(*lang::Clone(body));
  if (original.Take() != copy.Take()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  source::SourceSet sources;
  const source::FileId user = sources.Add("fuzz.stp", text);
  const source::FileId tapset = sources.Add("tapset.stp", text, true);
  lang::Environment environment;
  environment.args = {"1", "x + 2", "probe end { }"};
  const auto macros = lang::NewMacroTable();
  for (const source::FileId id : {tapset, user}) {
    source::Diagnostics diagnostics;
    const auto file = lang::Parse(sources, id, environment, *macros, diagnostics);
    if (diagnostics.all().size() > 20) __builtin_trap();
    (void)source::Render(sources, diagnostics, false);
    CheckDepth(lang::Dump(*file));
    for (const auto& probe : file->probes) CheckCopy(*probe->body);
    for (const auto& function : file->functions) {
      if (function->body)
        CheckCopy(*function->body);
      else if (!function->has_embedded_body)
        __builtin_trap();
    }
  }
  return 0;
}
