// The terminal while a program has all of it.
#pragma once

#include <termios.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "top/view.h"

namespace podtap::cli {

// From Enter() to its end: the alternate screen, no cursor, keys as they are pressed (Ctrl-C
// and Ctrl-Z still raise their signals). Its end, or Leave(), puts all back.
class Screen {
 public:
  Screen() = default;
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() { Leave(); }

  Result<void> Enter();
  void Leave();
  // In one write, so that nothing flickers. Lines beyond the last are cleared.
  Result<void> Show(const std::vector<std::string>& lines);
  static top::Size MeasureSize();

 private:
  bool entered_ = false;
  termios before_{};
};

}  // namespace podtap::cli
