#include "cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace podtap::cli {
namespace {

// xterm's ctlseqs: the alternate screen (1049), the cursor (25), lines that go on below (7):
// a character may fill two cells, and then a line is cut at the edge and moves no other.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

bool WriteAll(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

Result<void> Screen::Enter() {
  if (entered_) return {};
  if (::tcgetattr(STDIN_FILENO, &before_) != 0) {
    return std::unexpected(SystemError("read the settings of", "the terminal", errno));
  }
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0) {
    return std::unexpected(SystemError("set up", "the terminal", errno));
  }
  entered_ = true;
  if (!WriteAll(kEnter)) return std::unexpected(SystemError("write to", "the terminal", errno));
  return {};
}

void Screen::Leave() {
  if (!entered_) return;
  entered_ = false;
  WriteAll(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

Result<void> Screen::Show(const std::vector<std::string>& lines) {
  std::string text(kHome);
  for (size_t i = 0; i < lines.size(); i++) {
    text += lines[i];
    text += kClearLine;
    if (i + 1 < lines.size()) text += "\r\n";
  }
  text += kClearBelow;
  if (!WriteAll(text)) return std::unexpected(SystemError("write to", "the terminal", errno));
  return {};
}

top::Size Screen::MeasureSize() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {.columns = size.ws_col, .lines = size.ws_row};
}

}  // namespace podtap::cli
