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
  // Text as printed by the script. With Options::escape_controls it is escaped as
  // a whole, the script's own control characters too; where FormatEvent (or the
  // interpreter) has escaped the values already, leave that option off.
  virtual void Text(const Origin& origin, std::string_view text) = 0;
  // A structured event: {"time", "probe", "cpu", "pid", "event", fields…}; a field
  // named as one of these five gets an underscore behind its name. As text:
  // `name field=1 field="text"`.
  virtual void Event(const Origin& origin, const ir::EventType& type,
                     std::span<const ir::FormatValue> values) = 0;
  virtual void Flush() = 0;
  // errno of the first write that failed (disk full, closed pipe), else 0. What
  // is printed after it is dropped.
  virtual int write_error() const = 0;

  struct Options {
    int fd = 1;
    Mode mode = Mode::kText;
    // Control characters other than \n and \t print as \x1b (text mode only: JSON
    // has its own escapes).
    bool escape_controls = false;
    int64_t real_offset_ns = 0;  // CLOCK_REALTIME - CLOCK_BOOTTIME, for JSON's time
  };
  static std::unique_ptr<Printer> Make(const ir::Module& module, const Options& options);
};

// Replaces control characters and invalid UTF-8 with visible escapes; \n and \t
// stay. For names and command lines, which are hostile input.
std::string EscapeControls(std::string_view text);

// The text of an event that has a format (kPrint, kError, kWarn, kLog).
// `escape_controls`: what comes from values is escaped, the format's own text isn't.
void FormatEvent(const ir::Module& module, const events::Event& event, bool escape_controls,
                 std::string& out);

}  // namespace podtap::print
