#include "lang/check/script_builder.h"

namespace podtap::lang::check {

uint32_t ScriptBuilder::AddGlobal(const DeclaredGlobal& declared) {
  const auto next = static_cast<uint32_t>(script_.globals.size());
  const auto [slot, is_new] = globals_.emplace(declared.what, next);
  if (!is_new) return slot->second;
  script_.globals.push_back(declared.what);
  GlobalFacts facts;
  facts.tapset = declared.tapset;
  facts_.push_back(facts);
  if (declared.tapset && used_files_.insert(declared.file).second)
    new_files_.push_back(declared.file);
  return next;
}

uint32_t ScriptBuilder::AddFunction(const DeclaredFunction& declared) {
  const auto next = static_cast<uint32_t>(script_.functions.size());
  const auto [slot, is_new] = functions_.emplace(declared.what, next);
  if (!is_new) return slot->second;
  declared.what->reachable = true;
  script_.functions.push_back(declared.what);
  function_files_.push_back(declared.file);
  return next;
}

uint32_t ScriptBuilder::ReferTo(const DeclaredGlobal& declared, Reference& reference) {
  const uint32_t index = AddGlobal(declared);
  facts_[index].referenced = true;
  reference.kind = Reference::Kind::kGlobal;
  reference.index = index;
  references_.push_back(&reference);
  return index;
}

void ScriptBuilder::DropUnreferencedGlobals() {
  std::vector<uint32_t> moved(script_.globals.size(), 0);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < script_.globals.size(); ++i) {
    if (!facts_[i].referenced) continue;
    moved[i] = kept;
    script_.globals[kept] = script_.globals[i];
    facts_[kept] = facts_[i];
    ++kept;
  }
  script_.globals.resize(kept);
  facts_.resize(kept);
  for (Reference* reference : references_) reference->index = moved[reference->index];
  references_.clear();
  globals_.clear();
}

}  // namespace podtap::lang::check
