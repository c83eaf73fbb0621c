#include "cli/recorder_session.h"

#include <limits>

#include "base/own_code.h"
#include "cli/exit_status.h"
#include "tapset/tapset.h"

namespace podtap::cli {

Result<std::unique_ptr<RecorderSession>> RecorderSession::Load(
    kernel::Kernel& kernel, const RecorderSessionOptions& options) {
  std::unique_ptr<RecorderSession> made(new RecorderSession());
  const tapset::Script script = tapset::Recorder();
  made->options_.script_text = std::string(script.text);
  made->options_.has_text = true;
  made->options_.args = {options.cgroup_v1_only ? "v1" : "v2"};
  made->options_.verbose = options.verbose;
  made->options_.suppress_warnings = true;
  // A walk through a structure that is being taken apart may fail: that event is lost,
  // the next one isn't.
  made->options_.limits.max_errors = std::numeric_limits<uint32_t>::max();
  Pipeline pipeline(made->options_, kernel);
  made->compilation_ = pipeline.Compile();
  if (!made->compilation_) {
    return std::unexpected(Error{
        .kind = pipeline.status() == kNotSupported ? ErrorKind::kUnsupported : ErrorKind::kInternal,
        .tried = "compile the recorder's script",
        .reason = "see above"});
  }
  ReleaseOwnCode();  // the compiler's
  attach::Options attach;
  attach.ring_bytes = options.ring_bytes;
  auto session =
      attach::Session::Load(made->compilation_->module, made->compilation_->layout, kernel, attach);
  if (!session) return std::unexpected(std::move(session.error()));
  made->session_ = std::move(*session);
  return made;
}

Result<void> RecorderSession::Attach(recorder::Witness& witness) {
  auto sink = recorder::EventReader::Make(compilation_->module, witness);
  if (!sink) return std::unexpected(std::move(sink.error()));
  sink_ = std::move(*sink);
  decoder_.emplace(compilation_->module, compilation_->layout);
  reader_.emplace(session_->ring(), *decoder_);
  return session_->Attach();
}

size_t RecorderSession::Drain(size_t most) { return reader_->Drain(*sink_, most); }

uint64_t RecorderSession::Waiting() const {
  const ir::RingView ring = session_->ring();
  return ring.fd < 0 ? 0 : *ring.producer - *ring.consumer;
}

uint64_t RecorderSession::TakeLost() {
  const ir::Control& control = *session_->control();
  const uint64_t lost = control.lost_items + control.skipped + reader_->bad_records();
  return lost - std::exchange(lost_before_, lost);
}

}  // namespace podtap::cli
