// Program → table: the subset construction, with registers for tags.
//
// A state is an ordered list of threads. What a thread's tags hold stands in
// registers; threads whose tags have the same value share one, and registers are
// numbered in the order in which the list names them, so that two states that differ
// only in where their values stand are one state, and a transition moves the values
// to where its target has them (after Laurikari, "NFAs with tagged transitions",
// 2000).
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "regex/tree.h"

namespace podtap::regex {
namespace {

constexpr size_t kMaxStates = 1000;
constexpr size_t kMaxTable = 1u << 16;  // entries
constexpr size_t kMaxMoves = 100;       // of one transition
constexpr size_t kMaxPairs = 60'000;    // of all lists, an end for each counted
constexpr uint32_t kNoStart = UINT32_MAX;

// What a tag holds: a register of the state it comes from, or one of these.
constexpr int kUnset = -1, kNow = -2;

struct Thread {
  uint32_t step = 0;
  uint32_t start = 0;  // rank of where its match began; kNoStart for the one that skips
  std::vector<int> tags;
  friend auto operator<=>(const Thread&, const Thread&) = default;
};
using State = std::vector<Thread>;

class Builder {
 public:
  Builder(const Pattern& pattern, const Steps& steps, bool captures)
      : steps_(steps), captures_(captures) {
    made_.groups = pattern.groups;
    made_.captures = captures;
    tags_ = captures ? 2 * (pattern.groups + 1) : 0;
  }

  std::expected<Automaton, Problem> Run() {
    if (tags_ > 200) return Refuse("it has too many groups");
    FindClasses();
    made_.move_lists.emplace_back();
    states_.resize(kStart);  // the two without threads
    State first = Closure({{.step = steps_.begin, .start = 0, .tags = Unset()},
                           {.step = steps_.skip, .start = kNoStart, .tags = Unset()}},
                          true);
    uint16_t moves = 0;
    const bool goes_on = Enter(first, moves) >= kStart;
    made_.start_moves = moves;
    if (!goes_on) return FoundAtOnce();
    for (size_t i = kStart; i < states_.size() && !too_large_; i++) AddRow(i);
    if (too_large_) return Refuse("it is too large");
    Finish();
    return std::move(made_);
  }

 private:
  static std::unexpected<Problem> Refuse(const char* what) {
    return std::unexpected(Problem{.what = what, .offset = 0});
  }
  std::vector<int> Unset() const { return std::vector<int>(tags_, kUnset); }

  // Bytes that no step tells apart are one class.
  void FindClasses() {
    std::array<uint32_t, 256> group = {};
    group[0] = 1;
    uint32_t count = 2;
    for (const Step& step : steps_.steps) {
      if (step.kind != Step::Kind::kBytes) continue;
      std::map<std::pair<uint32_t, bool>, uint32_t> split;
      for (size_t byte = 0; byte < 256; byte++) {
        const auto key = std::pair(group[byte], step.bytes.test(byte));
        group[byte] = split.emplace(key, split.size()).first->second;
      }
      count = static_cast<uint32_t>(split.size());
    }
    for (size_t byte = 0; byte < 256; byte++) {
      made_.class_of[byte] = static_cast<uint8_t>(group[byte]);
    }
    made_.classes = count;
    example_.assign(count, 0);
    for (size_t byte = 256; byte-- > 0;) example_[group[byte]] = static_cast<uint8_t>(byte);
  }

  // Follows what reads nothing. Of two threads that come to one step, the first stays.
  State Closure(const State& from, bool at_begin) const {
    State reached;
    std::vector<bool> seen(steps_.steps.size(), false);
    std::vector<Thread> pending(from.rbegin(), from.rend());
    while (!pending.empty()) {
      Thread thread = std::move(pending.back());
      pending.pop_back();
      if (seen[thread.step]) continue;
      seen[thread.step] = true;
      const Step& step = steps_.steps[thread.step];
      switch (step.kind) {
        case Step::Kind::kSplit: {
          Thread other = thread;
          other.step = step.other;
          pending.push_back(std::move(other));
          thread.step = step.next;
          pending.push_back(std::move(thread));
          break;
        }
        case Step::Kind::kBegin:
          if (!at_begin) break;
          thread.step = step.next;
          pending.push_back(std::move(thread));
          break;
        case Step::Kind::kTag:
          thread.tags[step.tag] = kNow;
          thread.step = step.next;
          pending.push_back(std::move(thread));
          break;
        default:
          reached.push_back(std::move(thread));
      }
    }
    return reached;
  }

  // The state that these threads, whose tags are sources, make, and the moves that
  // lead there.
  uint16_t Enter(State& threads, uint16_t& moves) {
    std::vector<Move> list;
    const auto match = std::ranges::find_if(threads, [&](const Thread& thread) {
      return steps_.steps[thread.step].kind == Step::Kind::kMatch;
    });
    if (match != threads.end()) {
      if (!captures_) return kFound;
      for (uint32_t tag = 0; tag < tags_; tag++) {
        list.push_back({static_cast<uint8_t>(tag), Source(match->tags[tag])});
      }
      // It is longer than what was found before; what begins later is of no use now.
      const uint32_t start = match->start;
      threads.erase(match);
      std::erase_if(threads, [&](const Thread& thread) { return thread.start > start; });
    }
    if (threads.empty()) {
      moves = ListOf(std::move(list));
      return kDead;
    }
    Number(threads, list);
    moves = ListOf(std::move(list));
    const auto [place, is_new] = numbers_.emplace(threads, states_.size());
    if (is_new) states_.push_back(threads);
    if (states_.size() > kMaxStates || states_.size() * made_.classes > kMaxTable) {
      too_large_ = true;
    }
    return static_cast<uint16_t>(place->second);
  }

