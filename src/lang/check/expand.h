// Probe definitions → probes with a primitive point each.
//
// What enters: a probe definition as written. What leaves: for every primitive
// point that it stands for, after aliases of aliases, a probe with its own copy
// of all bodies and conditions, and the file whose names each of them sees.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lang/check/alias_tree.h"
#include "lang/check/reporter.h"
#include "lang/tree.h"

namespace podtap::lang::check {

struct ExpandedProbe {
  Probe probe;
  std::vector<const File*> body_files;       // parallel to probe.bodies
  std::vector<const File*> condition_files;  // parallel to probe.conditions
};

class Expander {
 public:
  Expander(const AliasTree& aliases, const std::vector<std::string>& primitive_roots,
           Reporter& reporter)
      : aliases_(aliases), roots_(primitive_roots), reporter_(reporter) {}

  std::vector<ExpandedProbe> Expand(const ProbeDef& definition, const File& file);

 private:
  struct Layer {  // a body on the way from the user's probe to the primitive point
    const Stmt* body;
    const File* file;
    bool is_epilogue;
  };
  struct Condition {
    const Expr* expr;
    const File* file;
  };
  // A point that is being expanded, and how it was reached.
  struct Frame {
    const File* file = nullptr;  // where the point stands
    const ProbePoint* point = nullptr;
    std::vector<Component> components;  // the point's, and suffixes of those before
    bool optional = false;
    bool sufficient = false;
    uint32_t group = 0;
    std::string written;
  };

  void ExpandPoint(Frame frame);
  void ExpandAlias(const Frame& frame, const AliasMatch& match, bool one_of_many);
  void Emit(const Frame& frame, std::vector<Component> components, bool optional);
  std::vector<std::string> MatchingRoots(const Component& root) const;
  void ReportMismatch(const Frame& frame);
  void PointError(const Token& at, std::string message, Names similar = {});
  bool WithinBudget(const Token& at);
  void GiveUp(const Token& at);

  const AliasTree& aliases_;
  const std::vector<std::string>& roots_;
  Reporter& reporter_;
  uint32_t next_group_ = 0;
  size_t probes_made_ = 0;
  size_t text_copied_ = 0;
  size_t points_seen_ = 0;
  int search_steps_ = 2'000'000;
  bool exhausted_ = false;

  // Of the definition and the user's point that are being expanded.
  const ProbeDef* definition_ = nullptr;
  Token user_root_;
  std::vector<Layer> layers_;  // outermost first
  std::vector<Condition> conditions_;
  std::vector<const AliasDef*> stack_;
  std::vector<ExpandedProbe> out_;
};

}  // namespace podtap::lang::check
