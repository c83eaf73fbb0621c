// Every case of testdata/ gives the verdict that stands beside its evidence.
//
// With PODTAP_APPROVE set (scripts/approve), the verdicts are written anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "verdict/test_golden.h"
#include "verdict/verdict.h"

namespace podtap::verdict {
namespace {

using Json = nlohmann::ordered_json;

Json Key(const store::ProcessKey& key) {
  if (!key.known()) return nullptr;
  return Json{{"pid", key.pid.value}, {"start", key.start.value}};
}

Json ToJson(const Culprit& culprit) {
  Json json = {{"kind", CulpritKindName(culprit.kind)}};
  if (culprit.process) {
    json["process"] =
        culprit.process->comm + "(" + std::to_string(culprit.process->key.pid.value) + ")";
  }
  if (culprit.container) json["container"] = culprit.container->name;
  if (!culprit.flags.empty()) json["flags"] = culprit.flags;
  Json ancestry = Json::array();
  for (const Ancestor& ancestor : culprit.ancestry) {
    ancestry.push_back(ancestor.comm + "(" + std::to_string(ancestor.key.pid.value) + ")" +
                       (ancestor.exited ? " exited" : ""));
  }
  if (!ancestry.empty()) json["ancestry"] = ancestry;
  return json;
}

Json ToJson(const Verdict& verdict) {
  Json json = {{"cause", CauseName(verdict.cause)},
               {"confidence", ConfidenceName(verdict.confidence)},
               {"headline", verdict.headline}};
  if (!verdict.via.empty()) json["via"] = verdict.via;
  if (verdict.culprit) json["culprit"] = ToJson(*verdict.culprit);
  for (const Culprit& asker : verdict.on_behalf_of) json["on_behalf_of"].push_back(ToJson(asker));
  for (const Link& link : verdict.chain) {
    Json step = {{"text", link.text}};
    if (link.process.known()) step["process"] = Key(link.process);
    if (link.row) step["row"] = *link.row;
    json["chain"].push_back(step);
  }
  json["evidence"] = verdict.evidence;
  if (!verdict.next_steps.empty()) json["next_steps"] = verdict.next_steps;
  if (!verdict.gaps.empty()) json["gaps"] = verdict.gaps;
  json["exit"] = verdict.exit.text;
  return json;
}

TEST(Golden, EveryCaseGivesItsVerdict) {
  for (GoldenCase& golden : ReadGoldenCases()) {
    SCOPED_TRACE(golden.path);
    const Json now = ToJson(Judge(golden.death));
    if (std::getenv("PODTAP_APPROVE") != nullptr) {
      golden.file["verdict"] = now;
      std::ofstream(golden.path) << golden.file.dump(1) << "\n";
      continue;
    }
    EXPECT_EQ(golden.file["verdict"].dump(1), now.dump(1)) << golden.file.value("about", "");
  }
}

}  // namespace
}  // namespace podtap::verdict
