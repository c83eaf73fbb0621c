// rlimit.fsize: a file would have grown beyond RLIMIT_FSIZE.
//
// Demands: SIGXFSZ without siginfo, to the thread that wrote (mm/filemap.c, fs/read_write.c:
// send_sig(SIGXFSZ, current, 0)).
#include "verdict/rules/own_act.h"
#include "verdict/signal.h"

namespace podtap::verdict {

std::optional<Finding> RlimitFsize(const Scene& scene) {
  if (!scene.blow || scene.sent()->signal != kSigXfsz ||
      !RaisedForItself(*scene.sent(), store::SignalSent::Info::kNone)) {
    return std::nullopt;
  }
  Finding finding = ByOwnAct(scene, Cause::kRlimitFsize,
                             "wrote a file beyond its size limit, RLIMIT_FSIZE (SIGXFSZ)");
  finding.next_steps.emplace_back(
      "rotate the file, or raise the limit: docker run --ulimit "
      "fsize=…, ulimit -f, LimitFSIZE= of the runtime's unit");
  return finding;
}

}  // namespace podtap::verdict
