// interrupt: SIGINT or SIGQUIT from its terminal (Ctrl-C, Ctrl-\).
//
// Demands: the kernel's own SIGINT or SIGQUIT, which only the terminal's line discipline
// sends (drivers/tty/n_tty.c, isig).
#include "verdict/rules/terminal.h"
#include "verdict/signal.h"

namespace podtap::verdict {

std::optional<Finding> Interrupt(const Scene& scene) {
  if (!FromTerminal(scene, {kSigInt, kSigQuit})) return std::nullopt;
  const bool quit = scene.sent()->signal == kSigQuit;
  Finding finding = ByTerminal(
      scene, Cause::kInterrupt,
      std::string("Somebody pressed ") + (quit ? "Ctrl-\\" : "Ctrl-C") + " at its terminal");
  finding.gaps.emplace_back("Who sat at the terminal is not known.");
  finding.next_steps.emplace_back(
      "see who was attached: docker attach, docker run -it, kubectl "
      "attach");
  return finding;
}

}  // namespace podtap::verdict
