// -l and -L: the points that a pattern stands for.
#include <algorithm>

#include "probes/glob.h"
#include "probes/point.h"
#include "probes/probes.h"

namespace podtap::probes {

std::string DescribeVars(const Match& match, const kernel::Btf& btf) {
  std::string text;
  for (const ContextVar& var : match.vars) {
    if (!text.empty()) text += ' ';
    text += "$" + var.name + ":" + btf.Describe(var.btf_type);
  }
  return text;
}

Result<std::vector<std::string>> ListPoints(const lang::ProbePoint& pattern, kernel::Kernel& kernel,
                                            bool with_vars, source::Diagnostics& diagnostics) {
  std::vector<std::string> lines;
  if (pattern.components.empty()) return lines;
  const std::string& root = pattern.components[0].name;
  bool any_root = false;
  source::Diagnostics unasked;
  for (const auto& provider : Providers()) {
    if (!MatchesGlob(root, provider->root())) continue;
    any_root = true;
    lang::ProbePoint point;
    point.components = pattern.components;
    point.components[0].name = provider->root();
    point.optional = pattern.optional;
    point.tok = pattern.tok;
    // A wildcard root asks what there is: what can't be is no mistake.
    auto matches = provider->Resolve(point, kernel, HasWildcard(root) ? unasked : diagnostics);
    if (!matches) return std::unexpected(std::move(matches.error()));
    for (const Match& match : *matches) {
      std::string line = match.name;
      // The variables of process.* are the tracepoint's: ours to know.
      if (with_vars && !match.vars.empty() && match.filter_subject == Match::FilterSubject::kNone)
        if (const auto btf = kernel.btf()) line += " " + DescribeVars(match, **btf);
      lines.push_back(std::move(line));
    }
  }
  if (!any_root) Complaints(pattern, diagnostics).Mismatch(0, ProviderRoots());
  std::ranges::sort(lines);
  const auto repeated = std::ranges::unique(lines);
  lines.erase(repeated.begin(), repeated.end());
  return lines;
}

}  // namespace podtap::probes
