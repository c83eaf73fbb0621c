// All aliases, as a tree over the components of their names.
//
// What enters: alias definitions of the user and the tapset, then the
// components of a probe point (`signal.*`, `syscall.open.return`). What leaves:
// the aliases it means, in the order of their definition, and how many of its
// components each one used up; the rest is a suffix for the alias's own points.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lang/check/reporter.h"
#include "lang/tree.h"

namespace podtap::lang::check {

// Longer points are refused: no provider has them.
inline constexpr size_t kMaxComponents = 32;

bool HasWildcard(std::string_view name);
// `*` any text, `?` one character.
bool MatchesWildcard(std::string_view pattern, std::string_view text);
// `kernel.trace("x")` of components; what follows the alias in `written` texts.
std::string JoinComponents(const std::vector<Component>& components, size_t begin = 0);

struct AliasEntry {
  const AliasDef* alias = nullptr;
  const File* file = nullptr;
  bool tapset = false;
  uint32_t name = 0;  // which of alias->names
};

struct AliasMatch {
  const AliasEntry* entry = nullptr;
  size_t consumed = 0;
};

class AliasTree {
 public:
  AliasTree();
  void Add(const File& file, bool tapset, Reporter& reporter);

  // The aliases a point seen in `from` means, except those of `skip` (the ones
  // being expanded). Exact names win over an alias with a suffix. `steps` is
  // what the search may still cost; when it is used up, the answer is cut short.
  std::vector<AliasMatch> Match(const std::vector<Component>& point, const File& from,
                                const std::vector<const AliasDef*>& skip, int& steps) const;

  // Where a point that means nothing leaves the tree, and the names there.
  struct Mismatch {
    size_t component = 0;
    Names next;
  };
  Mismatch Explain(const std::vector<Component>& point) const;

 private:
  struct Node {
    std::map<std::string, uint32_t> children;  // by component text, arguments and all
    std::vector<uint32_t> entries;
  };
  struct Search;
  void Walk(Search& search, uint32_t node, size_t depth) const;
  void Collect(Search& search, uint32_t node, size_t depth) const;

  std::vector<Node> nodes_;
  std::vector<AliasEntry> entries_;
};

}  // namespace podtap::lang::check
