#include "top/view.h"

#include <algorithm>
#include <array>
#include <functional>

namespace podtap::top {
namespace {

using Kind = Key::Kind;

constexpr std::array<std::string_view, 4> kOrderNames = {"death", "restarts", "memory", "name"};

// Larger comes first; a row without the number last.
using Measure = int64_t (*)(const Row&);
constexpr std::array<Measure, 3> kMeasures = {
    [](const Row& row) { return row.ended_unix_ns(); },
    [](const Row& row) { return row.restarts.value_or(-1); },
    [](const Row& row) { return row.memory ? static_cast<int64_t>(*row.memory) : -1; },
};

void Move(View& view, const std::vector<const Row*>& rows, int64_t by) {
  if (rows.empty()) return;
  const auto found = std::ranges::find(rows, view.selected, &Row::key);
  const int64_t at = found == rows.end() ? 0 : found - rows.begin();
  const int64_t to = std::clamp<int64_t>(at + by, 0, std::ssize(rows) - 1);
  view.selected = rows[static_cast<size_t>(to)]->key;
}

void Scroll(Story& story, int64_t by, Size size) {
  const int64_t most = std::max<int64_t>(0, std::ssize(story.lines) - (size.lines - 1));
  story.first =
      static_cast<size_t>(std::clamp<int64_t>(static_cast<int64_t>(story.first) + by, 0, most));
}

void RemoveLastCharacter(std::string& text) {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.back());
    text.pop_back();
    if ((byte & 0xc0) != 0x80) return;
  }
}

void Type(View& view, const Key& key) {
  switch (key.kind) {
    case Kind::kText:
      view.filter += key.text;
      break;
    case Kind::kBackspace:
      RemoveLastCharacter(view.filter);
      break;
    case Kind::kEnter:
      view.typing = false;
      break;
    case Kind::kEscape:
      view.typing = false;
      view.filter.clear();
      break;
    default:
      break;
  }
}

// How far a key moves, in lines; a page has `page`. 0: it doesn't.
int64_t Distance(const Key& key, int64_t page) {
  constexpr int64_t kFar = 1'000'000'000;
  switch (key.kind) {
    case Kind::kUp:
      return -1;
    case Kind::kDown:
      return 1;
    case Kind::kPageUp:
      return -page;
    case Kind::kPageDown:
      return page;
    case Kind::kHome:
      return -kFar;
    case Kind::kEnd:
      return kFar;
    case Kind::kText:
      if (key.text == "k") return -1;
      if (key.text == "j") return 1;
      if (key.text == " ") return page;
      if (key.text == "g") return -kFar;
      if (key.text == "G") return kFar;
      return 0;
    default:
      return 0;
  }
}

}  // namespace

std::string_view OrderName(Order order) { return kOrderNames.at(static_cast<size_t>(order)); }

std::optional<Order> OrderFromName(std::string_view name) {
  const auto found = std::ranges::find(kOrderNames, name);
  if (found == kOrderNames.end()) return std::nullopt;
  return static_cast<Order>(found - kOrderNames.begin());
}

std::vector<const Row*> Arrange(const Snapshot& snapshot, const View& view) {
  std::vector<const Row*> rows;
  for (const Row& row : snapshot.rows) {
    if (row.target.find(view.filter) != std::string::npos) rows.push_back(&row);
  }
  std::ranges::stable_sort(rows, std::less(), &Row::target);
  if (view.order != Order::kName) {
    const Measure measure = kMeasures.at(static_cast<size_t>(view.order));
    std::ranges::stable_sort(rows, std::greater(), [&](const Row* row) { return measure(*row); });
  }
  return rows;
}

void Settle(View& view, const std::vector<const Row*>& rows, size_t shown) {
  if (rows.empty()) {
    view.first = 0;
    return;
  }
  auto found = std::ranges::find(rows, view.selected, &Row::key);
  if (found == rows.end()) found = rows.begin();
  view.selected = (*found)->key;
  const auto at = static_cast<size_t>(found - rows.begin());
  if (at < view.first) view.first = at;
  if (shown > 0 && at >= view.first + shown) view.first = at - shown + 1;
  // No empty lines below while there are rows above.
  if (view.first + shown > rows.size()) view.first = rows.size() > shown ? rows.size() - shown : 0;
}

size_t RowsThatFit(Size size) {
  // Two lines of heading, the columns' names, the foot; below the rows the latest deaths.
  const int for_both = std::max(1, size.lines - 4);
  return static_cast<size_t>(for_both < 8 ? for_both : for_both - for_both / 4 - 1);
}

Wish Press(View& view, const Key& key, const Snapshot& snapshot, Size size) {
  const bool text = key.kind == Kind::kText;
  if (view.typing) {
    Type(view, key);
    return Wish::kNothing;
  }
  if (view.help) {
    view.help = false;
    return Wish::kNothing;
  }
  if (view.story) {
    if (key.kind == Kind::kEscape || key.kind == Kind::kEnter || (text && key.text == "q")) {
      view.story.reset();
    } else {
      Scroll(*view.story, Distance(key, size.lines - 2), size);
    }
    return Wish::kNothing;
  }
  if (text && key.text == "q") return Wish::kQuit;
  if (key.kind == Kind::kEnter) return Wish::kStory;
  if (key.kind == Kind::kEscape) view.filter.clear();
  if (text && key.text == "/") view.typing = true;
  if (text && key.text == "p") view.paused = !view.paused;
  if (text && (key.text == "h" || key.text == "?")) view.help = true;
  if (text && key.text == "s") {
    view.order = static_cast<Order>((static_cast<size_t>(view.order) + 1) % kOrderNames.size());
  }
  Move(view, Arrange(snapshot, view), Distance(key, static_cast<int64_t>(RowsThatFit(size))));
  return Wish::kNothing;
}

}  // namespace podtap::top
