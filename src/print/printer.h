// Events → text or JSON on a file descriptor.
//
// Callers: cli's session loop, for records of the kernel (through events::Sink)
// and for what user-side probes print. Output is buffered; Flush() when the ring
// is empty, and before the process waits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "events/reader.h"
#include "ir/ir.h"

namespace podtap::print {

// Who printed, when and where: JSON shows it, text doesn't.
struct Origin {
  uint64_t time_ns = 0;  // CLOCK_BOOTTIME
  uint32_t program = 0;
  uint32_t cpu = 0;
  uint32_t pid = 0;
};

enum class Mode { kText, kJson };

class Printer {
 public:
  virtual ~Printer() = default;
  // Text as printed by the script; escaped when `escape_controls` was asked for.
  virtual void Text(const Origin& origin, std::string_view text) = 0;
  // A structured event: {"time", "probe", "cpu", "pid", "event", fields…}.
  virtual void Event(const Origin& origin, const ir::EventType& type,
                     std::span<const ir::FormatValue> values) = 0;
  virtual void Flush() = 0;
  // False after a write failed (disk full, closed pipe); errno of the first.
  virtual int write_error() const = 0;

  struct Options {
    int fd = 1;
    Mode mode = Mode::kText;
    // On a terminal: control characters other than \n and \t (and the script's own
    // literals' escapes, see escape.h) print as \x1b.
    bool escape_controls = false;
    int64_t real_offset_ns = 0;  // CLOCK_REALTIME - CLOCK_BOOTTIME, for JSON's time
  };
  static std::unique_ptr<Printer> Make(const ir::Module& module, const Options& options);
};

// Replaces control characters and invalid UTF-8 with visible escapes; \n and \t
// stay. For names and command lines, which are hostile input.
std::string EscapeControls(std::string_view text);

// The text of a kPrint event.
void FormatEvent(const ir::Module& module, const events::Event& event, bool escape_controls,
                 std::string& out);

}  // namespace podtap::print
