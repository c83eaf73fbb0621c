#include "report/text.h"

#include <algorithm>

#include "report/clock.h"
#include "report/fact.h"
#include "report/page.h"
#include "verdict/view.h"
#include "verdict/wording.h"

namespace podtap::report {
namespace {

using verdict::Confidence;
using verdict::Culprit;
using verdict::Verdict;
using verdict::View;

constexpr size_t kShownRows = 8;
constexpr size_t kShownAncestors = 5;
constexpr size_t kShownCommand = 130;  // bytes

std::string Lifetime(const View& view) {
  const store::Death& death = view.death();
  int64_t lived = 0;
  if (death.container.started_unix_ns > 0 && death.real_minus_boot_ns != 0) {
    lived = verdict::Elapsed({death.container.started_unix_ns}, {verdict::UnixNs(view, death.at)});
  } else if (death.init.start.value != 0) {
    lived = verdict::Elapsed(death.init.start, death.at);
  }
  return lived > 0 ? ", after " + verdict::Duration(lived) : "";
}

std::string When(const View& view) {
  const int64_t at = verdict::UnixNs(view, view.death().at);
  return (at == 0 ? "not known" : LocalDateTime(at)) + Lifetime(view);
}

// "app of pod default/web-0 (containerd 4f1c0de2a9b8, app:7)".
std::string ContainerLine(const container::Container& container) {
  std::string text = verdict::ContainerName(container);
  if (text.starts_with("container ")) text.erase(0, 10);
  std::string aside;
  if (container.runtime != container::RuntimeKind::kUnknown) {
    aside = container::RuntimeName(container.runtime);
  }
  const std::string id = container.id.value.substr(0, 12);
  if (id != text && !id.empty()) aside += (aside.empty() ? "" : " ") + id;
  if (!container.image.empty()) {
    // The registry is in the JSON.
    aside += (aside.empty() ? "" : ", ") + std::string(verdict::BaseName(container.image));
  }
  return aside.empty() ? text : text + " (" + aside + ")";
}

Ink InkOf(Confidence confidence) {
  if (confidence == Confidence::kProven) return Ink::kGreen;
  return confidence == Confidence::kLikely ? Ink::kYellow : Ink::kRed;
}

std::string CommandLine(const store::Process& process) {
  std::string text;
  for (const std::string& arg : process.args) {
    text += (text.empty() ? "" : " ") + verdict::ShellWord(arg);
  }
  if (text.size() > kShownCommand) {
    size_t cut = kShownCommand;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) cut--;
    return text.substr(0, cut) + "…";
  }
  return text + (process.args_cut ? " …" : "");
}

std::string ProgramLine(const store::Process& process) {
  std::string text = process.exe;
  if (process.exe_deleted && !process.exe_memfd) text += " (deleted)";
  if (!process.cwd.empty() && process.cwd != "/") text += ", in " + process.cwd;
  return text;
}

std::string UserLine(const store::Process& process) {
  std::string text = verdict::UserName(process);
  if (process.session != store::kNoUid) text += ", session " + std::to_string(process.session);
  if (!process.tty.empty()) text += ", " + process.tty;
  return text;
}

std::string ParentsLine(const View& view, const Culprit& culprit) {
  std::string text;
  const int64_t end = verdict::UnixNs(view, view.death().at);
  for (size_t i = 0; i < culprit.ancestry.size(); i++) {
    const verdict::Ancestor& ancestor = culprit.ancestry[i];
    // A long line keeps its two ends: who is next, and where it all comes from.
    if (i >= kShownAncestors && i + 2 < culprit.ancestry.size()) {
      if (i == kShownAncestors) text += ", …";
      continue;
    }
    text += (text.empty() ? "" : ", ") + view.Name(ancestor.key);
    std::vector<std::string> marks = ancestor.flags;
    if (ancestor.exited) marks.insert(marks.begin(), "exited");
    if (ancestor.key.start.value > 0 && end != 0) {
      text += " " + LocalSince(verdict::UnixNs(view, ancestor.key.start), end);
    }
    if (!marks.empty()) text += " [" + verdict::Joined(marks) + "]";
  }
  return text;
}

// A program whose path says more than its name and its command line do.
bool WorthNaming(const store::Process& process, const Culprit& culprit) {
  if (!culprit.flags.empty()) return true;
  if (!process.args.empty() && process.args.front() == process.exe) return false;
  return !process.exe.starts_with("/usr/") || verdict::BaseName(process.exe) != process.comm;
}

void AddProcess(const View& view, const Culprit& culprit, std::string_view label, Page& page) {
  if (!culprit.process) return;
  const store::Process& process = *culprit.process;
  const std::string command = CommandLine(process);
  page.Field(label, view.Name(process.key) + (command.empty() ? "" : ": " + command));
  if (!culprit.flags.empty()) page.Field("Suspicious", verdict::Joined(culprit.flags), Ink::kRed);
  if (!process.exe.empty() && WorthNaming(process, culprit)) {
    page.Field("Program", ProgramLine(process));
  }
  if (!culprit.flags.empty() && !process.sha256.empty()) page.Field("SHA-256", process.sha256);
  const std::string user = UserLine(process);
  if (!user.empty()) page.Field("User", user);
  if (culprit.container) {
    page.Field("Runs in", ContainerLine(*culprit.container));
  } else if (!process.unit.empty() && !process.unit.ends_with(".scope")) {
    page.Field("Unit", process.unit);
  }
  if (!culprit.ancestry.empty()) page.Field("Parents", ParentsLine(view, culprit));
}

void AddCulprit(const View& view, const Verdict& verdict, Page& page) {
  if (!verdict.culprit) return;
  const Culprit& culprit = *verdict.culprit;
  page.Blank();
  switch (culprit.kind) {
    case Culprit::Kind::kKernel:
      page.Field("Killer", "the kernel");
      return;
    case Culprit::Kind::kSelf:
      page.Field("Itself", culprit.process ? view.Name(culprit.process->key) + ": " +
                                                 CommandLine(*culprit.process)
                                           : "");
      return;
    case Culprit::Kind::kRuntime:
    case Culprit::Kind::kKubelet:
      page.Field("By way of", culprit.process
                                  ? view.Name(culprit.process->key)
                                  : "the " + std::string(verdict::CulpritKindName(culprit.kind)));
      break;
    case Culprit::Kind::kProcess:
      AddProcess(view, culprit, "Killer", page);
      break;
  }
  const char* asked = !verdict.asker_known        ? "Connected"
                      : verdict.asker_did.empty() ? "Asked by"
                                                  : "Killer";
  for (const Culprit& asker : verdict.on_behalf_of) {
    if (!asker.process) continue;
    // The kubelet asks for others too; it needs no description.
    if (asker.kind == Culprit::Kind::kKubelet) {
      page.Field(asked, view.Name(asker.process->key));
    } else {
      AddProcess(view, asker, asked, page);
    }
  }
}

// Who was connected stands above already, and what of it is not known below.
bool IsShown(const store::Row& row) {
  return !std::holds_alternative<store::RuntimeClients>(row.fact);
}

void AddEvidence(const View& view, const Verdict& verdict, Page& page) {
  const store::Death& death = view.death();
  std::vector<store::RowId> rows;
  for (const store::RowId row : verdict.evidence) {
    if (IsShown(death.rows[row])) rows.push_back(row);
  }
  if (rows.empty()) return;
  page.Blank();
  const auto find = [&](const store::ProcessKey& key) { return view.Find(key); };
  size_t left_out = 0;
  if (rows.size() > kShownRows) {
    // The first rows tell the cause, the last the end.
    left_out = rows.size() - kShownRows;
    rows.erase(rows.begin() + kShownRows / 2,
               rows.begin() + kShownRows / 2 + static_cast<std::ptrdiff_t>(left_out));
  }
  size_t width = 0;
  std::vector<std::string> times;
  for (const store::RowId row : rows) {
    times.push_back(Relative(verdict::Elapsed(death.at, death.rows[row].at)));
    width = std::max(width, times.back().size());
  }
  for (size_t i = 0; i < rows.size(); i++) {
    const std::string time = std::string(width - times[i].size(), ' ') + times[i] + "  ";
    page.Item(i == 0 ? "Evidence" : "", time, FactText(death.rows[rows[i]], find));
    if (left_out != 0 && i == kShownRows / 2 - 1) {
      page.Item("", std::string(width + 2, ' '),
                "… " + std::to_string(left_out) + " more; -o json has them");
    }
  }
}

// Who was asked after the fact: what each of them remembers, or why he didn't answer.
void AddAsked(const store::Death& death, Page& page) {
  if (death.asked.empty()) return;
  std::vector<std::string> answers;
  for (const store::Asked& asked : death.asked) {
    std::string text = asked.source;
    const bool whole = asked.from <= death.at && asked.to >= death.at && asked.to.value != 0;
    if (!asked.problem.empty()) {
      text += " (" + asked.problem + ")";
    } else if (!whole) {
      text += asked.to.value == 0 ? " (nothing of that time)" : " (begins later)";
    }
    answers.push_back(std::move(text));
  }
  page.Field("Asked", verdict::Joined(answers));
}

void AddList(const std::vector<std::string>& texts, std::string_view label, Page& page) {
  if (texts.empty()) return;
  page.Blank();
  for (const std::string& text : texts) {
    page.Item(&text == texts.data() ? label : "", "- ", text);
  }
}

}  // namespace

std::string VerdictText(const store::Death& death, const Verdict& verdict,
                        const TextOptions& options) {
  const View view(death);
  Page page(options.width, options.colour);
  page.Paragraph(verdict.headline, Ink::kBold);
  page.Blank();
  page.Field("When", When(view));
  page.Field("Container", ContainerLine(death.container));
  page.Field("Exit", verdict.exit.text);
  std::string cause = std::string(verdict::CauseName(verdict.cause));
  if (verdict.confidence != Confidence::kUnknown) {
    cause += ", " + std::string(verdict::ConfidenceName(verdict.confidence));
  }
  if (!verdict.via.empty()) cause += ", by way of a " + verdict::Joined(verdict.via);
  page.Field("Cause", cause, InkOf(verdict.confidence));
  AddAsked(death, page);
  AddCulprit(view, verdict, page);
  AddEvidence(view, verdict, page);
  AddList(verdict.next_steps, "Next", page);
  AddList(verdict.gaps, "Not known", page);
  return std::move(page).Take();
}

}  // namespace podtap::report