  // The first tags_ registers are the result, then one to move in a circle by, then
  // the states'.
  uint8_t Register(int number) {
    const uint32_t reg = tags_ + 1 + static_cast<uint32_t>(number);
    if (reg >= kFromNothing) too_large_ = true;
    made_.registers = std::max(made_.registers, reg + 1);
    return static_cast<uint8_t>(reg);
  }
  uint8_t Source(int tag) {
    if (tag == kNow) return kFromPosition;
    return tag == kUnset ? kFromNothing : Register(tag);
  }

  void Number(State& threads, std::vector<Move>& list) {
    std::map<int, int> renamed;  // source → register
    std::map<uint32_t, uint32_t> starts;
    for (Thread& thread : threads) {
      if (thread.start != kNoStart) {
        thread.start = starts.emplace(thread.start, starts.size()).first->second;
      }
      if (!captures_) thread.start = 0;
      for (int& tag : thread.tags) {
        if (tag != kUnset) tag = renamed.emplace(tag, renamed.size()).first->second;
      }
    }
    std::vector<Move> wanted;
    for (const auto& [from, to] : renamed) {
      const Move move{Register(to), Source(from)};
      if (move.to != move.from) wanted.push_back(move);
    }
    InOrder(std::move(wanted), list);
  }

  // Moves that are meant to happen at once, one after the other.
  void InOrder(std::vector<Move> wanted, std::vector<Move>& list) const {
    const auto spare = static_cast<uint8_t>(tags_);
    while (!wanted.empty()) {
      const auto free = std::ranges::find_if(wanted, [&](const Move& move) {
        return std::ranges::none_of(wanted, [&](const Move& m) { return m.from == move.to; });
      });
      if (free != wanted.end()) {
        list.push_back(*free);
        wanted.erase(free);
      } else {
        list.push_back({spare, wanted.front().from});
        wanted.front().from = spare;
      }
    }
  }

  uint16_t ListOf(std::vector<Move> list) {
    if (list.empty()) return 0;
    if (list.size() > kMaxMoves) too_large_ = true;
    const auto [place, is_new] = lists_.emplace(
        [&] {
          std::vector<std::pair<uint8_t, uint8_t>> key;
          for (const Move& move : list) key.emplace_back(move.to, move.from);
          return key;
        }(),
        made_.move_lists.size());
    if (is_new) {
      pairs_ += list.size() + 1;
      made_.move_lists.push_back(std::move(list));
    }
    if (pairs_ > kMaxPairs) too_large_ = true;
    return static_cast<uint16_t>(place->second);
  }

  void AddRow(size_t number) {
    for (uint32_t c = 0; c < made_.classes && !too_large_; c++) {
      const uint8_t byte = example_[c];
      const State from = states_[number];  // states_ grows
      State read;
      uint32_t starts = 0;
      for (const Thread& thread : from) {
        const Step& step = steps_.steps[thread.step];
        const bool reads = byte == 0 ? step.kind == Step::Kind::kEnd
                                     : step.kind == Step::Kind::kBytes && step.bytes.test(byte);
        if (!reads) continue;
        if (thread.step == steps_.skip) {
          read.push_back({.step = steps_.begin, .start = starts, .tags = Unset()});
          read.push_back(thread);
          continue;
        }
        read.push_back(thread);
        read.back().step = step.next;
        starts = std::max(starts, thread.start + 1);
      }
      State threads = Closure(read, false);
      uint16_t moves = 0;
      made_.next.push_back(Enter(threads, moves));
      if (captures_) made_.moves.push_back(moves);
    }
  }

  // Rows for the states without threads, which nothing leads out of.
  void Finish() {
    const size_t cells = size_t{kStart} * made_.classes;
    std::vector<uint16_t> next(cells, kDead);
    std::fill(next.begin() + made_.classes, next.end(), kFound);
    made_.next.insert(made_.next.begin(), next.begin(), next.end());
    if (captures_) made_.moves.insert(made_.moves.begin(), cells, 0);
    made_.states = static_cast<uint32_t>(states_.size());
    made_.registers = std::max(made_.registers, tags_ + 1);
  }

  // Also nothing at all is a match: each byte leads to it, the text's end too.
  std::expected<Automaton, Problem> FoundAtOnce() {
    states_.emplace_back();
    made_.next.assign(made_.classes, kFound);
    if (captures_) made_.moves.assign(made_.classes, 0);
    Finish();
    return std::move(made_);
  }

  const Steps& steps_;
  const bool captures_;
  uint32_t tags_ = 0;
  Automaton made_;
  std::vector<uint8_t> example_;  // a byte of each class
  std::vector<State> states_;
  std::map<State, size_t> numbers_;
  std::map<std::vector<std::pair<uint8_t, uint8_t>>, size_t> lists_;
  size_t pairs_ = 0;
  bool too_large_ = false;
};

}  // namespace

std::expected<Automaton, Problem> Determine(const Pattern& pattern, const Steps& steps,
                                            bool captures) {
  return Builder(pattern, steps, captures).Run();
}

std::expected<Automaton, Problem> Compile(std::string_view pattern, bool captures) {
  std::expected<Pattern, Problem> tree = Parse(pattern);
  if (!tree) return std::unexpected(tree.error());
  std::expected<Steps, Problem> steps = MakeSteps(*tree, captures);
  if (!steps) return std::unexpected(steps.error());
  std::expected<Automaton, Problem> made = Determine(*tree, *steps, captures);
  if (made) made->pattern = pattern;
  return made;
}

}  // namespace podtap::regex
