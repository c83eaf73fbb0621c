#include "verdict/end.h"

#include "verdict/signal.h"

namespace podtap::verdict {

End EndFrom(const Exited& exited) {
  return {.process = exited->process, .at = exited.at, .status = exited->status, .row = exited.row};
}

std::optional<End> EndOfProcess(const View& view, const store::ProcessKey& key) {
  if (const Exited* exited = view.EndOf(key)) return EndFrom(*exited);
  const store::Process* process = view.Find(key);
  if (process == nullptr || !process->exited) return std::nullopt;
  return End{
      .process = key, .at = *process->exited, .status = process->exit_status, .row = std::nullopt};
}

End EndOfInit(const View& view) {
  const store::Death& death = view.death();
  if (const Exited* exited = view.EndOf(death.init)) {
    End end = EndFrom(*exited);
    if (death.exit_status) end.status = death.exit_status;
    return end;
  }
  return {.process = death.init, .at = death.at, .status = death.exit_status, .row = std::nullopt};
}

Exit DecodeExit(const View& view, const End& init) {
  Exit exit;
  if (const int32_t signal = init.signal(); signal != 0) {
    exit.signal = signal;
    exit.code = 128 + signal;
    exit.core_dumped = DumpedCore(*init.status);
    exit.text = std::to_string(128 + signal) + ": " + SignalName(signal) +
                (exit.core_dumped ? ", core dumped" : "");
    return exit;
  }
  std::string word;
  exit.code = init.code();
  if (!exit.code) {
    const auto& said = view.death().runtime_exit;
    if (!said) {
      exit.text = "not known";
      return exit;
    }
    exit.code = said->exit_code;
    word = ", by the runtime's word";
  }
  exit.text = std::to_string(*exit.code);
  if (const int32_t signal = SignalOfExitCode(*exit.code); signal != 0) {
    exit.text += init.code() ? ": exit code of its own (128 + " + SignalName(signal) + ")"
                             : ": " + SignalName(signal) + ", or an exit code of its own";
  }
  exit.text += word;
  return exit;
}

}  // namespace podtap::verdict
