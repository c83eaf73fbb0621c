// Regular expressions.
#include "interp/machine.h"
#include "regex/automaton.h"

namespace podtap::interp {
namespace {

const regex::Automaton& AutomatonOf(const Machine& m, const ir::Instr& instr) {
  return m.module.regexes[static_cast<size_t>(instr.imm)];
}

}  // namespace

void DoRegexTest(Machine& m, const ir::Instr& instr) {
  m.SetLong(instr.dst, regex::Match(AutomatonOf(m, instr), m.Str(instr.args[0])));
}

void DoRegexMatch(Machine& m, const ir::Instr& instr) {
  const regex::Automaton& automaton = AutomatonOf(m, instr);
  Machine::LastMatch& last = m.last_match;
  last.text = m.Str(instr.args[0]);
  last.places.assign(2 * (size_t{automaton.groups} + 1), -1);
  const bool found = regex::Match(automaton, last.text, last.places);
  last.groups = found ? int64_t{automaton.groups} : -1;
  m.SetLong(instr.dst, found);
}

void DoRegexForget(Machine& m, const ir::Instr&) { m.last_match.groups = -1; }

void DoRegexGroup(Machine& m, const ir::Instr& instr) {
  const Machine::LastMatch& last = m.last_match;
  const int64_t group = m.Long(instr.args[0]);
  const bool there = group >= 0 && group <= last.groups;
  m.SetLong(instr.dst2, last.groups < 0 ? 1 : (there ? 0 : 2));
  std::string_view text;
  if (there) {
    const auto at = static_cast<size_t>(2 * group);
    if (last.places[at] >= 0) {
      text = std::string_view(last.text).substr(
          static_cast<size_t>(last.places[at]),
          static_cast<size_t>(last.places[at + 1] - last.places[at]));
    }
  }
  m.SetStr(instr.dst, text);
}

void DoRegexGroups(Machine& m, const ir::Instr& instr) {
  m.SetLong(instr.dst, m.last_match.groups);
}

}  // namespace podtap::interp
