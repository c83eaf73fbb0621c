// What the reader of `podtap top` has chosen: order, filter, a line, a story.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "top/keys.h"
#include "top/snapshot.h"

namespace podtap::top {

enum class Order : uint8_t { kDeath, kRestarts, kMemory, kName };
// "death", "restarts", "memory", "name".
std::string_view OrderName(Order order);
std::optional<Order> OrderFromName(std::string_view name);

struct Size {
  int columns = 80;
  int lines = 24;
};

// A death's verdict, as lines that are escaped already.
struct Story {
  std::vector<std::string> lines;
  size_t first = 0;  // the one at the top
};

struct View {
  Order order = Order::kDeath;
  std::string filter;
  bool typing = false;  // the filter
  bool paused = false;
  int64_t old_s = 0;  // how old the snapshot is, if it should be newer
  bool help = false;
  std::string selected;  // a Row's key
  size_t first = 0;      // the row at the top
  std::optional<Story> story;
};

// The rows that the filter leaves, in the chosen order.
std::vector<const Row*> Arrange(const Snapshot& snapshot, const View& view);

enum class Wish : uint8_t { kNothing, kQuit, kStory };
// What a key does. kStory: the selected row's last death is wanted.
Wish Press(View& view, const Key& key, const Snapshot& snapshot, Size size);
// The selected row is one that is there, and `first` shows it.
void Settle(View& view, const std::vector<const Row*>& rows, size_t shown);
// How many rows fit, beside heading, latest deaths and foot.
size_t RowsThatFit(Size size);

}  // namespace podtap::top
