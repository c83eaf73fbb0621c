// Tree → program, after Thompson (1968): each part is made with the step that
// follows it already known, so that nothing has to be patched but loops.
#include <utility>

#include "regex/tree.h"

namespace podtap::regex {
namespace {

constexpr size_t kMaxSteps = 4000;

class Maker {
 public:
  explicit Maker(bool captures) : captures_(captures) {}

  std::expected<Steps, Problem> Run(const Pattern& pattern) {
    const uint32_t match = Add({});
    const uint32_t end = Tag(1, match);
    const uint32_t body = Make(*pattern.root, end);
    made_.begin = Tag(0, body);
    Step any;
    any.kind = Step::Kind::kBytes;
    any.bytes.set();
    any.bytes.reset(0);
    made_.skip = Add(any);
    if (made_.steps.size() > kMaxSteps) {
      return std::unexpected(Problem{.what = "it is too large", .offset = 0});
    }
    return std::move(made_);
  }

 private:
  uint32_t Add(Step step) {
    if (made_.steps.size() <= kMaxSteps) made_.steps.push_back(step);
    return static_cast<uint32_t>(made_.steps.size() - 1);
  }

  uint32_t Tag(uint32_t tag, uint32_t next) {
    if (!captures_) return next;
    Step step;
    step.kind = Step::Kind::kTag;
    step.tag = tag;
    step.next = next;
    return Add(step);
  }

  uint32_t Split(uint32_t next, uint32_t other) {
    Step step;
    step.kind = Step::Kind::kSplit;
    step.next = next;
    step.other = other;
    return Add(step);
  }

  uint32_t Simple(Step::Kind kind, const Node& node, uint32_t next) {
    Step step;
    step.kind = kind;
    step.bytes = node.bytes;
    step.next = next;
    return Add(step);
  }

  // The first step of the node, behind which `next` comes.
  uint32_t Make(const Node& node, uint32_t next) {
    if (made_.steps.size() > kMaxSteps) return next;
    switch (node.kind) {
      case Node::Kind::kEmpty:
        return next;
      case Node::Kind::kBytes:
        return Simple(Step::Kind::kBytes, node, next);
      case Node::Kind::kBegin:
        return Simple(Step::Kind::kBegin, node, next);
      case Node::Kind::kEnd:
        return Simple(Step::Kind::kEnd, node, next);
      case Node::Kind::kSequence:
        for (size_t i = node.children.size(); i-- > 0;) next = Make(*node.children[i], next);
        return next;
      case Node::Kind::kAlternative: {
        uint32_t first = Make(*node.children.back(), next);
        for (size_t i = node.children.size() - 1; i-- > 0;) {
          first = Split(Make(*node.children[i], next), first);
        }
        return first;
      }
      case Node::Kind::kRepeat:
        return Repeat(node, next);
      case Node::Kind::kGroup: {
        const uint32_t end = Tag(2 * node.group + 1, next);
        return Tag(2 * node.group, Make(*node.children[0], end));
      }
    }
    return next;
  }

  uint32_t Repeat(const Node& node, uint32_t next) {
    const Node& child = *node.children[0];
    if (node.most == kNoLimit) {
      const uint32_t loop = Split(next, next);
      const uint32_t body = Make(child, loop);
      made_.steps[loop].next = body;  // longer first
      next = loop;
    } else {
      const uint32_t after = next;
      for (uint32_t i = node.least; i < node.most; i++) next = Split(Make(child, next), after);
    }
    for (uint32_t i = 0; i < node.least; i++) next = Make(child, next);
    return next;
  }

  const bool captures_;
  Steps made_;
};

}  // namespace

std::expected<Steps, Problem> MakeSteps(const Pattern& pattern, bool captures) {
  return Maker(captures).Run(pattern);
}

}  // namespace podtap::regex
