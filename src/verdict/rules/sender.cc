#include "verdict/rules/sender.h"

#include <algorithm>

#include "verdict/culprit.h"
#include "verdict/rules/cgroup_kill.h"
#include "verdict/rules/runtime.h"
#include "verdict/windows.h"
#include "verdict/wording.h"

namespace podtap::verdict {
namespace {

constexpr int32_t kSiTkill = -6;

std::string Where(const Scene& scene, const Culprit& culprit) {
  switch (SenderPlace(scene)) {
    case Place::kHost:
      return " on the host";
    case Place::kSame:
      return " in the same container";
    case Place::kOther:
      return culprit.container ? " of " + ContainerName(*culprit.container)
                               : " of another container";
    case Place::kUnknown:
      break;
  }
  return "";
}

// journalctl's --since a minute before it happened.
std::string Since(const View& view) {
  const int64_t at = UnixNs(view, view.death().at);
  return at == 0 ? "" : " --since '" + Utc(at - 60 * kSecond) + "'";
}

std::string Command(const store::Process& process) {
  std::string text;
  for (const std::string& arg : process.args) text += (text.empty() ? "" : " ") + ShellWord(arg);
  return text.empty() ? process.comm : text;
}

// The command in cron's table: what the daemon's child ran.
std::string CronJob(const View& view, const Culprit& culprit) {
  const store::Process* job = &*culprit.process;
  for (const Ancestor& ancestor : culprit.ancestry) {
    const store::Process* above = view.Find(ancestor.key);
    if (above == nullptr || above->unit != culprit.process->unit) break;
    if (Lower(above->comm).starts_with("cron")) break;
    job = above;
  }
  return Command(*job);
}

void AddUnitStep(const View& view, const Culprit& culprit, std::vector<std::string>& steps) {
  const store::Process& process = *culprit.process;
  if (process.unit.empty()) return;
  if (process.unit.ends_with(".scope")) return;  // a login's session has no journal of its own
  std::string why = "see why it did so: journalctl -u " + ShellWord(process.unit) + Since(view);
  if (process.unit == "cron.service" || process.unit == "crond.service") {
    why = "a cron job did it: " + CronJob(view, culprit) + "; see /etc/cron* and /var/spool/cron";
  }
  steps.push_back(why);
}

// The nearest ancestor that looks like malware, up to the runtime that started the
// container. A program that is only deleted may as well have been upgraded.
const Ancestor* OddAncestor(const View& view, const Culprit& culprit) {
  for (const Ancestor& ancestor : culprit.ancestry) {
    if (IsRuntimeProgram(view, ancestor.key)) return nullptr;
    const bool odd = std::ranges::any_of(
        ancestor.flags, [](const std::string& flag) { return flag != "deleted_exe"; });
    if (odd) return &ancestor;
  }
  return nullptr;
}

// The killer may be a plain tool in the hands of something that isn't.
void AddAncestorStep(const View& view, const Culprit& culprit, std::vector<std::string>& steps) {
  const Ancestor* odd = OddAncestor(view, culprit);
  if (odd == nullptr) return;
  const store::Process* process = view.Find(odd->key);
  steps.push_back("look at its ancestor " + view.Name(odd->key) + ": " + Joined(odd->flags) +
                  (process == nullptr ? "" : ", program " + process->exe));
}

void AddFlagSteps(const View& view, const Culprit& culprit, std::vector<std::string>& steps) {
  AddAncestorStep(view, culprit, steps);
  if (culprit.flags.empty()) return;
  const std::string pid = std::to_string(culprit.process->key.pid.value);
  const bool alive = !culprit.process->exited || *culprit.process->exited > view.death().at;
  if (alive) {
    steps.push_back("its program looks unusual; keep a copy: cp /proc/" + pid + "/exe /root/" +
                    pid + ".exe && sha256sum /root/" + pid + ".exe");
  } else if (!culprit.process->sha256.empty()) {
    steps.push_back("its program looks unusual; look its SHA-256 up: " + culprit.process->sha256);
  } else {
    steps.push_back("its program looks unusual: ls -l " + ShellWord(culprit.process->exe));
  }
}

}  // namespace

bool SomebodySent(const Scene& scene) {
  if (!scene.blow || FromKernel(*scene.sent()) || scene.sent()->sender_kthread) return false;
  if (!scene.sent()->sender.known()) return false;  // its row is damaged
  // What else comes without a siginfo (a parent's death) is no sender's will.
  return scene.sent()->info == store::SignalSent::Info::kReal || IsCgroupKill(*scene.sent());
}

Place SenderPlace(const Scene& scene) {
  return PlaceOf(scene.view, scene.sent()->sender, scene.sent()->sender_cgroup);
}

std::string Act(const Scene& scene) {
  const View& view = scene.view;
  const store::SignalSent& sent = *scene.sent();
  const std::string signal = SignalName(sent.signal);
  const std::string target = view.Name(sent.target);
  if (!Same(sent.target, scene.subject.end.process)) {
    return "sent " + signal + " to " + target + ", which ended " + scene.subject_name();
  }
  if (!scene.blow->taken) return "killed " + target + " with " + signal;
  const int64_t after = Elapsed(scene.blow->root.at, scene.subject.end.at);
  return "sent " + signal + " to " + target + ", which exited with code " +
         std::to_string(scene.subject.end.code().value_or(0)) +
         (after > kMoments ? " " + Duration(after) + " later" : "");
}

std::string Actor(const Scene& scene) {
  const View& view = scene.view;
  const store::ProcessKey& sender = scene.sent()->sender;
  const Culprit culprit = MakeCulprit(view, Culprit::Kind::kProcess, sender, scene.sent());
  const std::string where = Where(scene, culprit);
  std::string text = view.Name(sender);
  if (const Ancestor* odd = OddAncestor(view, culprit)) {
    text += ", a descendant of " + view.Name(odd->key);
  }
  const std::string user = SenderPlace(scene) == Place::kHost ? UserName(*culprit.process) : "";
  if (!user.empty()) text += ", run by " + user;
  const bool aside = text.find(", ") != std::string::npos;
  return text + where + (aside ? "," : "");
}

void AddOriginSteps(const View& view, const Culprit& culprit, std::vector<std::string>& steps) {
  if (!culprit.process) return;
  const std::string& login = culprit.process->login_user;
  AddFlagSteps(view, culprit, steps);
  AddUnitStep(view, culprit, steps);
  if (!login.empty()) {
    steps.push_back("ask " + login + "; their logins: last -w " + ShellWord(login));
  }
}

void AddSenderSteps(const View& view, const Culprit& culprit, std::vector<std::string>& steps) {
  if (!culprit.process) return;
  const store::Process& process = *culprit.process;
  AddOriginSteps(view, culprit, steps);
  if (process.key.pid.value == 1) {
    steps.push_back(
        "the host's first process did it: a unit or scope was stopped: journalctl "
        "_PID=1" +
        Since(view));
    return;
  }
  const bool alive = !process.exited;
  if (alive && !culprit.flags.empty()) return;  // a copy of its program was asked for
  if (alive && process.seen != store::Seen::kMentioned) {
    const std::string pid = std::to_string(process.key.pid.value);
    steps.push_back("it may run still: ps -fp " + pid + "; ls -l /proc/" + pid + "/exe");
  } else {
    const auto living = std::ranges::find(culprit.ancestry, false, &Ancestor::exited);
    if (living != culprit.ancestry.end() && living->key.pid.value > 1) {
      steps.push_back("it has ended; its nearest living ancestor: ps -fp " +
                      std::to_string(living->key.pid.value));
    }
  }
  if (culprit.container && !culprit.container->pod.name.empty()) {
    const container::Pod& pod = culprit.container->pod;
    steps.push_back("look at its pod: kubectl -n " + ShellWord(pod.ns) + " describe pod " +
                    ShellWord(pod.name));
  }
}

Finding SentBy(const Scene& scene, Cause cause) {
  Finding finding;
  finding.cause = cause;
  finding.headline = Actor(scene) + " " + Act(scene) + ".";
  finding.culprit =
      MakeCulprit(scene.view, Culprit::Kind::kProcess, scene.sent()->sender, scene.sent());
  if (const auto asked = AskedBefore(scene);
      asked && Elapsed(asked->at, scene.blow->root.at) <= kAnswer) {
    // It was on its way out already.
    finding.chain.push_back(SentLink(scene.view, *asked));
    finding.evidence.push_back(asked->row);
  }
  finding.chain.push_back(SentLink(scene.view, scene.blow->root));
  finding.evidence.push_back(scene.blow->root.row);
  AddSenderSteps(scene.view, *finding.culprit, finding.next_steps);
  if (scene.sent()->code < -1 && scene.sent()->code != kSiTkill) {
    finding.confidence = Confidence::kLikely;
    finding.gaps.push_back("Its siginfo says si_code " + std::to_string(scene.sent()->code) +
                           ": forged by the sender, or a timer that ran out in the midst of its "
                           "call.");
  }
  if (OnlyNamedLikeRuntime(scene.view, scene.blow->root)) {
    finding.gaps.push_back("It is called " + scene.view.Comm(scene.sent()->sender) +
                           ", but nothing shows that it is the container runtime.");
  }
  return finding;
}

}  // namespace podtap::verdict
