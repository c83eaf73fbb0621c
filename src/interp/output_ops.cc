// What leaves the program, through the host.
#include "interp/machine.h"

namespace podtap::interp {

void DoPrint(Machine& m, const ir::Instr& instr) {
  m.host.Print(m.program, m.Formatted(instr, m.escape_controls));
}

void DoEvent(Machine& m, const ir::Instr& instr) {
  m.GatherValues(instr.args);
  m.host.Event(m.program, static_cast<uint32_t>(instr.imm), m.values);
}

void DoExit(Machine& m, const ir::Instr&) { m.host.Exit(); }

void DoError(Machine& m, const ir::Instr& instr) {
  m.host.Error(m.program, instr.site, m.Formatted(instr, m.escape_controls));
  m.failed = true;
}

void DoWarn(Machine& m, const ir::Instr& instr) {
  m.host.Warn(m.Formatted(instr, m.escape_controls));
}

void DoLog(Machine& m, const ir::Instr& instr) {
  m.host.Log(m.Formatted(instr, m.escape_controls));
}

void DoNothing(Machine&, const ir::Instr&) {}

}  // namespace podtap::interp
