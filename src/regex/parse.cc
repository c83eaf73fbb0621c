// Pattern text → tree.
#include <cctype>
#include <string>
#include <utility>

#include "regex/tree.h"

namespace podtap::regex {
namespace {

constexpr int kMaxDepth = 100;
constexpr uint32_t kMaxRepeat = 255;  // RE_DUP_MAX

struct NamedClass {
  std::string_view name;
  int (*holds)(int);
};
// For the bytes of ASCII, whatever the locale.
constexpr NamedClass kClasses[] = {
    {"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
    {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
    {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
};

bool IsIn(int (*holds)(int), int byte) { return byte < 0x80 && holds(byte) != 0; }

using NodePtr = std::unique_ptr<Node>;

NodePtr Make(Node::Kind kind) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  return node;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<Pattern, Problem> Run() {
    Pattern pattern;
    pattern.root = Alternative(0);
    if (!failed_ && at_ < text_.size()) Fail("unbalanced ')'");
    if (failed_) return std::unexpected(problem_);
    pattern.groups = groups_;
    return pattern;
  }

 private:
  void Fail(std::string what) { FailAt(at_, std::move(what)); }
  void FailAt(size_t offset, std::string what) {
    if (!failed_) problem_ = {.what = std::move(what), .offset = offset};
    failed_ = true;
  }
  bool More() const { return !failed_ && at_ < text_.size(); }
  bool Sees(char c) const { return More() && text_[at_] == c; }
  bool Accept(char c) {
    if (!Sees(c)) return false;
    at_++;
    return true;
  }

  NodePtr Alternative(int depth) {
    NodePtr first = Sequence(depth);
    if (!Sees('|')) return first;
    NodePtr node = Make(Node::Kind::kAlternative);
    node->children.push_back(std::move(first));
    while (Accept('|')) node->children.push_back(Sequence(depth));
    return node;
  }

  NodePtr Sequence(int depth) {
    NodePtr node = Make(Node::Kind::kSequence);
    while (More() && text_[at_] != '|' && text_[at_] != ')') {
      node->children.push_back(Repeated(depth));
    }
    return node;
  }

  NodePtr Repeated(int depth) {
    const size_t begin = at_;
    NodePtr node = Atom(depth);
    int times = 0;
    while (More()) {
      uint32_t least = 0, most = kNoLimit;
      if (Accept('+')) {
        least = 1;
      } else if (Accept('?')) {
        most = 1;
      } else if (Sees('{')) {
        Interval(least, most);
      } else if (!Accept('*')) {
        break;
      }
      if (++times > kMaxDepth) FailAt(begin, "too many repetitions of one thing");
      NodePtr repeat = Make(Node::Kind::kRepeat);
      repeat->least = least;
      repeat->most = most;
      repeat->children.push_back(std::move(node));
      node = std::move(repeat);
    }
    return node;
  }

  // {n} {n,} {n,m}
  void Interval(uint32_t& least, uint32_t& most) {
    const size_t begin = at_++;
    if (!Number(least)) return FailAt(begin, "expected a number after '{'");
    most = least;
    if (Accept(',')) {
      most = kNoLimit;
      if (!Sees('}') && !Number(most)) return FailAt(begin, "expected a number or '}' after ','");
    }
    if (!Accept('}')) return FailAt(begin, "unbalanced '{'");
    if (least > most) return FailAt(begin, "a repetition whose limits are in the wrong order");
    if (least > kMaxRepeat || (most != kNoLimit && most > kMaxRepeat)) {
      FailAt(begin, "a repetition of more than 255");
    }
  }

  bool Number(uint32_t& value) {
    value = 0;
    const size_t begin = at_;
    for (; More() && text_[at_] >= '0' && text_[at_] <= '9'; at_++) {
      if (value <= kMaxRepeat) value = value * 10 + static_cast<uint32_t>(text_[at_] - '0');
    }
    return at_ > begin;
  }

  NodePtr Atom(int depth) {
    const char c = text_[at_];
    if (c == '*' || c == '+' || c == '?' || c == '{') {
      Fail(std::string("nothing for '") + c + "' to repeat");
      return Make(Node::Kind::kEmpty);
    }
    if (c == '(') return Group(depth);
    if (c == '[') return Bracket();
    at_++;
    if (c == '^') return Make(Node::Kind::kBegin);
    if (c == '$') return Make(Node::Kind::kEnd);
    NodePtr node = Make(Node::Kind::kBytes);
    if (c == '.') {
      node->bytes.set();
      node->bytes.reset(0);
    } else if (c == '\\') {
      if (!More()) {
        FailAt(at_ - 1, "a '\\' at the end");
      } else if (text_[at_] >= '1' && text_[at_] <= '9') {
        FailAt(at_ - 1, "back references can't be matched");
      } else {
        node->bytes.set(Byte(at_++));
      }
    } else {
      node->bytes.set(static_cast<unsigned char>(c));
    }
    return node;
  }

  unsigned char Byte(size_t at) const { return static_cast<unsigned char>(text_[at]); }

  NodePtr Group(int depth) {
    const size_t begin = at_++;
    if (depth >= kMaxDepth) {
      FailAt(begin, "groups nested too deeply");
      return Make(Node::Kind::kEmpty);
    }
    NodePtr node = Make(Node::Kind::kGroup);
    node->group = ++groups_;
    node->children.push_back(Alternative(depth + 1));
    if (!Accept(')')) FailAt(begin, "unbalanced '('");
    return node;
  }

  // [abc] [^a-z] [[:digit:]_] []x] [x-]
  NodePtr Bracket() {
    const size_t begin = at_++;
    NodePtr node = Make(Node::Kind::kBytes);
    const bool negated = Accept('^');
    bool first = true;
    while (More() && (first || text_[at_] != ']')) {
      first = false;
      Element(node->bytes);
    }
    if (!Accept(']')) FailAt(begin, "unbalanced '['");
    if (negated) node->bytes.flip();
    node->bytes.reset(0);
    return node;
  }

  void Element(ByteSet& bytes) {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("[:")) return Named(bytes);
    if (rest.starts_with("[.") || rest.starts_with("[=")) {
      return Fail("collating elements can't be matched");
    }
    const size_t begin = at_;
    const unsigned low = Byte(at_++);
    unsigned high = low;
    const bool range = Sees('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']';
    if (range) {
      high = Byte(at_ + 1);
      at_ += 2;
    }
    if (low > high) return FailAt(begin, "a range whose ends are in the wrong order");
    for (unsigned byte = low; byte <= high; byte++) bytes.set(byte);
  }

  void Named(ByteSet& bytes) {
    const size_t end = text_.find(":]", at_ + 2);
    if (end == std::string_view::npos) return Fail("unbalanced '[:'");
    const std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
    for (const NamedClass& row : kClasses) {
      if (row.name != name) continue;
      for (int byte = 1; byte < 256; byte++) {
        if (IsIn(row.holds, byte)) bytes.set(static_cast<size_t>(byte));
      }
      at_ = end + 2;
      return;
    }
    Fail("no such class: '" + std::string(name) + "'");
  }

  const std::string_view text_;
  size_t at_ = 0;
  uint32_t groups_ = 0;
  bool failed_ = false;
  Problem problem_;
};

}  // namespace

std::expected<Pattern, Problem> Parse(std::string_view pattern) { return Parser(pattern).Run(); }

}  // namespace podtap::regex
