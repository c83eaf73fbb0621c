#include "cli/watch_output.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <ranges>

#include "base/escape.h"
#include "cli/node_watch.h"
#include "cli/standard_output.h"
#include "cli/terminal.h"
#include "report/clock.h"
#include "report/fact.h"
#include "report/json.h"
#include "report/stream.h"
#include "report/text.h"

namespace podtap::cli {
namespace {

// What is told as it happens: what ends or stops something, and who did it. The rest
// stands in the evidence.
bool WorthALine(const recorder::Life& life, const store::Row& row) {
  if (const auto* exited = std::get_if<store::ProcessExited>(&row.fact)) {
    return exited->process == life.init || exited->thread_only || (exited->status & 0x7f) != 0;
  }
  if (std::holds_alternative<store::ProcessExec>(row.fact) ||
      std::holds_alternative<store::MemoryCounters>(row.fact) ||
      std::holds_alternative<store::CgroupChanged>(row.fact) ||
      std::holds_alternative<store::RuntimeClients>(row.fact)) {
    return false;
  }
  return true;
}

// task_ancestry()'s form of a start: "33475m5.202486630s".
std::string StartText(store::BootNs start) {
  const int64_t seconds = start.value / 1'000'000'000;
  return fmt::format("{}m{}.{:09}s", seconds / 60, seconds % 60, start.value % 1'000'000'000);
}

}  // namespace

WatchOutput::WatchOutput(const WatchOptions& options, bool several)
    : options_(options), several_(several), colour_(ColourOnStdout()), width_(TerminalWidth()) {}

void WatchOutput::Line(const std::string& text) {
  if (written_) written_ = WriteOut(text + "\n");
}

std::string WatchOutput::Prefix(const recorder::Life& life) const {
  if (!several_) return "";
  return "[" + Escape(container::TargetOf(life.container)) + "] ";
}

void WatchOutput::Started(const recorder::Life& life, store::BootNs at) {
  const int64_t unix_ns = at.value + NodeWatch::RealMinusBootNs();
  if (options_.json) return Line(report::StartJson(life.container, unix_ns));
  if (options_.classic) return;
  Line(fmt::format("{} {}watching {}, first process {}", report::LocalTime(unix_ns), Prefix(life),
                   Escape(container::TargetOf(life.container)), life.init.pid.value));
}

void WatchOutput::Fact(const recorder::Life& life, const store::Row& row,
                       const recorder::Lineage& lineage) {
  if (options_.json) {
    return Line(report::FactJson(life.container, row, NodeWatch::RealMinusBootNs()));
  }
  if (options_.classic) {
    if (const auto* sent = std::get_if<store::SignalSent>(&row.fact)) Classic(*sent, lineage);
    return;
  }
  if (!options_.all_facts && !WorthALine(life, row)) return;
  std::map<store::ProcessKey, store::Process> found;
  const auto find = [&](const store::ProcessKey& key) -> const store::Process* {
    auto process = lineage.Find(key);
    return process ? &found.try_emplace(key, std::move(*process)).first->second : nullptr;
  };
  Line(Prefix(life) + report::FactLine(row, find, NodeWatch::RealMinusBootNs()));
}

// As the runbook's script prints it; the true ancestry in place of the kernel's.
void WatchOutput::Classic(const store::SignalSent& sent, const recorder::Lineage& lineage) {
  const auto name = [&](const store::ProcessKey& key) {
    const auto process = lineage.Find(key);
    return process ? process->comm : std::string();
  };
  const std::vector<store::ProcessKey> ancestors = lineage.Ancestors(sent.sender);
  Line(Escape(fmt::format("{}({}) send {} to {}({})", sent.sender_comm, sent.sender.pid.value,
                          verdict::SignalName(sent.signal), sent.target_comm,
                          sent.target.pid.value)));
  const store::ProcessKey parent = ancestors.empty() ? store::ProcessKey{} : ancestors.front();
  Line(Escape(fmt::format("parent of sender: {}({})", name(parent), parent.pid.value)));
  std::string chain = "task_ancestry:swapper/0(0m0.000000000s)";
  for (const store::ProcessKey& ancestor : std::views::reverse(ancestors)) {
    if (ancestor.pid.value == 0) continue;
    chain += "=>" + name(ancestor) + "(" + StartText(ancestor.start) + ")";
  }
  Line(Escape(chain + "=>" + sent.sender_comm + "(" + StartText(sent.sender.start) + ")"));
}

void WatchOutput::Verdict(const store::Death& death, const verdict::Verdict& verdict) {
  if (options_.json) return Line(report::VerdictJson(death, verdict));
  if (options_.classic) return;
  std::string text = report::VerdictText(death, verdict, {.width = width_, .colour = colour_});
  if (text.ends_with('\n')) text.pop_back();
  Line("\n" + text + "\n");
}

}  // namespace podtap::cli
