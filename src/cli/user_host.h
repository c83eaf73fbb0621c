// What user-side probes see of the world (interp::Host), and where their output
// goes.
#pragma once

#include <memory>
#include <string>

#include "attach/session.h"
#include "interp/interp.h"
#include "kernel/kernel.h"
#include "print/printer.h"

namespace podtap::cli {

// How a session ends, collected from the kernel's events and the user side.
struct SessionState {
  bool exit_asked = false;
  uint64_t errors = 0;
};

class UserHost : public interp::Host {
 public:
  UserHost(const ir::Module& module, kernel::Kernel& kernel, print::Printer& printer,
           SessionState& state, int64_t target_pid);

  int64_t Context(ir::ContextValue which) override;
  std::string Comm() override;
  bool ReadKernel(uint64_t address, void* to, uint32_t size) override;
  bool ReadUser(uint64_t address, void* to, uint32_t size) override;
  uint64_t TaskFromPid(int64_t pid) override;
  TaskOffsets task_offsets() override;
  void Print(uint32_t program, std::string_view text) override;
  void Event(uint32_t program, uint32_t event, std::span<const ir::FormatValue> values) override;
  void Exit() override;
  void Error(uint32_t program, ir::SiteId site, std::string_view message) override;
  void Warn(std::string_view message) override;
  void Log(std::string_view message) override;

  bool Interrupted() override;
  // Readable when a signal that ends the session came.
  void set_signals(int fd) { signals_fd_ = fd; }
  print::Origin OriginOf(uint32_t program) const;

 private:
  attach::KernelReader& reader();

  const ir::Module& module_;
  kernel::Kernel& kernel_;
  print::Printer& printer_;
  SessionState& state_;
  int64_t target_pid_;
  int signals_fd_ = -1;
  std::unique_ptr<attach::KernelReader> reader_;
};

// "ERROR: message near … in probe …" on stderr.
void PrintScriptError(const ir::Module& module, uint32_t program, ir::SiteId site,
                      std::string_view message);
void PrintScriptWarning(std::string_view message);

}  // namespace podtap::cli
