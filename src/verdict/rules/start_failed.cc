// start.failed: it never ran.
//
// Demands: the runtime's own error together with one of its exit codes (126, 127, 128),
// and that no program of the container was seen to run. Or, without the runtime's word:
// a first process whose end was seen while it still was the runtime's own (its comm is
// runc's or crun's before the exec), and that never ran another program.
//
// A shell that exits with 127 ran: its command did not. That is `exit`.
#include <algorithm>
#include <array>

#include "verdict/hand.h"
#include "verdict/rules/rule.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr std::array<std::string_view, 5> kReasons = {"ContainerCannotRun", "StartError",
                                                      "RunContainerError", "CreateContainerError",
                                                      "CreateContainerConfigError"};

struct Hint {
  std::string_view text;  // in the runtime's message, lower case
  std::string_view step;
};
constexpr std::array kHints = {
    Hint{"executable file not found",
         "the command isn't in the image's PATH: see command, args and ENTRYPOINT"},
    Hint{"no such file or directory",
         "the command or its interpreter (#!, ld.so) isn't in the image, or a mount's source is "
         "missing"},
    Hint{"permission denied", "the command isn't executable: chmod +x in the image; or noexec"},
    Hint{"exec format error", "built for another architecture, or a script without #!"},
    Hint{"not a directory", "a file is mounted over a folder, or a folder over a file"},
    Hint{"address already in use", "another process has the host's port: ss -ltnp"},
    Hint{"no space left", "the node's disk is full: df -h, df -i"},
    Hint{"cannot allocate memory", "the memory limit is too low to start, or the node is full"},
    Hint{"unable to find user", "the image has no such user: runAsUser, USER"},
};

// What matters of a runtime's error, which wraps one error in the other:
// `exec: "servr": executable file not found in $PATH`.
std::string Core(std::string_view message) {
  constexpr std::array<std::string_view, 5> kWraps = {
      "OCI runtime create failed: ", "runc create failed: ", "caused: ",
      "unable to start container process: ", "failed to create shim task: "};
  for (const std::string_view wrap : kWraps) {
    const size_t at = message.rfind(wrap);
    if (at != std::string_view::npos && at + wrap.size() < message.size()) {
      message.remove_prefix(at + wrap.size());
    }
  }
  if (message.ends_with(": unknown")) message.remove_suffix(9);
  return std::string(message);
}

bool RuntimeSaysSo(const container::RuntimeExit& said) {
  if (std::ranges::find(kReasons, said.reason) != kReasons.end()) return true;
  const bool code = said.exit_code >= 126 && said.exit_code <= 128;
  return code && !said.message.empty();
}

// It ended while it was still what the runtime had forked.
bool StillTheRuntimes(const View& view) {
  const Exited* ended = view.EndOf(view.init());
  if (ended == nullptr || view.Executed(view.init())) return false;
  const std::string& comm = ended->fact->comm;
  const bool named =
      comm.starts_with("runc:[") || comm == "runc" || comm == "crun" || comm == "youki";
  if (!named) return false;
  const store::Process* process = view.Find(view.init());
  return process != nullptr && (process->seen == store::Seen::kBorn || !process->exe.empty()) &&
         (process->exe.empty() || IsRuntimeProgram(view, view.init()));
}

}  // namespace

std::optional<Finding> StartFailed(const Scene& scene) {
  const View& view = scene.view;
  const auto& said = scene.death().runtime_exit;
  const bool by_word = said && RuntimeSaysSo(*said) && !view.Executed(view.init());
  const bool by_kernel = !scene.blow && StillTheRuntimes(view);
  if (!by_word && !by_kernel) return std::nullopt;
  Finding finding;
  finding.cause = Cause::kStartFailed;
  finding.without_blow = true;
  finding.headline = ContainerName(scene.death().container) + " never ran";
  finding.headline[0] = finding.headline[0] == 'c' ? 'C' : finding.headline[0];
  const std::string message = said ? said->message : "";
  if (!message.empty()) {
    finding.headline += ": " + Core(message);
    finding.chain.push_back({.text = "the runtime's error: " + message, .process = {}, .row = {}});
  }
  if (!finding.headline.ends_with('.')) finding.headline += ".";
  // The runtime knows what it could not start.
  finding.beyond_gaps = by_word;
  finding.by_absence = !by_word;
  const std::string lower = Lower(message);
  for (const Hint& hint : kHints) {
    if (lower.find(hint.text) != std::string::npos) finding.next_steps.emplace_back(hint.step);
  }
  if (message.empty()) {
    finding.gaps.emplace_back("The runtime's error is not known.");
    finding.next_steps.emplace_back(
        "read the runtime's error: docker inspect -f "
        "'{{.State.Error}}', kubectl describe pod");
  }
  return finding;
}

}  // namespace podtap::verdict
