// Runs ir in user space: begin, end, error and timer probes, and the other half
// of every differential test.
//
// What enters: a Module with caps, a program's index, the Store of globals and a
// Host. What leaves: calls of the Host.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ir/ir.h"
#include "ir/layout.h"
#include "ir/store.h"

namespace podtap::interp {

// What a program asks of the world. Tests use a fake one.
class Host {
 public:
  virtual ~Host() = default;
  virtual int64_t Context(ir::ContextValue which) = 0;  // kCurrentTask: the address, or 0
  virtual std::string Comm() = 0;
  virtual bool ReadKernel(uint64_t address, void* to, uint32_t size) = 0;
  virtual bool ReadUser(uint64_t address, void* to, uint32_t size) = 0;
  virtual uint64_t TaskFromPid(int64_t pid) = 0;
  // The offsets that kChainCapture walks by; 0 if BTF is not there.
  struct TaskOffsets {
    uint32_t comm = 0, start_boottime = 0, real_parent = 0;
  };
  virtual TaskOffsets task_offsets() = 0;

  // Asked now and then inside loops: true ends the program where it is.
  virtual bool Interrupted() { return false; }

  virtual void Print(uint32_t program, std::string_view text) = 0;
  virtual void Event(uint32_t program, uint32_t event, std::span<const ir::FormatValue> values) = 0;
  virtual void Exit() = 0;
  virtual void Error(uint32_t program, ir::SiteId site, std::string_view message) = 0;
  virtual void Warn(std::string_view message) = 0;
  virtual void Log(std::string_view message) = 0;
};

// Globals that no kernel-side program touches.
std::unique_ptr<ir::Store> MakeLocalStore(const ir::Module& module);

class Interpreter {
 public:
  // `kernel_store` may be null when no global is in_kernel.
  Interpreter(const ir::Module& module, ir::Store& local_store, ir::Store* kernel_store,
              Host& host);
  ~Interpreter();
  // Values that are printed have their control characters escaped (for a terminal);
  // the script's own text passes as it is. Off at first.
  void set_escape_controls(bool escape);
  // Runs a program to its end (or to its error, which the Host got).
  void Run(uint32_t program);
  // What SystemTap prints at the end of a session: globals that were written
  // and never read ("cnt=5", "names[\"b\"]=2", "agg @count=1 …"), in order of
  // declaration, arrays by descending value.
  std::string UnreadGlobals();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// @hist_log and @hist_linear as SystemTap draws them.
std::string DrawHistogram(const ir::Global& global, ir::HistogramKind kind,
                          std::span<const uint8_t> value);

}  // namespace podtap::interp
