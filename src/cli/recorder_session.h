// The recorder's script in the kernel: compiled, loaded, attached, read.
//
// Callers: `podtap watch` and `podtap record`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "attach/session.h"
#include "base/result.h"
#include "cli/pipeline.h"
#include "events/reader.h"
#include "kernel/kernel.h"
#include "recorder/event_reader.h"

namespace podtap::cli {

struct RecorderSessionOptions {
  // Whose cgroup ids the script tells: true on a node with version 1 alone.
  bool cgroup_v1_only = false;
  uint64_t ring_bytes = 8u << 20;
  int verbose = 0;
};

class RecorderSession {
 public:
  // Compiles and loads; nothing is recorded yet. What is wrong with the script itself is
  // printed, and the Error is kInternal.
  static Result<std::unique_ptr<RecorderSession>> Load(kernel::Kernel& kernel,
                                                       const RecorderSessionOptions& options);
  // From then on events come in. `witness` must outlive the session.
  Result<void> Attach(recorder::Witness& witness);
  void Detach() { session_->Detach(); }

  int fd() { return session_->ring().fd; }  // readable when there are events
  // Hands on what is in the ring now, at most `most` records. Returns how many.
  size_t Drain(size_t most);

  // Bytes of records that wait in the ring.
  uint64_t Waiting() const;

  // Since the last call: events that didn't fit the ring, were passed over because a
  // probe interrupted itself, or could not be understood.
  uint64_t TakeLost();

 private:
  RecorderSession() = default;

  RunOptions options_;  // compilation_ was made of it
  std::unique_ptr<Compilation> compilation_;
  std::unique_ptr<attach::Session> session_;
  std::optional<events::Decoder> decoder_;
  std::optional<events::RingReader> reader_;
  std::unique_ptr<recorder::EventReader> sink_;
  uint64_t lost_before_ = 0;
};

}  // namespace podtap::cli
