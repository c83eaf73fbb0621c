#include "report/json.h"

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "report/clock.h"
#include "report/container_json.h"
#include "store/evidence_json.h"
#include "verdict/view.h"
#include "verdict/wording.h"

namespace podtap::report {
namespace {

using Json = nlohmann::ordered_json;
using verdict::Culprit;
using verdict::Verdict;
using verdict::View;

constexpr std::string_view kSchema = "podtap.verdict/v1";

void Put(Json& out, const char* name, const std::string& value) {
  if (!value.empty()) out[name] = value;
}

void PutUid(Json& out, const char* name, uint32_t value) {
  if (value != store::kNoUid) out[name] = value;
}

void PutKey(Json& out, const store::ProcessKey& key) {
  if (!key.known()) return;
  out["pid"] = key.pid.value;
  if (key.start.value != 0) out["start_ns"] = key.start.value;
}

Json AncestorJson(const verdict::Ancestor& ancestor) {
  Json json = Json::object();
  PutKey(json, ancestor.key);
  Put(json, "comm", ancestor.comm);
  json["exited"] = ancestor.exited;
  if (!ancestor.flags.empty()) json["flags"] = ancestor.flags;
  return json;
}

void PutProcess(Json& json, const store::Process& process) {
  PutKey(json, process.key);
  Put(json, "comm", process.comm);
  Put(json, "exe", process.exe);
  if (!process.args.empty()) json["cmdline"] = process.args;
  if (process.args_cut) json["cmdline_cut"] = true;
  Put(json, "cwd", process.cwd);
  PutUid(json, "uid", process.uid);
  Put(json, "user", process.user);
  PutUid(json, "loginuid", process.login_uid);
  Put(json, "login_user", process.login_user);
  PutUid(json, "session", process.session);
  Put(json, "tty", process.tty);
  Put(json, "ssh_from", process.ssh_from);
  Put(json, "unit", process.unit);
  Put(json, "sha256", process.sha256);
}

Json CulpritJson(const Culprit& culprit) {
  Json json = {{"kind", verdict::CulpritKindName(culprit.kind)}};
  if (culprit.process) PutProcess(json, *culprit.process);
  if (culprit.container) PutContainer(json, *culprit.container);
  json["flags"] = culprit.flags;
  json["ancestry"] = Json::array();
  for (const verdict::Ancestor& ancestor : culprit.ancestry) {
    json["ancestry"].push_back(AncestorJson(ancestor));
  }
  return json;
}

Json ExitJson(const store::Death& death, const verdict::Exit& exit) {
  Json json = {{"code", nullptr}, {"signal", nullptr}};
  if (exit.code) json["code"] = *exit.code;
  if (exit.signal) {
    json["signal"] = *exit.signal;
    json["signal_name"] = verdict::SignalName(*exit.signal);
    json["core_dumped"] = exit.core_dumped;
  }
  json["text"] = exit.text;
  if (const auto& said = death.runtime_exit) {
    Json word = {{"exit_code", said->exit_code}, {"oom_killed", said->oom_killed}};
    Put(word, "reason", said->reason);
    Put(word, "message", said->message);
    json["runtime"] = word;
  }
  return json;
}

Json LinkJson(const verdict::Link& link) {
  Json json = {{"text", link.text}};
  if (link.process.known()) {
    Json process = Json::object();
    PutKey(process, link.process);
    json["process"] = process;
  }
  if (link.row) json["row"] = *link.row;
  return json;
}

// The rows themselves, each with its id and its time against the end.
Json EvidenceJson(const store::Death& death, const Verdict& verdict) {
  Json rows = Json::array();
  for (const store::RowId id : verdict.evidence) {
    const store::Row& row = death.rows[id];
    Json json = {{"id", id}, {"before_end_ns", verdict::Elapsed(row.at, death.at)}};
    json.update(Json::parse(store::RowToJson(row), nullptr, false));
    rows.push_back(json);
  }
  return rows;
}

Json SubjectJson(const store::Death& death) {
  Json json = Json::object();
  PutContainer(json, death.container);
  if (death.init.known()) {
    Json init = Json::object();
    PutKey(init, death.init);
    if (const store::Process* process = death.Find(death.init)) {
      Put(init, "comm", process->comm);
      Put(init, "exe", process->exe);
    }
    json["init"] = init;
  }
  return json;
}

// Who was asked after the fact, and what he remembers.
Json AskedJson(const store::Death& death) {
  Json list = Json::array();
  for (const store::Asked& asked : death.asked) {
    Json json = {{"source", asked.source}};
    if (asked.to.value != 0) {
      json["from"] = Rfc3339(asked.from.value + death.real_minus_boot_ns);
      json["to"] = Rfc3339(asked.to.value + death.real_minus_boot_ns);
    }
    Put(json, "problem", asked.problem);
    list.push_back(json);
  }
  return list;
}

}  // namespace

std::string VerdictJson(const store::Death& death, const Verdict& verdict, int indent) {
  const View view(death);
  Json json = {{"schema", kSchema},
               {"cause", verdict::CauseName(verdict.cause)},
               {"via", verdict.via},
               {"confidence", verdict::ConfidenceName(verdict.confidence)},
               {"headline", verdict.headline},
               {"subject", SubjectJson(death)},
               {"time", nullptr},
               {"exit", ExitJson(death, verdict.exit)},
               {"culprit", nullptr},
               {"on_behalf_of", Json::array()},
               {"asker_known", verdict.asker_known},
               {"chain", Json::array()}};
  if (const int64_t at = verdict::UnixNs(view, death.at); at > 0) json["time"] = Rfc3339(at);
  if (verdict.culprit) json["culprit"] = CulpritJson(*verdict.culprit);
  for (const Culprit& asker : verdict.on_behalf_of) {
    json["on_behalf_of"].push_back(CulpritJson(asker));
  }
  for (const verdict::Link& link : verdict.chain) json["chain"].push_back(LinkJson(link));
  json["evidence"] = EvidenceJson(death, verdict);
  json["next_steps"] = verdict.next_steps;
  json["gaps"] = verdict.gaps;
  if (!death.asked.empty()) json["asked"] = AskedJson(death);
  return JsonText(json, indent);
}

}  // namespace podtap::report
