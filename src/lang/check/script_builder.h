// The Script while it grows: what is reached enters it, once.
//
// What enters: declarations that a reachable body refers to. What leaves:
// their indexes, a queue of functions and tapset files still to be looked at,
// and, at the end, a Script without the user's globals that nothing refers to.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lang/check/symbols.h"
#include "lang/tree.h"

namespace podtap::lang::check {

// What is known of a global besides what the tree holds.
struct GlobalFacts {
  int arity = -1;  // -1 until the first use
  bool referenced = false;
  bool overridden = false;  // by -G
  bool tapset = false;
};

class ScriptBuilder {
 public:
  explicit ScriptBuilder(Script& script) : script_(script) {}
  ScriptBuilder(const ScriptBuilder&) = delete;
  ScriptBuilder& operator=(const ScriptBuilder&) = delete;

  uint32_t AddGlobal(const DeclaredGlobal& declared);
  uint32_t AddFunction(const DeclaredFunction& declared);
  // Points `reference` at the global, whose index may still move.
  uint32_t ReferTo(const DeclaredGlobal& declared, Reference& reference);

  GlobalFacts& facts(uint32_t global) { return facts_[global]; }
  const File& file_of_function(uint32_t index) const { return *function_files_[index]; }
  const Script& script() const { return script_; }
  Script& script() { return script_; }

  // Tapset files one of whose globals is used: their own probes run, too.
  std::vector<const File*> TakeNewTapsetFiles() { return std::exchange(new_files_, {}); }

  void DropUnreferencedGlobals();

 private:
  Script& script_;
  std::vector<GlobalFacts> facts_;           // parallel to script.globals
  std::vector<const File*> function_files_;  // parallel to script.functions
  std::vector<Reference*> references_;       // every one to a global
  std::unordered_map<const Global*, uint32_t> globals_;
  std::unordered_map<const Function*, uint32_t> functions_;
  std::unordered_set<const File*> used_files_;
  std::vector<const File*> new_files_;
};

}  // namespace podtap::lang::check
